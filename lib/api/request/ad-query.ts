import type { AdFilter } from '../../core/ads/ad-filter.ts';
import { ageMax, ageMin, genders, platforms, type Gender, type Platform } from '../../core/ads/ad.ts';
import { isCountryCode } from './countries.ts';
import type { FieldErrors } from './field-errors.ts';
import type { QueryValues } from './query-parameters.ts';
import { adsPerPageDefault, adsPerPageMax, offsetMax } from './query-schemas.ts';

/** A query for ads, ready to run. */
export interface AdQuery {
  readonly filter: AdFilter;
  readonly page: { readonly offset: number; readonly limit: number };
  /** The same for two queries exactly if they ask for the same; part of an entity tag. */
  readonly tag: string;
}

/**
 * Reads the query of the busiest call. The zod schema `adQuery` says the same and costs several times as much; a test
 * compares the two on random queries. undefined: faulty, see `errors`.
 */
export function parseAdQuery(values: QueryValues, errors: FieldErrors): AdQuery | undefined {
  const faultsBefore = errors.count;
  let age: number | undefined;
  let country: string | undefined;
  let gender: Gender | undefined;
  let platform: Platform | undefined;
  let offset = 0;
  let limit = adsPerPageDefault;
  for (const name in values) {
    const given = values[name];
    const value = given?.length === 1 ? given[0] : undefined;
    if (value === undefined || value === '') {
      errors.add(name, given?.includes('') === true ? 'must not be empty' : 'must be given once');
      continue;
    }
    switch (name) {
      case 'age':
        age = wholeNumber(name, value, ageMin, ageMax, errors);
        break;
      case 'offset':
        offset = wholeNumber(name, value, 0, offsetMax, errors);
        break;
      case 'limit':
        limit = wholeNumber(name, value, 1, adsPerPageMax, errors);
        break;
      case 'country':
        if (isCountryCode(value)) country = value;
        else errors.add(name, 'must be an ISO 3166-1 alpha-2 code in upper case');
        break;
      case 'gender':
        gender = oneOf(genders, value);
        if (gender === undefined) errors.add(name, 'must be M or F');
        break;
      case 'platform':
        platform = oneOf(platforms, value);
        if (platform === undefined) errors.add(name, 'must be android, ios or web');
        break;
      default:
        errors.add(name, 'is not known');
        break;
    }
  }
  if (errors.count > faultsBefore) return undefined;
  // One hidden class for all filters keeps the index's code fast; undefined filters no more than absent does.
  const filter: AdFilter = { age, country, gender, platform };
  return { filter, page: { offset, limit }, tag: tagOf(filter, offset, limit) };
}

/** A loop: `find` calls a function for each. */
function oneOf<Value extends string>(values: readonly Value[], text: string): Value | undefined {
  for (const value of values) if (value === text) return value;
  return undefined;
}

/** Plain decimal digits only. 0 when faulty, which `errors` tells. */
function wholeNumber(name: string, value: string, min: number, max: number, errors: FieldErrors): number {
  let number = value.length <= 16 ? 0 : Number.NaN;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN;
  }
  if (number >= min && number <= max) return number;
  errors.add(name, `must be plain decimal digits, from ${min} to ${max}`);
  return 0;
}

function tagOf(filter: AdFilter, offset: number, limit: number): string {
  return `${filter.age ?? ''}.${filter.country ?? ''}.${filter.gender ?? ''}.${filter.platform ?? ''}.${offset}.${limit}`;
}
