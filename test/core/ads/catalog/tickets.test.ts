import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Ad } from '../../../../lib/core/ads/ad.ts';
import { Catalog, type AdFilter } from '../../../../lib/core/ads/catalog/catalog.ts';
import type { Tickets } from '../../../../lib/core/ads/catalog/tickets.ts';
import { adId, buildAd } from '../../../support/ad-builder.ts';
import { deliveryAds, deliveryEdits } from '../../delivery/delivery-arbitraries.ts';
import { NaiveLottery, priorityOf, weightOf } from '../../delivery/naive-lottery.ts';
import { runs } from '../../runs.ts';
import { filters, instants, toChanges } from './catalog-arbitraries.ts';
import { NaiveCatalog } from './naive-catalog.ts';

const blockRows = fc.constantFrom(2, 3, 31, 32, 33, 64, 512);
const asked = fc.tuple(filters, instants);

describe('tickets compared with a filtered array', () => {
  it('are as many for each matching row as its weight, priority by priority, and none for another row', () => {
    fc.assert(
      fc.property(deliveryAds, asked, blockRows, (ads, [filter, atMs], blockRowsMax) => {
        const catalog = Catalog.from(ads, 1, { blockRowsMax });
        expect(shares(owners(catalog, filter, atMs))).toEqual(naiveShares(ads, filter, atMs));
      }),
      runs(100),
    );
  });

  it('stay so after changes, with the clock going either way, and number the rows as a new catalog does', () => {
    fc.assert(
      fc.property(
        deliveryAds,
        fc.array(fc.tuple(deliveryEdits, asked), { minLength: 1, maxLength: 5 }),
        blockRows,
        (ads, rounds, blockRowsMax) => {
          let catalog = Catalog.from(ads, 0, { blockRowsMax });
          let model = new NaiveCatalog(ads);
          catalog.tickets({}, 0);
          for (const [edits, [filter, atMs]] of rounds) {
            const changes = toChanges(
              edits,
              model.ads.map(({ id }) => id),
              catalog.version,
            );
            catalog = catalog.apply(changes);
            model = model.apply(changes);
            const own = owners(catalog, filter, atMs);
            expect(shares(own)).toEqual(naiveShares(model.ads, filter, atMs));
            expect(own).toEqual(owners(Catalog.from(model.ads, 1), filter, atMs));
          }
        },
      ),
      runs(40),
    );
  });

  it('go on with what is left when rows are taken one by one or all of a kind', () => {
    fc.assert(
      fc.property(
        deliveryAds,
        asked,
        fc.array(fc.option(fc.nat(1000), { freq: 5 }), { maxLength: 30 }),
        blockRows,
        (anyAds, [filter, atMs], steps, blockRowsMax) => {
          const ads = anyAds.map((ad) => ({ ...ad, priority: 3 }));
          const tickets = Catalog.from(ads, 1, { blockRowsMax }).tickets(filter, atMs);
          tickets.nextPriority();
          let left = new NaiveLottery(ads, { filter }, atMs).next([]);
          for (const step of steps) {
            if (step === null) {
              tickets.takeWhere(({ weight }) => weight === 2);
              left = left.filter((ad) => weightOf(ad) !== 2);
            } else if (tickets.left > 0) {
              const { id } = tickets.take(step % tickets.left);
              expect(left.map((ad) => ad.id)).toContain(id);
              left = left.filter((ad) => ad.id !== id);
            }
            expect(tickets.left).toBe(left.reduce((sum, ad) => sum + weightOf(ad), 0));
          }
        },
      ),
      runs(100),
    );
  });
});

describe('tickets', () => {
  const ads = [
    buildAd({ id: adId(0), startAt: 0, endAt: 20, priority: 3, weight: 2 }),
    buildAd({ id: adId(1), startAt: 0, endAt: 10, priority: 3 }),
    buildAd({ id: adId(2), startAt: 0, endAt: 30, priority: 3 }),
    buildAd({ id: adId(3), startAt: 15, endAt: 30 }),
  ];

  it('are numbered by weight, then by end; what has ended or not started has none', () => {
    const catalog = Catalog.from(ads, 1);
    const at = (atMs: number): string[][] => owners(catalog, {}, atMs);
    expect(at(5)).toEqual([[adId(1), adId(2), adId(0), adId(0)]]);
    expect(at(10)).toEqual([[adId(2), adId(0), adId(0)]]);
    expect(at(15)).toEqual([[adId(2), adId(0), adId(0)], [adId(3)]]);
    expect(at(20)).toEqual([[adId(2)], [adId(3)]]);
    expect(at(30)).toEqual([]);
    expect(at(5)).toHaveLength(1);
  });

  it('follow an ad to another group, and forget a group that is empty', () => {
    let catalog = Catalog.from(ads, 0);
    expect(owners(catalog, {}, 5)).toHaveLength(1);
    catalog = catalog.apply([{ type: 'put', version: 1, ad: { ...ads[0]!, priority: 1, version: 1 } }]);
    expect(owners(catalog, {}, 5)).toEqual([
      [adId(0), adId(0)],
      [adId(1), adId(2)],
    ]);
    catalog = catalog.apply([{ type: 'remove', version: 2, adId: adId(0), reason: 'deleted' }]);
    const tickets = catalog.tickets({}, 5);
    expect([tickets.nextPriority(), tickets.left]).toEqual([true, 2]);
  });

  it('of two lotteries at the same time do not disturb each other, nor do changes', () => {
    const catalog = Catalog.from(ads, 0);
    catalog.tickets({}, 5).close();
    const first = catalog.tickets({}, 5);
    first.nextPriority();
    const second = catalog.tickets({}, 25);
    second.nextPriority();
    const changed = catalog.apply([{ type: 'remove', version: 1, adId: adId(1), reason: 'deleted' }]);
    expect(owners(changed, {}, 5)).toEqual([[adId(2), adId(0), adId(0)]]);
    expect(first.take(0).id).toBe(adId(1));
    expect(second.take(0).id).toBe(adId(2));
    expect([first.left, second.left]).toEqual([3, 0]);
  });

  it('of a lottery know nothing of an earlier one, which had found ads that have ended since', () => {
    const many = Array.from({ length: 100 }, (_, n) => buildAd({ id: adId(n), startAt: 0, endAt: 10 + n }));
    const catalog = Catalog.from(many, 1);
    const earlier = catalog.tickets({}, 5);
    expect([earlier.nextPriority(), earlier.left]).toEqual([true, 100]);
    earlier.close();
    const tickets = catalog.tickets({}, 50);
    expect([tickets.nextPriority(), tickets.left]).toEqual([true, 59]);
    const seen: string[] = [];
    tickets.takeWhere(({ id }) => seen.push(id) % 2 === 1);
    while (tickets.left > 0) seen.push(tickets.take(0).id);
    const [odd, even] = [0, 1].map((rest) => seen.slice(0, 59).filter((_, i) => i % 2 === rest));
    expect([...odd!, ...even!].sort()).toEqual(many.slice(41).map(({ id }) => id));
    expect(seen.slice(59)).toEqual(even);
  });

  it('that do not exist cannot be taken', () => {
    const tickets = Catalog.from(ads, 1).tickets({}, 5);
    expect(() => tickets.take(0)).toThrow('there is no such ticket');
    tickets.nextPriority();
    expect(() => tickets.take(4)).toThrow('there is no such ticket');
    expect(() => tickets.take(-1)).toThrow('there is no such ticket');
    expect(tickets.left).toBe(4);
    expect([tickets.nextPriority(), tickets.left]).toEqual([true, 0]);
    expect([tickets.nextPriority(), tickets.left]).toEqual([false, 0]);
  });
});

/** Who owns each ticket, priority by priority; priorities without a match are left out. */
function owners(catalog: Catalog, filter: AdFilter, atMs: number): string[][] {
  const open = (priority: number): Tickets | undefined => {
    const tickets = catalog.tickets(filter, atMs);
    for (let i = 0; i <= priority; i++) if (!tickets.nextPriority()) return undefined;
    return tickets;
  };
  const all: string[][] = [];
  for (let priority = 0; ; priority++) {
    const tickets = open(priority);
    if (tickets === undefined) return all.filter((own) => own.length > 0);
    all.push(Array.from({ length: tickets.left }, (_, ticket) => open(priority)!.take(ticket).id));
  }
}

/** How many tickets each ad has, priority by priority. */
function shares(owners: readonly (readonly string[])[]): Record<string, number>[] {
  return owners.map((own) => {
    const counts: Record<string, number> = {};
    for (const id of own) counts[id] = (counts[id] ?? 0) + 1;
    return counts;
  });
}

function naiveShares(ads: readonly Ad[], filter: AdFilter, atMs: number): Record<string, number>[] {
  const byPriority: Record<string, number>[] = [];
  for (const priority of [...new Set(ads.map(priorityOf))].sort((a, b) => a - b)) {
    const own = ads.filter((ad) => priorityOf(ad) === priority);
    const matching = new NaiveLottery(own, { filter }, atMs).next([]);
    if (matching.length > 0) byPriority.push(Object.fromEntries(matching.map((ad) => [ad.id, weightOf(ad)])));
  }
  return byPriority;
}
