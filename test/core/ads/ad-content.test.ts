import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdContent, Metadata, MetadataPatch } from '../../../lib/core/ads/ad.ts';
import { checkContent, mergePatch, sameContent } from '../../../lib/core/ads/ad-content.ts';
import { adContents } from '../../support/ad-event-arbitraries.ts';
import { buildContent } from '../../support/ad-event-builder.ts';

const targeted = buildContent({
  ageStart: 20,
  ageEnd: 30,
  gender: ['F'],
  country: ['JP', 'TW'],
  platform: ['ios'],
  externalId: 'x',
  status: 'paused',
  priority: 3,
  weight: 5,
  clickUrl: 'https://shop.example/',
  imageUrl: 'https://cdn.example/1.png',
  width: 300,
  height: 250,
  campaignId: 'autumn',
});
const optionalValues = {
  ...{ externalId: 'x', status: 'paused', priority: 3, weight: 5, clickUrl: 'https://shop.example/' },
  ...{ imageUrl: 'https://cdn.example/1.png', width: 300, height: 250, campaignId: 'autumn' },
} as const;

/** Another value for each field; the lists differ in length, in the first and in the last place. */
const others: readonly Partial<AdContent>[] = [
  { title: 'other' },
  { content: 'other' },
  { startAt: targeted.startAt + 1 },
  { endAt: targeted.endAt + 1 },
  { ageStart: 21 },
  { ageStart: null },
  { ageEnd: 31 },
  { ageEnd: null },
  { gender: ['M'] },
  { gender: [] },
  { gender: ['M', 'F'] },
  { country: ['JP'] },
  { country: ['JP', 'US'] },
  { country: ['CN', 'TW'] },
  { country: ['JP', 'TW', 'US'] },
  { platform: ['web'] },
  { platform: [] },
  { externalId: 'other' },
  { status: 'active' },
  { priority: 4 },
  { weight: 6 },
  { clickUrl: 'https://other.example/' },
  { imageUrl: 'https://other.example/' },
  { width: 301 },
  { height: 251 },
  { campaignId: 'other' },
  { metadata: {} },
  { metadata: { a: 1 } },
];

describe('a merge patch', () => {
  it.each(others)('changes only %j', (patch) => {
    const merged = mergePatch(targeted, patch);
    expect(merged).toStrictEqual({ ...targeted, ...patch });
    expect(sameContent(merged, targeted)).toBe(false);
    expect(sameContent(targeted, merged)).toBe(false);
  });

  it('of nothing changes nothing', () => {
    expect(mergePatch(targeted, {})).toStrictEqual(targeted);
    const [first] = others.map((patch) => Object.keys(patch)[0]);
    expect(mergePatch(targeted, { [first!]: undefined })).toStrictEqual(targeted);
  });

  it.each(Object.entries(optionalValues))('takes %s away by null alone', (name, value) => {
    const { [name as keyof AdContent]: had, ...without } = targeted;
    expect(had).toBe(value);
    expect(mergePatch(targeted, { [name]: null })).toStrictEqual(without);
    expect(sameContent(targeted, without as AdContent)).toBe(false);
    expect(mergePatch(without as AdContent, { [name]: value })).toStrictEqual(targeted);
    expect(mergePatch(without as AdContent, { title: 'other' })).toStrictEqual({
      ...without,
      title: 'other',
    });
  });

  it('of every field is that content, and a copy of a content is the same content', () => {
    fc.assert(
      fc.property(adContents, adContents, (before, after) => {
        const none = Object.fromEntries(Object.keys(before).map((name) => [name, null]));
        const { metadata, ...every } = { ...none, ...after };
        const base = mergePatch(before, { metadata: null });
        const merged = mergePatch(base, metadata === undefined ? every : { ...every, metadata });
        expect(merged).toStrictEqual(after);
        expect(sameContent(merged, structuredClone(after))).toBe(true);
      }),
    );
  });

  it('merges metadata key by key, in order', () => {
    const of = (metadata: Metadata): AdContent => ({ ...targeted, metadata });
    const merge = (metadata: Metadata, patch: MetadataPatch | null) =>
      JSON.stringify(mergePatch(of(metadata), { metadata: patch }).metadata);
    expect(merge({ b: 1, d: 'x' }, { c: true, a: -1.5 })).toBe('{"a":-1.5,"b":1,"c":true,"d":"x"}');
    expect(merge({ b: 1, d: 'x' }, { d: null, e: null, b: false })).toBe('{"b":false}');
    expect(merge({ b: 1 }, { b: null })).toBe('{}');
    expect(merge({ b: 1 }, {})).toBe('{"b":1}');
    expect(merge({ b: 1 }, null)).toBeUndefined();
    expect(mergePatch(targeted, { metadata: { b: null } }).metadata).toEqual({});
    expect(sameContent(of({ a: 1 }), of({ a: 1, b: 1 }))).toBe(false);
    expect(sameContent(of({ a: 1 }), of({ a: '1' }))).toBe(false);
  });
});

describe('the content of an ad', () => {
  const check = (metadata: Metadata) => checkContent({ ...targeted, metadata }, targeted.startAt);
  const keys = (count: number): Metadata =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

  it('may have 20 keys of metadata, of 2,048 bytes in all', () => {
    expect(check(keys(20))).toBeUndefined();
    expect(check(keys(21))).toBe('metadata-too-large');
    // {"a":""} is 8 bytes; é is 2.
    expect(check({ a: `${'é'.repeat(1000)}${'x'.repeat(40)}` })).toBeUndefined();
    expect(check({ a: `${'é'.repeat(1000)}${'x'.repeat(41)}` })).toBe('metadata-too-large');
  });
});
