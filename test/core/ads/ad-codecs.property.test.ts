import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeFromJson, changeToJson } from '../../../lib/core/ads/ad-change.ts';
import { adFromRow, adToRow, parseAdRow } from '../../../lib/core/ads/ad-row.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { AssertionError } from '../../../lib/core/assert.ts';
import { manifestFromJson, manifestToJson } from '../../../lib/core/ads/snapshot/snapshot-manifest.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { adContents } from '../../support/ad-event-arbitraries.ts';

const versions = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const ads: fc.Arbitrary<Ad> = fc
  .record({
    content: adContents,
    n: fc.nat(9),
    version: versions,
    more: fc.record(
      { endVersion: versions, generation: versions },
      { requiredKeys: [], noNullPrototype: true },
    ),
  })
  .map(({ content, n, version, more }) => ({
    ...{ ...content, id: adId(n), version, createdAt: content.startAt },
    ...more,
  }));

describe('an ad as a row', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(ads, (ad) => {
        expect(parseAdRow(adToRow(ad))).toStrictEqual(ad);
      }),
    );
  });

  it('is one line, so that rows can stand below each other', () => {
    expect(adToRow(buildAd({ content: 'two\nlines' }))).not.toContain('\n');
  });

  it('shares equal country lists between ads, and nobody can change them', () => {
    const lists = [['JP', 'TW'], ['JP', 'TW'], [], []].map((country) => {
      return parseAdRow(adToRow(buildAd({ country })))!.country as string[];
    });
    expect(lists[0]).toBe(lists[1]);
    expect(lists[2]).toBe(lists[3]);
    for (const list of lists) expect(() => list.push('US')).toThrow(TypeError);
  });

  it('shares so many lists and no more', () => {
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const codes = letters.flatMap((a) => letters.map((b) => a + b));
    const parsed = (country: string[]): unknown => parseAdRow(adToRow(buildAd({ country })))!.country;
    for (let n = 0; n < 4096; n++) parsed([codes[n % 676]!, codes[Math.floor(n / 676)]!, 'XX']);
    expect(parsed(['AA', 'AA', 'XX'])).toBe(parsed(['AA', 'AA', 'XX']));
    expect(parsed(['AA', 'YY'])).toEqual(['AA', 'YY']);
    expect(parsed(['AA', 'YY'])).not.toBe(parsed(['AA', 'YY']));
  });

  it('is told from text that is no JSON', () => {
    expect(parseAdRow('[1,')).toBeUndefined();
  });

  it.each([
    ['no JSON', undefined],
    ['null', null],
    ['an object', { ...Object.fromEntries(buildRow().entries()), length: buildRow().length }],
    ['a row that is too short', buildRow().slice(0, -1)],
    ['a row that is too long', [...buildRow(), 0]],
    ['a number for an id', replaced(0, 1)],
    ['no title', replaced(1, null)],
    ['a number for a content', replaced(2, 1)],
    ['a text for a start', replaced(3, '1')],
    ['no end', replaced(4, null)],
    ['a text for the first age', replaced(5, '20')],
    ['a fraction for the last age', replaced(6, 20.5)],
    ['a gender that is none', replaced(7, 4)],
    ['a name for a gender', replaced(7, 'F')],
    ['a number for countries', replaced(8, 1)],
    ['a platform that is none', replaced(9, -1)],
    ['a name for a platform', replaced(9, 'ios')],
    ['a fraction for a version', replaced(10, 1.5)],
    ['no instant of creation', replaced(11, null)],
    ['a text for the version of its end', replaced(12, '0')],
    ['no optional field', withOptional({})],
    ['a list of optional fields', withOptional([])],
    ['null for optional fields', withOptional(null)],
    ['an unknown optional field', withOptional({ status: 'paused', colour: 1 })],
    ['a status that is none', withOptional({ status: 'gone' })],
    ['a priority of 0', withOptional({ priority: 0 })],
    ['a priority of 17', withOptional({ priority: 17 })],
    ['half a priority', withOptional({ priority: 1.5 })],
    ['a weight of 0', withOptional({ weight: 0 })],
    ['a weight of 101', withOptional({ weight: 101 })],
    ['a number for a URL', withOptional({ click_url: 1 })],
    ['a number for the URL of an image', withOptional({ image_url: 1 })],
    ['a width of 0', withOptional({ width: 0 })],
    ['a text for a height', withOptional({ height: '1' })],
    ['null for a campaign', withOptional({ campaign_id: null })],
    ['a list for metadata', withOptional({ metadata: [] })],
    ['an object in metadata', withOptional({ metadata: { a: {} } })],
    ['null in metadata', withOptional({ metadata: { a: null } })],
    ['a number for a goal', withOptional({ goal: 1 })],
    ['a goal without a number', withOptional({ goal: { impressions: {}, pacing: 'even' } })],
    [
      'more a day than in all',
      withOptional({ goal: { impressions: { total: 1, daily: 2 }, pacing: 'even' } }),
    ],
    ['an unknown pacing', withOptional({ goal: { impressions: { total: 1 }, pacing: 'curve' } })],
    ['a goal for clicks', withOptional({ goal: { impressions: { total: 1 }, pacing: 'even', clicks: 1 } })],
    ['a list for a cap', withOptional({ frequency: [] })],
    ['a cap of 101', withOptional({ frequency: { max: 101, per: 'P1D', scope: 'ad' } })],
    ['an hour that is no period', withOptional({ frequency: { max: 1, per: '1h', scope: 'ad' } })],
    ['a cap of nothing', withOptional({ frequency: { max: 1, per: 'P1D' } })],
    ['generation 0', withOptional({ generation: 0 })],
    ['a text for a generation', withOptional({ generation: '1' })],
  ])('is told from %s', (_what, row) => {
    expect(adFromRow(row)).toBeUndefined();
  });
});

describe('a change as JSON', () => {
  it('comes back as it was', () => {
    const reasons = fc.constantFrom('deleted' as const, 'expired' as const);
    const changes = fc.oneof(
      ads.map((ad) => ({ type: 'put' as const, version: ad.version, ad })),
      fc.record(
        {
          type: fc.constant('remove' as const),
          version: versions,
          adId: fc.uuid(),
          reason: reasons,
        },
        { noNullPrototype: true },
      ),
    );
    fc.assert(
      fc.property(changes, (change) => {
        expect(changeFromJson(changeToJson(change))).toStrictEqual(change);
      }),
    );
  });

  it.each([
    '',
    '{}',
    'null',
    '5',
    '[1]',
    '{"v":2,"put":[]}',
    '{"v":1,"put":[]}',
    '{"v":1,"put":null,"remove":"x","reason":"deleted","version":1}',
    `{"v":2,"put":${JSON.stringify(buildRow())}}`,
    `{"put":${JSON.stringify(buildRow())}}`,
    '{"v":2,"remove":"x","reason":"deleted","version":1}',
    '{"v":1,"remove":"x","version":1}',
    '{"v":1,"remove":"x","reason":"lost","version":1}',
    '{"v":1,"reason":"deleted","version":1}',
    '{"v":1,"remove":7,"reason":"deleted","version":1}',
    '{"v":1,"remove":"x","reason":"deleted"}',
    '{"v":1,"remove":"x","reason":"deleted","version":1.5}',
    '{"v":1,"remove":"x","reason":"deleted","version":"1"}',
  ])('is told from %s', (text) => {
    expect(changeFromJson(text)).toBeUndefined();
  });

  it('cannot be made of a change of another type', () => {
    expect(() => changeToJson({ type: 'other' } as never)).toThrow(AssertionError);
  });
});

describe('a manifest as JSON', () => {
  const manifest = {
    version: 3,
    marks: { 'hw|1|shard|': '0019@5' },
    chunks: ['aa', 'bb'],
    checksum: 'cc',
    adCount: 2,
    bytes: 100,
    blobs: false,
  };

  it('comes back as it was', () => {
    expect(manifestFromJson(manifestToJson(manifest))).toStrictEqual(manifest);
    const inBlobs = { ...manifest, blobs: true };
    expect(manifestFromJson(manifestToJson(inBlobs))).toStrictEqual(inBlobs);
  });

  it('has a version that releases before blobs refuse only if its chunks are blobs', () => {
    expect(manifestToJson(manifest)).toContain('{"v":1,');
    expect(manifestToJson({ ...manifest, blobs: true })).toContain('{"v":2,');
  });

  it.each([
    ['v', 3],
    ['version', '3'],
    ['version', -1],
    ['adCount', -1],
    ['adCount', null],
    ['bytes', 1.5],
    ['bytes', undefined],
    ['checksum', 4],
    ['chunks', [1]],
    ['chunks', ['aa', 1]],
    ['chunks', 'aa'],
    ['marks', null],
    ['marks', undefined],
    ['marks', 'aa'],
    ['marks', { 'hw|1|shard|': 5 }],
  ])('is refused when %s is something else', (name, value) => {
    const forged = JSON.stringify({ ...manifest, v: 1, [name]: value });
    expect(manifestFromJson(forged)).toBeUndefined();
  });

  it('may be of a state without ads or marks', () => {
    const empty = { ...manifest, version: 0, adCount: 0, bytes: 0, marks: {}, chunks: [] };
    expect(manifestFromJson(manifestToJson(empty))).toStrictEqual(empty);
  });

  it.each(['', 'null', '5', '[]', '{}'])('is told from %j', (text) => {
    expect(manifestFromJson(text)).toBeUndefined();
  });
});

function buildRow(): unknown[] {
  return JSON.parse(adToRow(buildAd())) as unknown[];
}

function replaced(index: number, value: unknown): unknown {
  return buildRow().with(index, value);
}

function withOptional(optional: unknown): unknown[] {
  return [...buildRow(), optional];
}
