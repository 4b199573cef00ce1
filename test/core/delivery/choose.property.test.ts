import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Catalog } from '../../../lib/core/ads/catalog/catalog.ts';
import { Choosing, decide, type DecidedPlacement } from '../../../lib/core/delivery/choose.ts';
import { Draw } from '../../../lib/core/delivery/draw.ts';
import { instants, toChanges } from '../ads/catalog/catalog-arbitraries.ts';
import { NaiveCatalog } from '../ads/catalog/naive-catalog.ts';
import { runs } from '../runs.ts';
import { adId, buildAd } from '../../support/ad-builder.ts';
import { deliveryAds, deliveryEdits, nonces, requests } from './delivery-arbitraries.ts';
import { NaiveLottery, withEveryLot } from './naive-lottery.ts';

describe('a decision compared with a filtered array', () => {
  it('chooses of the first priority that has ads left, none twice, one of a campaign, until it has enough', () => {
    fc.assert(
      fc.property(deliveryAds, requests, instants, nonces, (ads, request, atMs, nonce) => {
        const decided = decide(Catalog.from(ads, 1, { blockRowsMax: 3 }), request, atMs, Draw.of(nonce));
        const chosen = idsOf(decided);
        const model = new NaiveLottery(ads, request, atMs);
        chosen.forEach((id, i) => {
          expect(model.next(chosen.slice(0, i)).map((ad) => ad.id)).toContain(id);
        });
        // Placements are filled one after the other.
        let left = model.size;
        const sizes = request.placements.map(({ count }) => {
          const size = Math.min(count, left);
          left -= size;
          return size;
        });
        expect(decided.map(({ ads }) => ads.length)).toEqual(sizes);
        expect(decided.map(({ placement }) => placement)).toEqual(request.placements.map(({ id }) => id));
        expect(new Set(chosen).size).toBe(decided.reduce((sum, { ads }) => sum + ads.length, 0));
      }),
      runs(200),
    );
  });

  it('gives each outcome exactly the probability that the weights give it', () => {
    fc.assert(
      fc.property(deliveryAds, requests, instants, (manyAds, { filter, exclude }, atMs) => {
        // Every sequence of lots is tried, so there are few of them.
        const ads = manyAds
          .slice(0, 5)
          .map(({ weight = 1, ...ad }) => ({ ...ad, weight: Math.min(weight, 2) }));
        const request = {
          filter,
          placements: [{ id: 'a', count: 2 }],
          ...(exclude !== undefined && { exclude }),
        };
        const catalog = Catalog.from(ads, 1);
        const outcomes = new Map<string, number>();
        for (const { result, probability } of withEveryLot((lots) => decide(catalog, request, atMs, lots))) {
          const key = idsOf(result).join(' ');
          outcomes.set(key, (outcomes.get(key) ?? 0) + probability);
        }
        const model = new NaiveLottery(ads, request, atMs);
        let sum = 0;
        for (const [key, probability] of outcomes) {
          expect(probability).toBeCloseTo(model.probability(key === '' ? [] : key.split(' '), 2), 10);
          sum += probability;
        }
        expect(sum).toBeCloseTo(1, 10);
      }),
      runs(200),
    );
  });

  it('leaves out what waits, and chooses what is behind before the others of its priority', () => {
    const some = fc
      .uniqueArray(fc.nat(60).map(adId), { maxLength: 30, size: 'max' })
      .map((ids) => new Set(ids));
    fc.assert(
      fc.property(
        deliveryAds,
        requests,
        instants,
        nonces,
        some,
        some,
        (ads, request, atMs, nonce, waiting, behind) => {
          const catalog = Catalog.from(ads, 1, { blockRowsMax: 3 });
          const choosing = new Choosing(catalog.tickets(request.filter, atMs), request, Draw.of(nonce), {
            isWaiting: ({ id }) => waiting.has(id),
            isBehind: ({ id }) => behind.has(id),
            anyBehind: behind.size > 0,
          });
          const model = new NaiveLottery(ads, request, atMs, { waiting, behind });
          const chosen: string[] = [];
          for (let row = choosing.next(); row !== undefined; row = choosing.next()) {
            expect(model.next(chosen).map(({ id }) => id)).toContain(row.id);
            chosen.push(row.id);
            choosing.show(row);
          }
          choosing.close();
          expect(chosen).toHaveLength(model.size);
        },
      ),
      runs(200),
    );
  });

  it('draws a winner once, and of its campaign another one if it is not shown', () => {
    const ads = [1, 2, 3].map((n) => buildAd({ id: adId(n), campaignId: 'a', startAt: 0, endAt: 100 }));
    const request = { filter: {}, placements: [{ id: 'a', count: 1 }] };
    const tickets = Catalog.from(ads, 1).tickets({}, 10);
    const choosing = new Choosing(tickets, request, Draw.of('0'.repeat(32)));
    const [first, second] = [choosing.next(), choosing.next()];
    expect(second?.id).not.toBe(first?.id);
    choosing.show(second!);
    expect(choosing.next()).toBeUndefined();
  });

  it('chooses the same with the same nonce, whether the catalog was made at once or by changes', () => {
    fc.assert(
      fc.property(
        deliveryAds,
        fc.array(fc.tuple(deliveryEdits, requests, instants, nonces), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(2, 3, 33, 512),
        (ads, rounds, blockRowsMax) => {
          let catalog = Catalog.from(ads, 0, { blockRowsMax });
          let model = new NaiveCatalog(ads);
          for (const [edits, request, atMs, nonce] of rounds) {
            const changes = toChanges(
              edits,
              model.ads.map(({ id }) => id),
              catalog.version,
            );
            const before = idsOf(decide(catalog, request, atMs, Draw.of(nonce)));
            const next = catalog.apply(changes);
            model = model.apply(changes);
            const own = idsOf(decide(next, request, atMs, Draw.of(nonce)));
            const anew = Catalog.from(model.ads, next.version);
            expect(own).toEqual(idsOf(decide(anew, request, atMs, Draw.of(nonce))));
            // The older catalog still chooses as before.
            expect(idsOf(decide(catalog, request, atMs, Draw.of(nonce)))).toEqual(before);
            catalog = next;
          }
        },
      ),
      runs(60),
    );
  });
});

describe('withEveryLot', () => {
  it('tries every sequence of lots once', () => {
    const outcomes = withEveryLot((lots) => {
      const first = lots.below(2);
      return first === 0 ? [first] : [first, lots.below(3)];
    });
    expect(outcomes.map(({ result }) => result)).toEqual([[0], [1, 0], [1, 1], [1, 2]]);
    expect(outcomes.map(({ probability }) => probability)).toEqual([1 / 2, 1 / 6, 1 / 6, 1 / 6]);
  });
});

function idsOf(decided: readonly DecidedPlacement[]): string[] {
  return decided.flatMap(({ ads }) => ads.map(({ id }) => id));
}
