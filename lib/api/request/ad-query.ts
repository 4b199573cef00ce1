import { unknown, type AdFilter, type Unknown } from '../../core/ads/ad-filter.ts';
import { ageMax, ageMin, genders, platforms, type Gender, type Platform } from '../../core/ads/ad.ts';
import { consistencies, type Consistency } from '../../core/consistency.ts';
import { isAskedCountry } from './countries.ts';
import type { FieldErrors } from './field-errors.ts';
import type { QueryValues } from './query-parameters.ts';
import {
  adsPerPageDefault,
  adsPerPageMax,
  askedNames,
  consistencyNames,
  offsetMax,
} from './query-schemas.ts';

/** A validated query for ads. */
export interface AdQuery {
  readonly filter: AdFilter;
  readonly page: { readonly offset: number; readonly limit: number };
  readonly consistency: Consistency | undefined;
  /** Equal for two queries exactly if they ask for the same ads; part of an entity tag. */
  readonly tag: string;
}

/**
 * Reads the query of the busiest call. The zod schema `adQuery` accepts the same and is several times slower;
 * a test compares the two on random queries. undefined: invalid, see `errors`.
 */
export function parseAdQuery(values: QueryValues, errors: FieldErrors): AdQuery | undefined {
  const faultsBefore = errors.count;
  let age: number | Unknown | undefined;
  let country: string | undefined;
  let gender: Gender | Unknown | undefined;
  let platform: Platform | Unknown | undefined;
  let offset = 0;
  let limit = adsPerPageDefault;
  let consistency: Consistency | undefined;
  for (const name in values) {
    const given = values[name];
    const value = given?.length === 1 ? given[0] : undefined;
    if (value === undefined || value === '') {
      errors.add(name, given?.includes('') === true ? 'must not be empty' : 'must be given once');
      continue;
    }
    switch (name) {
      case 'age':
        age = value === unknown ? unknown : wholeNumber(name, value, ageBounds, errors);
        break;
      case 'offset':
        offset = wholeNumber(name, value, offsetBounds, errors);
        break;
      case 'limit':
        limit = wholeNumber(name, value, limitBounds, errors);
        break;
      case 'country':
        if (value === unknown || isAskedCountry(value)) country = value;
        else errors.add(name, `must be ${askedNames.country}`);
        break;
      case 'gender':
        gender = value === unknown ? unknown : oneOf(genders, value);
        if (gender === undefined) errors.add(name, `must be ${askedNames.gender}`);
        break;
      case 'platform':
        platform = value === unknown ? unknown : oneOf(platforms, value);
        if (platform === undefined) errors.add(name, `must be ${askedNames.platform}`);
        break;
      case 'consistency':
        consistency = oneOf(consistencies, value);
        if (consistency === undefined) errors.add(name, `must be ${consistencyNames}`);
        break;
      default:
        errors.add(name, 'is not known');
        break;
    }
  }
  if (errors.count > faultsBefore) return undefined;
  // One hidden class for all filters keeps the index fast; an undefined filter does not filter.
  const filter: AdFilter = { age, country, gender, platform };
  return { filter, page: { offset, limit }, consistency, tag: tagOf(filter, offset, limit) };
}

const ageBounds = { min: ageMin, max: ageMax, names: askedNames.age };
const offsetBounds = { min: 0, max: offsetMax, names: digitNames(0, offsetMax) };
const limitBounds = { min: 1, max: adsPerPageMax, names: digitNames(1, adsPerPageMax) };

function digitNames(min: number, max: number): string {
  return `plain decimal digits, from ${min} to ${max}`;
}

/** A loop, because `find` calls a function per element. */
function oneOf<Value extends string>(values: readonly Value[], text: string): Value | undefined {
  for (const value of values) if (value === text) return value;
  return undefined;
}

/** Reads plain decimal digits. 0 if invalid; `errors` then has the reason. */
function wholeNumber(
  name: string,
  value: string,
  { min, max, names }: { readonly min: number; readonly max: number; readonly names: string },
  errors: FieldErrors,
): number {
  let number = value.length <= 16 ? 0 : Number.NaN;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN;
  }
  if (number >= min && number <= max) return number;
  errors.add(name, `must be ${names}`);
  return 0;
}

function tagOf(filter: AdFilter, offset: number, limit: number): string {
  return `${filter.age ?? ''}.${filter.country ?? ''}.${filter.gender ?? ''}.${filter.platform ?? ''}.${offset}.${limit}`;
}
