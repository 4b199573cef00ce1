import { assert } from '../../assert.ts';
import { ageMax, ageMin, genders, platforms } from '../ad.ts';
import { unknown, type AdFilter, type Unknown } from '../ad-filter.ts';
import { countriesMax, type CountrySlots } from './country-slots.ts';

/**
 * The bitmaps of an index, by number: 0 every row, 1..120 the rows that admit this age, then genders,
 * platforms, rows that have started, and last the countries by slot. After the ages, the genders and the
 * platforms, and instead of a country, comes the bitmap of the rows that do not target the attribute. An
 * absent filter is bitmap 0, so a query is always the intersection of the same five.
 */
export const everyRow = 0;
export const anyAgeRow = ageMax + 1;
export const genderRow = anyAgeRow + 1;
export const anyGenderRow = genderRow + genders.length;
export const platformRow = anyGenderRow + 1;
export const anyPlatformRow = platformRow + platforms.length;
export const anyCountryRow = anyPlatformRow + 1;
export const startedRow = anyCountryRow + 1;
export const countryRow = startedRow + 1;

/** A filter as the numbers of the bitmaps to intersect; `key` identifies the shape within one lineage. */
export interface FilterShape {
  readonly key: number;
  readonly age: number;
  readonly gender: number;
  readonly platform: number;
  /** May be beyond the bitmaps of an index, if the index is older than the country's first ad. */
  readonly country: number;
}

const rowNumbers = countryRow + countriesMax;

export function shapeOf(filter: AdFilter, countries: CountrySlots): FilterShape {
  const age = ageOf(filter.age);
  const gender = numberOf(filter.gender, genders);
  const platform = numberOf(filter.platform, platforms);
  const country = countryOf(filter.country, countries);
  return {
    key: age + (anyAgeRow + 1) * (country + rowNumbers * (gender + (genders.length + 2) * platform)),
    age,
    gender: gender === 0 ? everyRow : genderRow + gender - 1,
    platform: platform === 0 ? everyRow : platformRow + platform - 1,
    country,
  };
}

function ageOf(age: number | Unknown | undefined): number {
  if (age === undefined) return everyRow;
  if (age === unknown) return anyAgeRow;
  assert(Number.isInteger(age) && age >= ageMin && age <= ageMax, 'age out of range');
  return age;
}

/**
 * 0: absent; `unknown` follows the values. A loop, because a call of indexOf costs more than the rest of a
 * shape.
 */
function numberOf<Value>(value: Value | Unknown | undefined, values: readonly Value[]): number {
  if (value === undefined) return 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) return i + 1;
  assert(value === unknown, 'unknown value of a filter');
  return values.length + 1;
}

/** `unknown` has no slot either, so it is treated like a country that no ad names. */
function countryOf(code: string | undefined, countries: CountrySlots): number {
  if (code === undefined) return everyRow;
  const slot = countries.find(code);
  return slot < 0 ? anyCountryRow : countryRow + slot;
}
