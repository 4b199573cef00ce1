import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Catalog, listedRowsMax } from '../../../../lib/core/ads/catalog/catalog.ts';
import type { Ad } from '../../../../lib/core/ads/ad.ts';
import type { ListFilter } from '../../../../lib/core/ads/list-filter.ts';
import { adEpochMs, adId, buildAd } from '../../../support/ad-builder.ts';

/** Few values, so that filters meet ads. */
const ads = fc
  .array(
    fc.record({
      title: fc.constantFrom('Tea', 'Tea time', 'tea', 'é', 'e'),
      externalId: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      country: fc.constantFrom([], ['TW'], ['JP', 'TW']),
      startAt: fc.integer({ min: -3, max: 3 }),
      length: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 12 },
  )
  .map((list) =>
    list.map(({ startAt, length, externalId, ...fields }, n): Ad => {
      const [start, end] = [adEpochMs + startAt, adEpochMs + startAt + length];
      const ad = buildAd({ ...fields, id: adId(n), version: n + 1, startAt: start, endAt: end });
      return externalId === undefined ? ad : { ...ad, externalId };
    }),
  );
const filters: fc.Arbitrary<ListFilter> = fc.record(
  {
    status: fc.constantFrom('scheduled', 'active'),
    country: fc.constantFrom('TW', 'JP', 'DE', 'unknown'),
    title: fc.constantFrom('T', 'Tea', 'Tea time', 'é'),
    externalId: fc.constantFrom('a', 'b', 'c'),
  },
  { requiredKeys: [] },
);

function isWanted(ad: Ad, { status, country, title, externalId }: ListFilter): boolean {
  if (ad.endAt <= adEpochMs) return false;
  if (status === 'scheduled' && ad.startAt <= adEpochMs) return false;
  if (status === 'active' && ad.startAt > adEpochMs) return false;
  if (country !== undefined && ad.country.length > 0 && !ad.country.includes(country)) return false;
  if (title !== undefined && ad.title.slice(0, title.length) !== title) return false;
  return externalId === undefined || ad.externalId === externalId;
}

describe('the list of a filter', () => {
  it('has on its pages the ads that meet it, by id, each once', () => {
    fc.assert(
      fc.property(ads, filters, fc.integer({ min: 1, max: 4 }), (given, filter, limit) => {
        const catalog = Catalog.from(given, given.length, { blockRowsMax: 3 });
        const found: string[] = [];
        let afterId: string | undefined;
        for (let page = 0; page <= given.length; page += 1) {
          const { items, nextAfterId } = catalog.listMatching(filter, { afterId, limit }, adEpochMs);
          expect(items.length).toBeLessThanOrEqual(limit);
          found.push(...items.map((json) => (JSON.parse(json) as { id: string }).id));
          afterId = nextAfterId;
          if (afterId === undefined) break;
        }
        expect(afterId).toBeUndefined();
        expect(found).toEqual(given.filter((ad) => isWanted(ad, filter)).map(({ id }) => id));
      }),
    );
  });

  it('reads so many ads for a page, and goes on behind them', () => {
    const last = listedRowsMax + 1;
    const catalog = Catalog.from(
      Array.from({ length: last + 1 }, (_, n) =>
        buildAd({ id: adId(n), title: n >= last - 1 ? 'wanted' : 'other' }),
      ),
      1,
    );
    const find = (afterId: string | undefined) =>
      catalog.listMatching({ title: 'wanted' }, { afterId, limit: 10 }, adEpochMs);
    expect(find(undefined)).toEqual({ items: [], nextAfterId: adId(listedRowsMax - 1) });
    const { items, nextAfterId } = find(adId(listedRowsMax - 1));
    expect(items.map((json) => (JSON.parse(json) as { id: string }).id)).toEqual([
      adId(last - 1),
      adId(last),
    ]);
    expect(nextAfterId).toBeUndefined();
  });
});
