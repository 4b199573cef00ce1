import { assert } from '../../assert.ts';
import { unknown, type AdFilter, type TargetName } from '../ad-filter.ts';
import { adToJson } from '../ad-json.ts';
import { parseAdRow } from '../ad-row.ts';
import type { ListedStatus, ListFilter } from '../list-filter.ts';
import {
  ageMax,
  ageMin,
  genders,
  platforms,
  priorityDefault,
  priorityMax,
  priorityMin,
  weightDefault,
  weightMax,
  type Ad,
} from '../ad.ts';
import type { CountrySlots } from './country-slots.ts';

/** `countryBits`: a bit for each of the first countries, and these two. */
export const countryBitsMax = 28;
export const anyCountryBit = 1 << countryBitsMax;
export const moreCountriesBit = 1 << (countryBitsMax + 1);

/** Bits of `untargetedBits`. For countries, `countryBits` has one. */
export const untargetedAge = 1;
export const untargetedGender = 2;
export const untargetedPlatform = 4;

/** Bits of `#turn`: 5 for the priority, 7 for the weight, and one for each of pause, goal and cap. */
const priorityBits = 0x1f;
const weightShift = 5;
const weightBits = 0x7f;
const pausedBit = 1 << 12;
const goalBit = 1 << 13;
const cappedBit = 1 << 14;
const anonymousBit = 1 << 15;

export const anyGender = (1 << genders.length) - 1;
export const anyPlatform = (1 << platforms.length) - 1;

/** What a catalog reads of each row. */
export interface RowTargets {
  readonly startAt: number;
  readonly endAt: number;
  /** `ageMin` and `ageMax` if the ad has no bound. */
  readonly ageStart: number;
  readonly ageEnd: number;
  /** Bit i is for genders[i]; anyone: all bits. The same for the platforms. */
  readonly genderBits: number;
  readonly platformBits: number;
  readonly countryBits: number;
  /** Which of age, gender and platform the ad does not target; a list that names all of them is a target. */
  readonly untargetedBits: number;
  /** 1..16, the first first; an ad without one has the default. */
  readonly priority: number;
  /** 1..100; the same. */
  readonly weight: number;
  readonly paused: boolean;
  readonly campaignId: string | undefined;
  readonly hasGoal: boolean;
  /** It has a frequency cap. */
  readonly capped: boolean;
  /** Whether a request without a user may get it: it has no cap, or one that says so. */
  readonly servesAnonymous: boolean;
}

/**
 * One version of an ad in a catalog, shared by every catalog that holds that version. Instants and targets
 * are kept as numbers beside the ad, because building an index touches rows in an order in which each object
 * is a cache miss. The ad itself may be the bytes of a row in a snapshot. They are parsed when a query needs
 * the ad: most ads of a cold catalog are never needed.
 */
export class CatalogRow implements RowTargets {
  readonly id: string;
  readonly startAt: number;
  readonly endAt: number;
  readonly ageStart: number;
  readonly ageEnd: number;
  readonly genderBits: number;
  readonly platformBits: number;
  readonly countryBits: number;
  readonly untargetedBits: number;
  /** undefined: the ad belongs to none. */
  readonly campaignId: string | undefined;
  /** Priority, weight and what is either so or not, in one number, because each field of a row costs 8 bytes. */
  readonly #turn: number;
  /** The ad, or lines of rows that contain this one. */
  readonly #source: Ad | Uint8Array;
  readonly #sourceStart: number;
  /** The ad serialised, from the first time it is served. */
  #json: string | undefined = undefined;

  private constructor(id: string, targets: RowTargets, source: Ad | Uint8Array, sourceStart: number) {
    this.id = id;
    this.startAt = targets.startAt;
    this.endAt = targets.endAt;
    this.ageStart = targets.ageStart;
    this.ageEnd = targets.ageEnd;
    this.genderBits = targets.genderBits;
    this.platformBits = targets.platformBits;
    this.countryBits = targets.countryBits;
    this.untargetedBits = targets.untargetedBits;
    this.campaignId = targets.campaignId;
    this.#turn =
      targets.priority |
      (targets.weight << weightShift) |
      (targets.paused ? pausedBit : 0) |
      (targets.hasGoal ? goalBit : 0) |
      (targets.capped ? cappedBit : 0) |
      (targets.servesAnonymous ? anonymousBit : 0);
    this.#source = source;
    this.#sourceStart = sourceStart;
    // The bitmaps and the running totals rely on all of this; decide.ts has refused everything else.
    assert(
      Number.isSafeInteger(this.startAt) && Number.isSafeInteger(this.endAt),
      'an instant is no integer',
    );
    assert(this.startAt < this.endAt, 'an ad ends before it starts');
    assert(this.ageStart >= ageMin && this.ageEnd <= ageMax, 'an age is out of range');
    assert(this.ageStart <= this.ageEnd, 'no age is admitted');
    assert(targets.priority >= priorityMin && targets.priority <= priorityMax, 'a priority is out of range');
    assert(targets.weight >= 1 && targets.weight <= weightMax, 'a weight is out of range');
  }

  /** Gives the ad's countries slots: a query may name one before the row's block has an index. */
  static of(ad: Ad, countries: CountrySlots): CatalogRow {
    let countryBits = ad.country.length === 0 ? anyCountryBit : 0;
    for (const code of ad.country) countryBits |= countryBit(countries.assign(code));
    const targets = {
      startAt: ad.startAt,
      endAt: ad.endAt,
      ageStart: ad.ageStart ?? ageMin,
      ageEnd: ad.ageEnd ?? ageMax,
      genderBits: ad.gender.length === 0 ? anyGender : bitsOf(genders, ad.gender),
      platformBits: ad.platform.length === 0 ? anyPlatform : bitsOf(platforms, ad.platform),
      countryBits,
      untargetedBits:
        (ad.ageStart === null && ad.ageEnd === null ? untargetedAge : 0) |
        (ad.gender.length === 0 ? untargetedGender : 0) |
        (ad.platform.length === 0 ? untargetedPlatform : 0),
      priority: ad.priority ?? priorityDefault,
      weight: ad.weight ?? weightDefault,
      paused: ad.status === 'paused',
      campaignId: ad.campaignId,
      hasGoal: ad.goal !== undefined,
      capped: ad.frequency !== undefined,
      servesAnonymous: ad.frequency === undefined || ad.frequency.anonymous === 'serve',
    };
    return new CatalogRow(ad.id, targets, ad, 0);
  }

  /** `lines`: rows, each followed by a line end. The one at `start` has this id and these targets. */
  static ofLine(lines: Uint8Array, start: number, id: string, targets: RowTargets): CatalogRow {
    return new CatalogRow(id, targets, lines, start);
  }

  get priority(): number {
    return this.#turn & priorityBits;
  }

  get weight(): number {
    return (this.#turn >> weightShift) & weightBits;
  }

  /** A paused row is found by its id alone; no query has it. */
  get paused(): boolean {
    return (this.#turn & pausedBit) !== 0;
  }

  get hasGoal(): boolean {
    return (this.#turn & goalBit) !== 0;
  }

  get capped(): boolean {
    return (this.#turn & cappedBit) !== 0;
  }

  get servesAnonymous(): boolean {
    return (this.#turn & anonymousBit) !== 0;
  }

  /** Parses the bytes of a row at each call, which takes some microseconds: do not use it for every row. */
  get ad(): Ad {
    const source = this.#source;
    return source instanceof Uint8Array ? readLine(source, this.#sourceStart) : source;
  }

  get json(): string {
    return (this.#json ??= adToJson(this.ad));
  }

  isActive(atMs: number): boolean {
    return this.startAt <= atMs && atMs < this.endAt;
  }

  /** refusingTarget of the ad, without parsing it. `countries`: those that the row was made with. */
  refusingTarget(filter: AdFilter, countries: CountrySlots): TargetName | undefined {
    const { age, gender, platform, country } = filter;
    if (age === unknown) {
      if ((this.untargetedBits & untargetedAge) === 0) return 'age';
    } else if (age !== undefined && (age < this.ageStart || age > this.ageEnd)) return 'age';
    if (gender === unknown) {
      if ((this.untargetedBits & untargetedGender) === 0) return 'gender';
    } else if (gender !== undefined && (this.genderBits & (1 << genders.indexOf(gender))) === 0)
      return 'gender';
    if (platform === unknown) {
      if ((this.untargetedBits & untargetedPlatform) === 0) return 'platform';
    } else if (platform !== undefined && (this.platformBits & (1 << platforms.indexOf(platform))) === 0) {
      return 'platform';
    }
    return country === undefined || this.#admitsCountry(country, countries) ? undefined : 'country';
  }

  /** Whether a list with this filter has the ad, unless it has ended. Parses it only if its texts matter. */
  isListed(
    { status, country, title, externalId, campaignId }: ListFilter,
    atMs: number,
    countries: CountrySlots,
  ): boolean {
    if (status !== undefined && status !== this.#listedStatus(atMs)) return false;
    if (campaignId !== undefined && campaignId !== this.campaignId) return false;
    if (country !== undefined && this.refusingTarget({ country }, countries) !== undefined) return false;
    if (title === undefined && externalId === undefined) return true;
    const { ad } = this;
    return ad.title.startsWith(title ?? '') && (externalId === undefined || ad.externalId === externalId);
  }

  #listedStatus(atMs: number): ListedStatus {
    if (this.paused) return 'paused';
    return atMs < this.startAt ? 'scheduled' : 'active';
  }

  #admitsCountry(country: string, countries: CountrySlots): boolean {
    if ((this.countryBits & anyCountryBit) !== 0) return true;
    const slot = countries.find(country);
    if (slot < 0 || (this.countryBits & countryBit(slot)) === 0) return false;
    return slot < countryBitsMax || this.ad.country.includes(country);
  }
}

export function countryBit(slot: number): number {
  return slot < countryBitsMax ? 1 << slot : moreCountriesBit;
}

function bitsOf(all: readonly string[], some: readonly string[]): number {
  let bits = 0;
  for (const value of some) {
    for (let i = 0; i < all.length; i++) if (all[i] === value) bits |= 1 << i;
  }
  return bits;
}

const decoder = new TextDecoder();
const lineEnd = 0x0a;

function readLine(lines: Uint8Array, start: number): Ad {
  const ad = parseAdRow(decoder.decode(lines.subarray(start, lines.indexOf(lineEnd, start))));
  assert(ad !== undefined, 'a row that was one is not an ad');
  return ad;
}
