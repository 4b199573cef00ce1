import { describe, expect, it } from '@jest/globals';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import { decide, type DecisionRequest } from '../../../lib/core/delivery/choose.ts';
import { Draw } from '../../../lib/core/delivery/draw.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { Prng } from '../../support/prng.ts';
import { chiSquare, chiSquareLimit } from './chi-square.ts';
import { NaiveLottery } from './naive-lottery.ts';

const atMs = 10;

describe('the lottery', () => {
  it('chooses ads in the shares of their weights: a million decisions, random weights and groups', () => {
    const prng = new Prng(1);
    const ads = makeAds(60, (n) => ({
      priority: prng.int(3, 4),
      weight: prng.int(1, 100),
      platform: n % 7 ? [] : ['ios'],
    }));
    expectShares(ads, { filter: { platform: 'web' } }, 1, 1_000_000);
  });

  it('keeps the shares of the second ad too, which depend on the first: no ad and no campaign twice', () => {
    const prng = new Prng(2);
    const ads = makeAds(9, (n) => ({
      weight: prng.int(1, 9),
      ...(n < 5 && { campaignId: n < 3 ? 'a' : 'b' }),
    }));
    expectShares(ads, { filter: {} }, 2, 200_000);
  });

  it('keeps the shares of the others when nearly all tickets are of ads and campaigns that are excluded', () => {
    const prng = new Prng(3);
    const ads = makeAds(100, (n) =>
      n < 90 ? { weight: 100, campaignId: n < 60 ? 'a' : `c${n}` } : { weight: prng.int(1, 9) },
    );
    const exclude = { ads: ads.slice(60, 90).map(({ id }) => id), campaigns: ['a'] };
    expectShares(ads, { filter: {}, exclude }, 1, 50_000);
  });
});

describe('a decision', () => {
  it('fills the placements in their order, and a lower priority is chosen only when a higher has none left', () => {
    const ads = makeAds(5, (n) => ({ priority: [4, 2, 9, 2, 4][n]! }));
    for (let seed = 0; seed < 50; seed++) {
      const [top, side, foot] = decided(
        ads,
        {
          filter: {},
          placements: [
            { id: 'top', count: 2 },
            { id: 'side', count: 2 },
            { id: 'foot', count: 3 },
          ],
        },
        seed,
      );
      expect([top!.toSorted(), side!.toSorted(), foot]).toEqual([[1, 3], [0, 4], [2]]);
    }
  });

  it('has an ad without a priority at 8, and without a weight at 1', () => {
    const ads = makeAds(4, (n) => [{ priority: 9 }, {}, { priority: 8, weight: 1 }, { priority: 7 }][n]!);
    const orders = new Set<string>();
    for (let seed = 0; seed < 50; seed++)
      orders.add(decided(ads, { filter: {}, placements: [{ id: 'a', count: 4 }] }, seed)[0]!.join(' '));
    expect([...orders].sort()).toEqual(['3 1 2 0', '3 2 1 0']);
  });

  it('is empty when nothing matches, and when all that match are excluded', () => {
    const ads = makeAds(3, () => ({ country: ['JP'], campaignId: 'a' }));
    const placements = [
      { id: 'a', count: 1 },
      { id: 'b', count: 1 },
    ];
    for (const request of [
      { filter: { country: 'TW' }, placements },
      { filter: {}, placements, exclude: { ads: ads.map(({ id }) => id) } },
      { filter: {}, placements, exclude: { campaigns: ['a'] } },
    ])
      expect(decided(ads, request, 1)).toEqual([[], []]);
    expect(decided([], { filter: {}, placements }, 1)).toEqual([[], []]);
  });

  it('never has an ad that is paused, has not started or has ended', () => {
    const fields: Partial<Ad>[] = [{ status: 'paused' }, { startAt: 11 }, { startAt: 5, endAt: 10 }, {}];
    const ads = makeAds(4, (n) => fields[n]!);
    expect(decided(ads, { filter: {}, placements: [{ id: 'a', count: 4 }] }, 1)).toEqual([[3]]);
  });

  it('follows a pause, an edit of the weight and a deletion', () => {
    const ads = makeAds(2, () => ({}));
    let catalog = Catalog.from(ads, 0);
    const first = (seed: number): string | undefined =>
      decide(catalog, one, atMs, new Draw(seed, 0, 0, 0))[0]?.ads[0]?.id;
    const winners = (): Set<string | undefined> =>
      new Set(Array.from({ length: 50 }, (_, seed) => first(seed)));
    const put = (version: number, n: number, fields: Partial<Ad>): void => {
      catalog = catalog.apply([{ type: 'put', version, ad: { ...ads[n]!, ...fields, version } }]);
    };
    expect(winners()).toEqual(new Set([adId(0), adId(1)]));
    put(1, 0, { status: 'paused' });
    expect(winners()).toEqual(new Set([adId(1)]));
    put(2, 0, { status: 'active', weight: 3 });
    expect(winners()).toEqual(new Set([adId(0), adId(1)]));
    put(3, 1, { priority: 9 });
    expect(winners()).toEqual(new Set([adId(0)]));
    catalog = catalog.apply([{ type: 'remove', version: 4, adId: adId(0), reason: 'deleted' }]);
    expect(winners()).toEqual(new Set([adId(1)]));
  });

  it('draws once for an ad, and a bounded number of times however many ads an excluded campaign has', () => {
    const ads = makeAds(3000, (n) => (n === 0 ? {} : { campaignId: 'a', weight: 100 }));
    const lots = { draws: 0, below: (n: number): number => ((lots.draws += 1), n - 1) };
    const catalog = Catalog.from(ads, 1);
    decide(catalog, one, atMs, lots);
    expect(lots.draws).toBe(1);
    const [only] = decide(catalog, { ...one, exclude: { campaigns: ['a'] } }, atMs, lots);
    expect(only!.ads.map(({ id }) => id)).toEqual([adId(0)]);
    expect(lots.draws).toBeLessThanOrEqual(1 + 17);
  });

  it('has 20 ads at most', () => {
    const request = { filter: {}, placements: [{ id: 'a', count: 21 }] };
    expect(() =>
      decided(
        makeAds(1, () => ({})),
        request,
        1,
      ),
    ).toThrow('more ads than a decision has');
  });
});

const one: DecisionRequest = { filter: {}, placements: [{ id: 'a', count: 1 }] };

function makeAds(count: number, fieldsOf: (n: number) => Partial<Ad>): Ad[] {
  return Array.from({ length: count }, (_, n) =>
    buildAd({ id: adId(n), startAt: 0, endAt: 20 + n, ...fieldsOf(n) }),
  );
}

/** The numbers of the ads that each placement gets. */
function decided(ads: readonly Ad[], request: DecisionRequest, seed: number): number[][] {
  const decision = decide(Catalog.from(ads, 1), request, atMs, new Draw(seed, 1, 2, 3));
  return decision.map(({ ads: chosen }) => chosen.map(({ id }) => ads.findIndex((ad) => ad.id === id)));
}

/** Compares how often each outcome is decided with what the weights say, by chi-square. */
function expectShares(
  ads: readonly Ad[],
  { filter, exclude }: Pick<DecisionRequest, 'filter' | 'exclude'>,
  count: number,
  decisions: number,
): void {
  const request = { filter, placements: [{ id: 'a', count }], ...(exclude !== undefined && { exclude }) };
  const catalog = Catalog.from(ads, 1);
  const draw = new Draw(1, 2, 3, 4);
  const observed = new Map<string, number>();
  for (let i = 0; i < decisions; i++) {
    const key = decide(catalog, request, atMs, draw)[0]!
      .ads.map(({ id }) => id)
      .join(' ');
    observed.set(key, (observed.get(key) ?? 0) + 1);
  }
  const model = new NaiveLottery(ads, request, atMs);
  const keys = [...observed.keys()];
  const probabilities = keys.map((key) => model.probability(key.split(' '), count));
  // Every possible outcome was seen, so chi-square has a cell for each.
  expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 10);
  expect(chiSquare([...observed.values()], probabilities)).toBeLessThan(chiSquareLimit(keys.length));
}
