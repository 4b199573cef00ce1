import {
  adStatuses,
  genders,
  optionalFields,
  optionalNames,
  optionalToJson,
  platforms,
  priorityMax,
  priorityMin,
  weightMax,
  type Ad,
  type Gender,
  type OptionalField,
  type Platform,
} from './ad.ts';
import { isFrequency } from './frequency.ts';
import { isGoal } from './goal.ts';

/**
 * How ads are stored, in snapshots, changes and ad items: one JSON array, in this order: id, title, content,
 * startAt, endAt, ageStart, ageEnd, gender bits, countries with commas, platform bits, version, createdAt,
 * endVersion (0: none). A 14th element is there if the ad has any of the optional fields, or has had a goal: an object
 * of those, in the order of `optionalFields`, and of its generation. An array is smaller than an object and parsed
 * faster, and equal ads always give equal bytes.
 */
const rowLength = 13;

export function adToRow(ad: Ad): string {
  const { generation } = ad;
  const fields = optionalToJson(ad);
  const optional = generation === undefined ? fields : { ...fields, generation };
  return JSON.stringify([
    ad.id,
    ad.title,
    ad.content,
    ad.startAt,
    ad.endAt,
    ad.ageStart,
    ad.ageEnd,
    toBits(ad.gender, genders),
    ad.country.join(','),
    toBits(ad.platform, platforms),
    ad.version,
    ad.createdAt,
    ad.endVersion ?? 0,
    ...(optional === undefined ? [] : [optional]),
  ]);
}

/**
 * undefined: not a row of an ad. Ads share equal target lists, because a catalog holds many ads and few
 * targets.
 */
export function adFromRow(row: unknown): Ad | undefined {
  if (!Array.isArray(row) || row.length < rowLength || row.length > rowLength + 1) return undefined;
  const [
    id,
    title,
    content,
    startAt,
    endAt,
    ageStart,
    ageEnd,
    gender,
    country,
    platform,
    version,
    createdAt,
    endVersion,
    later,
  ] = row as unknown[];
  if (typeof id !== 'string' || typeof title !== 'string' || typeof content !== 'string') return undefined;
  if (!isWhole(startAt) || !isWhole(endAt) || !isWhole(version) || !isWhole(createdAt)) return undefined;
  if (!(ageStart === null || isWhole(ageStart)) || !(ageEnd === null || isWhole(ageEnd))) return undefined;
  if (!isWhole(gender) || !isWhole(platform) || !isWhole(endVersion)) return undefined;
  const genderList = genderLists[gender];
  const platformList = platformLists[platform];
  if (typeof country !== 'string' || genderList === undefined || platformList === undefined) return undefined;
  const ad = {
    id,
    title,
    content,
    startAt,
    endAt,
    ageStart,
    ageEnd,
    gender: genderList,
    country: countryList(country),
    platform: platformList,
    version,
    createdAt,
  };
  const known = endVersion === 0 ? ad : { ...ad, endVersion };
  if (row.length === rowLength) return known;
  const optional = optionalOf(later);
  return optional === undefined ? undefined : { ...known, ...optional };
}

/**
 * Reads the 14th element; undefined: it is none. A row with another name there is of a later release. It is no ad
 * to this one, which would lose what it does not know with the ad's next change.
 */
function optionalOf(later: unknown): Partial<Ad> | undefined {
  if (typeof later !== 'object' || later === null) return undefined;
  const given = later as Readonly<Record<string, unknown>>;
  let unread = Object.keys(given).length;
  if (unread === 0) return undefined;
  const optional: Record<string, unknown> = {};
  if (given.generation !== undefined) {
    if (!isWhole(given.generation) || given.generation < 1) return undefined;
    unread -= 1;
  }
  for (const name of optionalNames) {
    const value = given[optionalFields[name]];
    if (value === undefined) continue;
    if (!isOptional[name](value)) return undefined;
    optional[name] = value;
    unread -= 1;
  }
  if (given.generation !== undefined) optional.generation = given.generation;
  return unread === 0 ? optional : undefined;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isSide = (value: unknown): boolean => isWhole(value) && value > 0;

/** What an index relies on is checked whole, of the rest only the type. */
const isOptional: Readonly<Record<OptionalField, (value: unknown) => boolean>> = {
  externalId: isText,
  status: (value) => (adStatuses as readonly unknown[]).includes(value),
  priority: (value) => isWhole(value) && value >= priorityMin && value <= priorityMax,
  weight: (value) => isWhole(value) && value > 0 && value <= weightMax,
  clickUrl: isText,
  imageUrl: isText,
  width: isSide,
  height: isSide,
  campaignId: isText,
  metadata: (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isFlat),
  goal: isGoal,
  frequency: isFrequency,
};

function isFlat(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

export function parseAdRow(text: string): Ad | undefined {
  return adFromRow(parseJson(text));
}

/** undefined: not JSON (no JSON text means undefined). */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function toBits<T>(list: readonly T[], all: readonly T[]): number {
  return all.reduce((bits, value, index) => (list.includes(value) ? bits | (1 << index) : bits), 0);
}

function listsByBits<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: 1 << all.length }, (_, bits) =>
    Object.freeze(all.filter((_value, index) => (bits & (1 << index)) !== 0)),
  );
}

const genderLists: readonly (readonly Gender[])[] = listsByBits(genders);
const platformLists: readonly (readonly Platform[])[] = listsByBits(platforms);

/**
 * Distinct country lists that are kept for sharing. Beyond that, and for long lists, new ones are not shared.
 */
const sharedCountryListsMax = 4096;
const sharedLengthMax = 5 * 'TW,'.length;
const sharedCountryLists = new Map<string, readonly string[]>();
const noCountries: readonly string[] = Object.freeze([]);

function countryList(text: string): readonly string[] {
  if (text === '') return noCountries;
  if (text.length > sharedLengthMax) return text.split(',');
  const shared = sharedCountryLists.get(text);
  if (shared !== undefined) return shared;
  const list = Object.freeze(text.split(','));
  if (sharedCountryLists.size < sharedCountryListsMax) sharedCountryLists.set(text, list);
  return list;
}
