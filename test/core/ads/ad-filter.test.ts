import { describe, expect, it } from '@jest/globals';
import { matchesFilter, unknown, type AdFilter } from '../../../lib/core/ads/ad-filter.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import { buildAd } from '../../support/ad-builder.ts';

const targeted = buildAd({
  ageStart: 20,
  ageEnd: 30,
  gender: ['F'],
  country: ['JP', 'TW'],
  platform: ['ios', 'web'],
});

describe('whether an ad admits a filter', () => {
  it.each<AdFilter>([
    {},
    { age: 20 },
    { age: 30 },
    { gender: 'F' },
    { country: 'JP' },
    { country: 'TW' },
    { platform: 'web' },
    { age: 25, gender: 'F', country: 'TW', platform: 'ios' },
  ])('yes, %j, and an ad for anyone as well', (filter) => {
    expect(matchesFilter(targeted, filter)).toBe(true);
    expect(matchesFilter(buildAd(), filter)).toBe(true);
  });

  it.each<AdFilter>([
    { age: 19 },
    { age: 31 },
    { gender: 'M' },
    { country: 'US' },
    { platform: 'android' },
    { age: 'unknown' },
    { gender: 'unknown' },
    { country: 'unknown' },
    { country: 'T1' },
    { platform: 'unknown' },
    { age: 31, gender: 'F', country: 'TW', platform: 'ios' },
    { age: 25, gender: 'M', country: 'TW', platform: 'ios' },
    { age: 25, gender: 'F', country: 'US', platform: 'ios' },
    { age: 25, gender: 'F', country: 'TW', platform: 'android' },
  ])('no, %j, but an ad for anyone does', (filter) => {
    expect(matchesFilter(targeted, filter)).toBe(false);
    expect(matchesFilter(buildAd(), filter)).toBe(true);
  });

  it('a list of every value targets the attribute: nobody unknown is admitted', () => {
    const ad = buildAd({ gender: ['M', 'F'], platform: ['android', 'ios', 'web'] });
    expect(matchesFilter(ad, { gender: 'M', platform: 'web' })).toBe(true);
    expect(matchesFilter(ad, { gender: unknown })).toBe(false);
    expect(matchesFilter(ad, { platform: unknown })).toBe(false);
  });

  it.each<[Partial<Ad>, AdFilter['age'][], boolean[]]>([
    [{ ageStart: 20 }, [19, 20, 120, unknown], [false, true, true, false]],
    [{ ageEnd: 20 }, [1, 20, 21, unknown], [true, true, false, false]],
    [{ ageStart: 1, ageEnd: 120 }, [1, 120, unknown], [true, true, false]],
  ])('age bounds: %j', (ages, asked, expected) => {
    const ad = buildAd(ages);
    expect(asked.map((age) => matchesFilter(ad, { age }))).toEqual(expected);
  });
});
