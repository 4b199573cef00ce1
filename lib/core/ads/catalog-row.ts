import { assert } from '../assert.ts';
import { ageMax, ageMin, genders, platforms, type Ad } from './ad.ts';
import { adToJson } from './ad-json.ts';
import type { CountrySlots } from './country-slots.ts';

/** `countryBits`: a bit for each of the first countries, and these two. */
export const countryBitsMax = 28;
export const anyCountryBit = 1 << countryBitsMax;
export const moreCountriesBit = 1 << (countryBitsMax + 1);

const anyGender = (1 << genders.length) - 1;
const anyPlatform = (1 << platforms.length) - 1;

/**
 * One version of an ad in a catalog, shared by every catalog that holds that version. The targets are kept as small
 * numbers beside the ad: an index is built in an order in which each object that is touched is a cache miss.
 */
export class CatalogRow {
  readonly ad: Ad;
  readonly ageStart: number;
  readonly ageEnd: number;
  /** Bit i stands for genders[i]; all of them for anyone. The same for the platforms. */
  readonly genderBits: number;
  readonly platformBits: number;
  readonly countryBits: number;
  /** The ad serialised, from the first time it is served: most ads of a cold catalog never are. */
  #json: string | undefined = undefined;

  /** Gives the ad's countries slots: a question about one may come before the row's block has an index. */
  constructor(ad: Ad, countries: CountrySlots) {
    this.ad = ad;
    this.ageStart = ad.ageStart ?? ageMin;
    this.ageEnd = ad.ageEnd ?? ageMax;
    this.genderBits = ad.gender.length === 0 ? anyGender : bitsOf(genders, ad.gender);
    this.platformBits = ad.platform.length === 0 ? anyPlatform : bitsOf(platforms, ad.platform);
    let countryBits = ad.country.length === 0 ? anyCountryBit : 0;
    for (const code of ad.country) {
      const slot = countries.assign(code);
      countryBits |= slot < countryBitsMax ? 1 << slot : moreCountriesBit;
    }
    this.countryBits = countryBits;
    // The bitmaps and the running totals lean on all of this; decide.ts has refused everything else.
    assert(Number.isSafeInteger(ad.startAt) && Number.isSafeInteger(ad.endAt), 'an instant is no integer');
    assert(ad.startAt < ad.endAt, 'an ad ends before it starts');
    assert(this.ageStart >= ageMin && this.ageEnd <= ageMax, 'an age is out of range');
    assert(this.ageStart <= this.ageEnd, 'no age is admitted');
  }

  get json(): string {
    return (this.#json ??= adToJson(this.ad));
  }

  isActive(atMs: number): boolean {
    return this.ad.startAt <= atMs && atMs < this.ad.endAt;
  }
}

function bitsOf(all: readonly string[], some: readonly string[]): number {
  let bits = 0;
  for (const value of some) {
    for (let i = 0; i < all.length; i++) if (all[i] === value) bits |= 1 << i;
  }
  return bits;
}
