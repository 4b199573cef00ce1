import { describe, expect, it } from '@jest/globals';
import type { AdFilter } from '../../../../lib/core/ads/ad-filter.ts';
import { genders, platforms } from '../../../../lib/core/ads/ad.ts';
import { CountrySlots, countriesMax } from '../../../../lib/core/ads/catalog/country-slots.ts';
import { countryRow, shapeOf } from '../../../../lib/core/ads/catalog/filter-shape.ts';
import { AssertionError } from '../../../../lib/core/assert.ts';

describe('the slots of countries', () => {
  it('are given out in order of appearance, once each', () => {
    const slots = new CountrySlots();
    expect(['TW', 'JP', 'TW', 'AA', 'ZZ'].map((code) => slots.assign(code))).toEqual([0, 1, 0, 2, 3]);
    expect(['ZZ', 'AA', 'JP', 'TW'].map((code) => slots.find(code))).toEqual([3, 2, 1, 0]);
    expect(slots.count).toBe(4);
  });

  it('take every pair of letters there is, and keep them apart', () => {
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    const codes = letters.flatMap((a) => letters.map((b) => a + b));
    const slots = new CountrySlots();
    expect(codes.map((code) => slots.assign(code))).toEqual(codes.map((_, slot) => slot));
    expect(codes).toHaveLength(countriesMax);
  });

  it.each(['', 'A', 'AAA', 'tw', 'A1', '1A', '@A', 'A@', 'B@', '[A', 'A['])('have none for %j', (code) => {
    const slots = new CountrySlots();
    slots.assign('AA');
    slots.assign('AZ');
    expect(slots.find(code)).toBe(-1);
    expect(() => slots.assign(code)).toThrow(AssertionError);
    expect(slots.count).toBe(2);
  });

  it('have none for a country that no ad has named', () => {
    expect(new CountrySlots().find('TW')).toBe(-1);
  });
});

describe('the shape of a filter', () => {
  const countries = new CountrySlots();
  for (const code of ['TW', 'JP', 'DE']) countries.assign(code);

  it('has a key that no other shape has, and bitmaps that tell the fields apart', () => {
    const filters: AdFilter[] = [];
    for (const age of [undefined, 1, 2, 119, 120, 'unknown'] as const)
      for (const country of [undefined, 'TW', 'JP', 'DE', 'US'])
        for (const gender of [undefined, ...genders, 'unknown'] as const)
          for (const platform of [undefined, ...platforms, 'unknown'] as const)
            filters.push({
              ...(age === undefined ? {} : { age }),
              ...(country === undefined ? {} : { country }),
              ...(gender === undefined ? {} : { gender }),
              ...(platform === undefined ? {} : { platform }),
            });
    const shapes = filters.map((filter) => shapeOf(filter, countries));
    expect(new Set(shapes.map(({ key }) => key)).size).toBe(filters.length);
    const rows = shapes.map(({ age, gender, platform, country }) => [age, gender, platform, country].join());
    expect(new Set(rows).size).toBe(filters.length);
    expect(shapes.every(({ key }) => Number.isSafeInteger(key))).toBe(true);
  });

  it('is the same for every country that no ad has named, whichever it is', () => {
    const shape = shapeOf({ country: 'US' }, countries);
    for (const country of ['XX', 'T1', 'tw', 'unknown']) {
      expect(shapeOf({ country }, countries)).toEqual(shape);
    }
    expect(shapeOf({ country: 'DE' }, countries).country).toBe(countryRow + 2);
  });

  it.each<AdFilter>([
    { age: 0 },
    { age: 121 },
    { age: 20.5 },
    { age: NaN },
    { gender: 'X' as never },
    { platform: 'tv' as never },
  ])('does not exist for %j', (filter) => {
    expect(() => shapeOf(filter, countries)).toThrow(AssertionError);
  });
});
