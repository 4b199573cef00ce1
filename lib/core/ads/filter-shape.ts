import { assert, AssertionError } from '../assert.ts';
import { ageMax, ageMin, genders, platforms } from './ad.ts';
import type { AdFilter } from './ad-filter.ts';
import { countriesMax, type CountrySlots } from './country-slots.ts';

/**
 * The bitmaps of an index, by number: 0 every row, 1..120 the rows that admit this age, then genders, platforms, rows
 * for any country, rows that have started, and last the countries by slot. An absent filter is bitmap 0, so a query is
 * always the intersection of the same five.
 */
export const everyRow = 0;
export const genderRow = ageMax + 1;
export const platformRow = genderRow + genders.length;
export const anyCountryRow = platformRow + platforms.length;
export const startedRow = anyCountryRow + 1;
export const countryRow = startedRow + 1;

/** A filter as the numbers of the bitmaps to intersect; `key` names the shape among all of one lineage. */
export interface FilterShape {
  readonly key: number;
  readonly age: number;
  readonly gender: number;
  readonly platform: number;
  /** May be larger than an index has, if the index is older than the country's first ad. */
  readonly country: number;
}

const rowNumbers = countryRow + countriesMax;

export function shapeOf(filter: AdFilter, countries: CountrySlots): FilterShape {
  const age = filter.age ?? everyRow;
  assert(
    filter.age === undefined || (Number.isInteger(age) && age >= ageMin && age <= ageMax),
    'age out of range',
  );
  const gender = numberOf(filter.gender, genders);
  const platform = numberOf(filter.platform, platforms);
  const country = countryOf(filter.country, countries);
  return {
    key: age + (ageMax + 1) * (country + rowNumbers * (gender + (genders.length + 1) * platform)),
    age,
    gender: gender === 0 ? everyRow : genderRow + gender - 1,
    platform: platform === 0 ? everyRow : platformRow + platform - 1,
    country,
  };
}

/** 0: absent. A loop, since indexOf is a call that costs more than the rest of a shape. */
function numberOf<Value>(value: Value | undefined, values: readonly Value[]): number {
  if (value === undefined) return 0;
  for (let i = 0; i < values.length; i++) if (values[i] === value) return i + 1;
  throw new AssertionError('unknown value of a filter');
}

function countryOf(code: string | undefined, countries: CountrySlots): number {
  if (code === undefined) return everyRow;
  const slot = countries.find(code);
  return slot < 0 ? anyCountryRow : countryRow + slot;
}
