import { describe, expect, it } from '@jest/globals';
import { CatalogRow } from '../../../../lib/core/ads/catalog/catalog-row.ts';
import { CountrySlots } from '../../../../lib/core/ads/catalog/country-slots.ts';
import { TotalsCache, totalsLimitsDefault } from '../../../../lib/core/ads/catalog/totals-cache.ts';
import { buildAd } from '../../../support/ad-builder.ts';

const { journalMax, shapesMax } = totalsLimitsDefault;
const countries = new CountrySlots();
const japanese = CatalogRow.of(buildAd({ country: ['JP'] }), countries);

describe('the cache of totals', () => {
  it('follows the rows that match the filter, and no others', () => {
    const totals = new TotalsCache(countries);
    totals.store(1, 10);
    totals.store(2, 20);
    totals.note(japanese, 1);
    totals.note(japanese, 1);
    totals.note(japanese, -1);
    expect(totals.find(1, { country: 'JP' }, journalMax)).toBe(11);
    expect(totals.find(2, { country: 'TW' }, journalMax)).toBe(20);
    expect(totals.find(3, {}, journalMax)).toBeUndefined();
    expect(totals.facts).toEqual({ hits: 2, counted: 1 });
  });

  it('follows up to as many rows as asked', () => {
    const totals = new TotalsCache(countries);
    totals.store(1, 10);
    for (let i = 0; i < 5; i++) totals.note(japanese, 1);
    expect(totals.find(1, {}, 4)).toBeUndefined();
    expect(totals.find(1, {}, 5)).toBe(15);
  });

  it('knows no total that is older than its journal, or than what it forgot', () => {
    const totals = new TotalsCache(countries);
    totals.store(1, 0);
    for (let i = 0; i < journalMax; i++) totals.note(japanese, 1);
    expect(totals.find(1, {}, Infinity)).toBe(journalMax);
    totals.store(2, 0);
    for (let i = 0; i <= journalMax; i++) totals.note(japanese, 1);
    expect(totals.find(2, {}, Infinity)).toBeUndefined();
    totals.store(3, 7);
    totals.forget();
    expect(totals.find(3, {}, Infinity)).toBeUndefined();
  });

  it('holds at most two generations of shapes, the ones asked for lately', () => {
    const totals = new TotalsCache(countries);
    const always = 0;
    totals.store(always, 42);
    for (let key = 1; key <= 3 * shapesMax; key++) {
      totals.store(key, key);
      if (key % 1000 === 0) expect(totals.find(always, {}, 0)).toBe(42);
    }
    const kept = Array.from({ length: 3 * shapesMax }, (_, key) => totals.find(key, {}, 0) !== undefined);
    expect(kept.filter(Boolean).length).toBeLessThanOrEqual(2 * shapesMax);
    expect(totals.find(1, {}, 0)).toBeUndefined();
    expect(totals.find(3 * shapesMax, {}, 0)).toBe(3 * shapesMax);
  });
});
