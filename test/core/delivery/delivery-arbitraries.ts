import fc from 'fast-check';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import type { DecisionRequest } from '../../../lib/core/delivery/choose.ts';
import { adId } from '../../support/ad-builder.ts';
import { ads, edits, filters, type Edit } from '../ads/catalog/catalog-arbitraries.ts';

/** Few of each, so that ads share groups and campaigns. */
export const campaigns = ['a', 'b', 'c'];
const turn = fc.record(
  {
    priority: fc.constantFrom(1, 2, 8, 16),
    weight: fc.constantFrom(1, 2, 7),
    campaignId: fc.constantFrom(...campaigns),
    status: fc.constantFrom('active' as const, 'active' as const, 'paused' as const),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const turns = fc.array(turn, { minLength: 1, maxLength: 12 });

export const deliveryAds: fc.Arbitrary<readonly Ad[]> = fc
  .tuple(ads, turns)
  .map(([ads, turns]) => ads.map((ad, i) => ({ ...ad, ...turns[i % turns.length] })));

export const deliveryEdits: fc.Arbitrary<readonly Edit[]> = fc
  .tuple(edits, turns)
  .map(([edits, turns]) =>
    edits.map((edit, i) => ('put' in edit ? { put: { ...edit.put, ...turns[i % turns.length] } } : edit)),
  );

const excludes = fc.record(
  {
    ads: fc.array(fc.nat(60).map(adId), { maxLength: 8 }),
    campaigns: fc.subarray([...campaigns, 'no ad has it']),
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** Up to 20 ads in up to 4 placements. */
export const requests: fc.Arbitrary<DecisionRequest> = fc
  .record({
    filter: filters,
    counts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    exclude: fc.option(excludes, { nil: undefined }),
  })
  .map(({ filter, counts, exclude }) => ({
    filter,
    placements: counts.map((count, i) => ({ id: `place ${i}`, count })),
    ...(exclude !== undefined && { exclude }),
  }));

/** Seeds of a draw. */
export const nonces = fc.string({
  unit: fc.constantFrom(...Array.from('0123456789abcdef')),
  minLength: 32,
  maxLength: 32,
});
