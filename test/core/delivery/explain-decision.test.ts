import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import { decide, type DecisionRequest } from '../../../lib/core/delivery/choose.ts';
import { explainDecision, lossNames, type LossName } from '../../../lib/core/delivery/explain-decision.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { instants } from '../ads/catalog/catalog-arbitraries.ts';
import { NaiveCatalog } from '../ads/catalog/naive-catalog.ts';
import { runs } from '../runs.ts';
import { deliveryAds, requests } from './delivery-arbitraries.ts';
import { priorityOf, withEveryLot } from './naive-lottery.ts';

const atMs = 10;
const window = { startAt: 5, endAt: 20 };

describe('why an ad loses', () => {
  /** Each ad, and the one condition that it does not meet. */
  const constructed: readonly (readonly [Partial<Ad>, LossName | undefined])[] = [
    [{ priority: 1 }, undefined],
    [{ priority: 1, campaignId: 'a', weight: 100 }, undefined],
    [{ priority: 1, startAt: 11 }, 'started'],
    [{ priority: 1, startAt: 11, status: 'paused' }, 'started'],
    [{ endAt: 10 }, 'not_ended'],
    [{ endAt: 9, gender: ['M'] }, 'not_ended'],
    [{ priority: 1, status: 'paused' }, 'paused'],
    [{ priority: 1, status: 'paused', country: ['JP'] }, 'paused'],
    [{ priority: 1, ageStart: 31 }, 'age'],
    [{ priority: 1, ageEnd: 29, country: ['JP'] }, 'age'],
    [{ priority: 1, gender: ['M'] }, 'gender'],
    [{ priority: 1, platform: ['ios', 'web'] }, 'platform'],
    [{ priority: 1, country: ['DE', 'JP'] }, 'country'],
    [{ priority: 1 }, 'excluded_ad'],
    [{ priority: 1, campaignId: 'x' }, 'excluded_ad'],
    [{ priority: 1, campaignId: 'x' }, 'excluded_campaign'],
    [{ priority: 2, campaignId: 'x' }, 'excluded_campaign'],
    [{ priority: 2, campaignId: 'a' }, 'same_campaign'],
    [{ priority: 2, campaignId: 'b', ageStart: 30, gender: ['F'], country: ['TW'] }, undefined],
    [{}, 'higher_priority'],
    [{ priority: 16, campaignId: 'a' }, 'higher_priority'],
    [{ priority: 2 }, 'capped'],
  ];
  const ads = constructed.map(([fields], n) => buildAd({ id: adId(n), ...window, ...fields }));
  const request: DecisionRequest = {
    filter: { age: 30, gender: 'F', platform: 'android', country: 'TW' },
    placements: [
      { id: 'top', count: 1 },
      { id: 'side', count: 2 },
    ],
    exclude: { ads: [adId(13), adId(14), adId(99)], campaigns: ['x', 'unused'] },
  };
  const catalog = Catalog.from(ads, 1);
  // The user has had enough of this one, and of one that is excluded.
  const isCapped = ({ id }: { readonly id: string }): boolean => [adId(13), adId(21)].includes(id);

  it('names the very condition for each of 22 ads, and for one that is not live', () => {
    const named = ads.map(({ id }) => explainDecision(catalog, request, { atMs, isCapped }, id).excludedBy);
    expect(named).toEqual(constructed.map(([, loss]) => loss));
    expect(explainDecision(catalog, request, { atMs, isCapped }, adId(99)).excludedBy).toBe('unknown');
    expect(explainDecision(catalog, request, { atMs, isCapped }).excludedBy).toBeUndefined();
    // Each name was there, so none is left that no test knows.
    expect(new Set<unknown>([...named, 'unknown'])).toEqual(new Set<unknown>([...lossNames, undefined]));
  });

  it('counts the ads of each priority by what becomes of them', () => {
    expect(explainDecision(catalog, request, { atMs, isCapped }).priorities).toEqual([
      { priority: 1, matched: 6, paused: 1, excludedAds: 2, excludedCampaigns: 1, capped: 0, ready: 2 },
      { priority: 2, matched: 4, paused: 0, excludedAds: 0, excludedCampaigns: 1, capped: 1, ready: 2 },
      { priority: 8, matched: 1, paused: 0, excludedAds: 0, excludedCampaigns: 0, capped: 0, ready: 1 },
      { priority: 16, matched: 1, paused: 0, excludedAds: 0, excludedCampaigns: 0, capped: 0, ready: 1 },
    ]);
    expect(explainDecision(Catalog.empty(), request, { atMs, isCapped }).priorities).toEqual([]);
  });

  it('does not name a higher priority when one more ad is wanted', () => {
    const placements = [{ id: 'top', count: 4 }];
    const lossOf = (n: number): unknown =>
      explainDecision(catalog, { ...request, placements }, { atMs, isCapped }, adId(n)).excludedBy;
    expect([lossOf(17), lossOf(19), lossOf(20)]).toEqual(['same_campaign', undefined, 'higher_priority']);
  });
});

const nothing = (): boolean => false;

describe('an explained decision compared with every decision that may be made', () => {
  it('excludes an ad if, and only if, no lot chooses it', () => {
    fc.assert(
      fc.property(deliveryAds, requests, instants, (manyAds, anyRequest, atMs) => {
        // Every sequence of lots is tried, so there are few of them.
        const ads = manyAds.slice(0, 5).map((ad) => ({ ...ad, weight: 1 }));
        const request = { ...anyRequest, placements: [{ id: 'a', count: 2 }] };
        const catalog = Catalog.from(ads, 1);
        const possible = new Set(
          withEveryLot((lots) => decide(catalog, request, atMs, lots)).flatMap(({ result }) =>
            result.flatMap(({ ads }) => ads.map(({ id }) => id)),
          ),
        );
        const allowed = ads.filter(
          ({ id }) =>
            explainDecision(catalog, request, { atMs, isCapped: nothing }, id).excludedBy === undefined,
        );
        expect(new Set(allowed.map(({ id }) => id))).toEqual(possible);
      }),
      runs(200),
    );
  });

  it('adds up to what a scan finds', () => {
    fc.assert(
      fc.property(deliveryAds, requests, instants, (ads, request, atMs) => {
        const { priorities } = explainDecision(Catalog.from(ads, 1), request, { atMs, isCapped: nothing });
        const active = ads.map((ad) => ({ ...ad, status: 'active' as const }));
        const page = new NaiveCatalog(active).query(request.filter, atMs, { offset: 0, limit: Infinity });
        const matching = new Set(page.items.map((item) => (JSON.parse(item) as Ad).id));
        const { exclude: { ads: ids = [], campaigns = [] } = {} } = request;
        const counts = new Map<number, number[]>();
        for (const ad of ads.filter(({ id }) => matching.has(id))) {
          const own = counts.get(priorityOf(ad)) ?? [0, 0, 0, 0];
          counts.set(priorityOf(ad), own);
          if (ad.status === 'paused') own[0]! += 1;
          else if (ids.includes(ad.id)) own[1]! += 1;
          else if (campaigns.includes(ad.campaignId ?? 'none')) own[2]! += 1;
          else own[3]! += 1;
        }
        const explained = priorities.map(
          ({ priority, paused, excludedAds, excludedCampaigns, ready }): [number, number[]] => [
            priority,
            [paused, excludedAds, excludedCampaigns, ready],
          ],
        );
        expect(explained).toEqual([...counts].sort(([a], [b]) => a - b));
        for (const { matched, paused, excludedAds, excludedCampaigns, ready } of priorities)
          expect(paused + excludedAds + excludedCampaigns + ready - matched).toBe(0);
      }),
      runs(100),
    );
  });
});
