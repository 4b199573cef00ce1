import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeFromJson, changeToJson } from '../../../lib/core/ads/ad-change-codec.ts';
import { adFromRow, adToRow, parseAdRow } from '../../../lib/core/ads/ad-row.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { manifestFromJson, manifestToJson } from '../../../lib/core/ads/snapshot-manifest.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { adContents } from '../../support/ad-event-arbitraries.ts';

const versions = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const ads: fc.Arbitrary<Ad> = fc
  .tuple(adContents, fc.nat(9), versions, fc.option(versions, { nil: undefined }))
  .map(([content, n, version, endVersion]) => {
    const ad = { ...content, id: adId(n), version, createdAt: content.startAt };
    return endVersion === undefined ? ad : { ...ad, endVersion };
  });

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

  it.each([
    ['no JSON', undefined],
    ['an object', {}],
    ['too short', ['id']],
    ['a text for an instant', replaced(3, '1')],
    ['a fraction for a version', replaced(10, 1.5)],
    ['a gender that is none', replaced(7, 4)],
    ['a platform that is none', replaced(9, -1)],
    ['a number for countries', replaced(8, 1)],
    ['no title', replaced(1, null)],
    ['a text for an age', replaced(5, '20')],
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

  it.each(['', '{}', 'null', '{"v":2,"put":[]}', '{"v":1,"put":[]}', '{"v":1,"remove":"x","version":1}'])(
    'is told from %s',
    (text) => {
      expect(changeFromJson(text)).toBeUndefined();
    },
  );
});

describe('a manifest as JSON', () => {
  const manifest = {
    version: 3,
    marks: { 'hw|1|shard|': '0019@5' },
    chunks: ['aa', 'bb'],
    checksum: 'cc',
    adCount: 2,
    bytes: 100,
  };

  it('comes back as it was', () => {
    expect(manifestFromJson(manifestToJson(manifest))).toStrictEqual(manifest);
  });

  it.each([
    ['chunks', [1]],
    ['adCount', -1],
    ['version', '3'],
    ['marks', null],
    ['checksum', 4],
  ])('is refused when %s is something else', (name, value) => {
    const forged = JSON.stringify({ ...manifest, v: 1, [name]: value });
    expect(manifestFromJson(forged)).toBeUndefined();
  });
});

function replaced(index: number, value: unknown): unknown {
  return (JSON.parse(adToRow(buildAd())) as unknown[]).with(index, value);
}
