import { expect, it } from '@jest/globals';
import { rowsWithGoals } from '../../functions/decide-ads/explanation-body.ts';
import { Catalog } from '../../lib/core/ads/catalog/catalog.ts';
import { adEpochMs, adId, buildAd } from '../support/ad-builder.ts';

it('of the ads that match, goals are read of the one asked about, then by priority', () => {
  const goal = { impressions: { total: 5 }, pacing: 'asap' } as const;
  const ads = [
    { priority: 3, goal },
    { priority: 1, goal },
    { priority: 2 },
    { priority: 4, goal },
    { priority: 1, goal, status: 'paused' as const },
  ].map((fields, index) =>
    buildAd({ ...fields, id: adId(index + 1), startAt: adEpochMs, endAt: adEpochMs + 1000 }),
  );
  const matching = Catalog.from(ads, 1).matching({}, adEpochMs);
  const idsFor = (asked?: string) => rowsWithGoals(matching, asked).map(({ id }) => id);
  expect(matching).toHaveLength(5);
  expect(idsFor()).toEqual([adId(2), adId(1), adId(4)]);
  expect(idsFor(adId(4))).toEqual([adId(4), adId(2), adId(1)]);
});
