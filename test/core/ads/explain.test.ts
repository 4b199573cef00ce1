import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusingTarget } from '../../../lib/core/ads/ad-filter.ts';
import { Catalog, type AdFilter } from '../../../lib/core/ads/catalog/catalog.ts';
import { conditionNames, excludedBy, explain } from '../../../lib/core/ads/explain.ts';
import { buildAd } from '../../support/ad-builder.ts';
import { ads, filters, instants } from './catalog/catalog-arbitraries.ts';

describe('why an ad is shown or not', () => {
  it('agrees with the index for any ads, filter and instant', () => {
    fc.assert(
      fc.property(ads, filters, instants, (ads, filter, atMs) => {
        const catalog = Catalog.from(ads, 1, { blockRowsMax: 3 });
        const { items, total } = catalog.query(filter, atMs, { offset: 0, limit: 100 });
        const conditions = catalog.explain(filter, atMs);
        expect(conditions.map(({ name }) => name)).toEqual(conditionNames);
        expect(conditions.at(-1)?.left).toBe(total);
        const shown = items.map((item) => (JSON.parse(item) as { id: string }).id);
        const admitted = ads.filter((ad) => excludedBy(ad, filter, atMs) === undefined);
        expect(admitted.map(({ id }) => id).sort()).toEqual(shown.sort());
      }),
    );
  });

  it('counts what each condition leaves, and names the first that is not met', () => {
    const window = { startAt: 10, endAt: 20 };
    const all = [
      buildAd({ ...window, startAt: 15, gender: ['M'] }),
      buildAd({ ...window, endAt: 12, ageEnd: 30 }),
      buildAd({ ...window, status: 'paused', ageEnd: 30 }),
      buildAd({ ...window, status: 'active', ageEnd: 30, country: ['JP'] }),
      buildAd({ ...window, gender: ['M'] }),
      buildAd({ ...window, platform: ['web'] }),
      buildAd({ ...window, country: ['JP'] }),
      buildAd({ ...window, gender: ['F'], country: ['TW'] }),
    ];
    const filter = { age: 40, gender: 'F', platform: 'ios', country: 'TW' } as const;
    const names = [...conditionNames, undefined];
    expect(all.map((ad) => excludedBy(ad, filter, 12))).toEqual(names);
    const left = (filter: AdFilter): number[] =>
      explain(all, 12, (ad) => (ad.status === 'paused' ? 'paused' : refusingTarget(ad, filter))).map(
        ({ left }) => left,
      );
    expect(left(filter)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(left({})).toEqual([7, 6, 5, 5, 5, 5, 5]);
  });
});
