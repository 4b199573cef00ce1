import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import type { CatalogRow } from '../../../lib/core/ads/catalog/catalog-row.ts';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import { Choosing, type DecisionRequest, type Lots } from '../../../lib/core/delivery/choose.ts';
import { explainDecision, lossNames, type LossName } from '../../../lib/core/delivery/explain-decision.ts';
import type { GoalStanding } from '../../../lib/core/delivery/goals/standing.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { instants } from '../ads/catalog/catalog-arbitraries.ts';
import { NaiveCatalog } from '../ads/catalog/naive-catalog.ts';
import { runs } from '../runs.ts';
import { deliveryAds, requests } from './delivery-arbitraries.ts';
import { priorityOf, withEveryLot } from './naive-lottery.ts';

const atMs = 10;
const window = { startAt: 5, endAt: 20 };
const goal = { impressions: { total: 100 }, pacing: 'even' } as const;

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
    [{ priority: 1, goal }, 'done'],
    [{ priority: 1, goal }, 'waiting'],
    [{ priority: 2, goal }, 'waiting'],
    [{ priority: 2, goal }, undefined],
    [{ priority: 1, goal, campaignId: 'x' }, 'excluded_campaign'],
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
  const isCapped = ({ id }: { readonly id: string }): boolean => [adId(13), adId(21), adId(22)].includes(id);
  const standings = new Map<string, GoalStanding>([
    [adId(22), { state: 'done' }],
    [adId(23), { state: 'waiting', untilMs: 17 }],
    [adId(24), { state: 'waiting', untilMs: undefined }],
    [adId(25), { state: 'ready' }],
    [adId(26), { state: 'waiting', untilMs: 11 }],
  ]);
  const standingOf = ({ id }: { readonly id: string }): GoalStanding | undefined => standings.get(id);
  const options = { atMs, isCapped, standingOf };

  it('names the very condition for each of 27 ads, and for one that is not live', () => {
    const named = ads.map(({ id }) => explainDecision(catalog, request, options, id).excludedBy);
    expect(named).toEqual(constructed.map(([, loss]) => loss));
    expect(explainDecision(catalog, request, options, adId(99)).excludedBy).toBe('unknown');
    expect(explainDecision(catalog, request, options).excludedBy).toBeUndefined();
    const behind = (row: CatalogRow): GoalStanding | undefined =>
      row.id === adId(25) ? { state: 'behind' } : standingOf(row);
    const others = explainDecision(catalog, request, { ...options, standingOf: behind }, adId(18));
    // Each name was there, so none is left that no test knows.
    expect(new Set<unknown>([...named, 'unknown', others.excludedBy])).toEqual(
      new Set<unknown>([...lossNames, undefined]),
    );
  });

  it('says until when the ad waits that was asked about', () => {
    const untilOf = (n: number): unknown =>
      explainDecision(catalog, request, options, adId(n)).waitingUntilMs;
    expect([22, 23, 24, 25, 26, 0].map(untilOf)).toEqual([
      ...[undefined, 17, undefined, undefined, undefined, undefined],
    ]);
  });

  it('counts the ads of each priority by what becomes of them', () => {
    const none = { paused: 0, excludedAds: 0, excludedCampaigns: 0, goals: undefined, capped: 0 };
    const goals = { done: 0, waiting: 1, waitingUntilMs: undefined, behind: 0, unread: 0 };
    expect(explainDecision(catalog, request, options).priorities).toStrictEqual([
      {
        ...{ priority: 1, matched: 9, paused: 1, excludedAds: 2, excludedCampaigns: 2, capped: 0, ready: 2 },
        goals: { ...goals, done: 1, waitingUntilMs: 17 },
      },
      { ...none, priority: 2, matched: 6, excludedCampaigns: 1, goals, capped: 1, ready: 3 },
      { ...none, priority: 8, matched: 1, ready: 1 },
      { ...none, priority: 16, matched: 1, ready: 1 },
    ]);
    expect(explainDecision(Catalog.empty(), request, options).priorities).toEqual([]);
  });

  it('counts goals that were not looked at among the ready ones, and says how many', () => {
    const { priorities } = explainDecision(catalog, request, { atMs, isCapped });
    expect(priorities.map(({ ready, goals }) => [ready, goals?.unread])).toEqual([
      // One of the three has a cap too.
      ...[
        [3, 1],
        [4, 2],
        [1, undefined],
        [1, undefined],
      ],
    ]);
  });

  it('does not name a higher priority when one more ad is wanted', () => {
    const placements = [{ id: 'top', count: 4 }];
    const lossOf = (n: number): unknown =>
      explainDecision(catalog, { ...request, placements }, options, adId(n)).excludedBy;
    expect([lossOf(17), lossOf(18), lossOf(19)]).toEqual(['same_campaign', undefined, 'higher_priority']);
    placements[0]!.count = 5;
    expect([lossOf(17), lossOf(19), lossOf(20)]).toEqual(['same_campaign', undefined, 'higher_priority']);
  });
});

const nothing = (): boolean => false;

/** Of each of the ads that the arbitraries make. */
const anyStandings: fc.Arbitrary<ReadonlyMap<string, GoalStanding>> = fc
  .array(fc.constantFrom<GoalStanding['state']>('done', 'waiting', 'ready', 'ready', 'behind'), {
    ...{ minLength: 61, maxLength: 61 },
  })
  .map((states) => new Map(states.map((state, n) => [adId(n), { state, untilMs: undefined }])));

/** The ads that some sequence of lots chooses. */
function possible(
  catalog: Catalog,
  request: DecisionRequest,
  standings: ReadonlyMap<string, GoalStanding>,
): ReadonlySet<string> {
  const stateOf = (row: CatalogRow) => (row.hasGoal ? standings.get(row.id)?.state : 'ready');
  const choose = (lots: Lots): string[] => {
    const choosing = new Choosing(catalog.tickets(request.filter, atMs), request, lots, {
      isWaiting: (row) => ['done', 'waiting'].includes(stateOf(row) ?? ''),
      isBehind: (row) => stateOf(row) === 'behind',
      anyBehind: true,
    });
    const ids: string[] = [];
    for (let row = choosing.next(); row !== undefined; row = ids.length < 2 ? choosing.next() : undefined) {
      ids.push(row.id);
      choosing.show(row);
    }
    choosing.close();
    return ids;
  };
  return new Set(withEveryLot(choose).flatMap(({ result }) => result));
}

describe('an explained decision compared with every decision that may be made', () => {
  it('excludes an ad if, and only if, no lot chooses it', () => {
    fc.assert(
      fc.property(
        deliveryAds,
        requests,
        fc.array(fc.boolean(), { minLength: 1 }),
        anyStandings,
        (manyAds, anyRequest, hasGoals, standings) => {
          // Every sequence of lots is tried, so there are few of them.
          const ads = manyAds.slice(0, 5).map((ad, n) => ({
            ...{ ...ad, ...window, weight: 1 },
            ...(hasGoals[n % hasGoals.length] === true && { goal }),
          }));
          const request = { ...anyRequest, placements: [{ id: 'a', count: 2 }] };
          const catalog = Catalog.from(ads, 1);
          const options = {
            ...{ atMs, isCapped: nothing },
            standingOf: ({ id }: CatalogRow) => standings.get(id),
          };
          const allowed = ads.filter(
            ({ id }) => explainDecision(catalog, request, options, id).excludedBy === undefined,
          );
          expect(new Set(allowed.map(({ id }) => id))).toEqual(possible(catalog, request, standings));
        },
      ),
      runs(400),
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
