import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdContent } from '../../../lib/core/ads/ad.ts';
import { mergePatch, sameContent } from '../../../lib/core/ads/ad-content.ts';
import { adContents } from '../../support/ad-event-arbitraries.ts';
import { buildContent } from '../../support/ad-event-builder.ts';

const targeted = buildContent({
  ageStart: 20,
  ageEnd: 30,
  gender: ['F'],
  country: ['JP', 'TW'],
  platform: ['ios'],
  externalId: 'x',
});

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

  it('takes the external id away by null alone', () => {
    const { externalId = '', ...without } = targeted;
    expect(mergePatch(targeted, { externalId: null })).toStrictEqual(without);
    expect(mergePatch(without, { externalId })).toStrictEqual(targeted);
    expect(mergePatch(without, { title: 'other' })).toStrictEqual({ ...without, title: 'other' });
  });

  it('of every field is that content, and a copy of a content is the same content', () => {
    fc.assert(
      fc.property(adContents, adContents, (before, after) => {
        const every = { ...after, externalId: after.externalId ?? null };
        expect(mergePatch(before, every)).toStrictEqual(after);
        expect(sameContent(mergePatch(before, every), structuredClone(after))).toBe(true);
      }),
    );
  });
});
