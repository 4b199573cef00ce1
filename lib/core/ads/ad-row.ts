import { genders, platforms, type Ad, type Gender, type Platform } from './ad.ts';

/**
 * How ads are stored, in snapshots, changes and ad items: one JSON array, in this order: id, title, content,
 * startAt, endAt, ageStart, ageEnd, gender bits, countries with commas, platform bits, version, createdAt,
 * endVersion (0: none). An array is smaller than an object and parsed faster, and equal ads always give equal
 * bytes.
 */
const rowLength = 13;

export function adToRow(ad: Ad): string {
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
  ]);
}

/**
 * undefined: not a row of an ad. Ads share equal target lists, because a catalog holds many ads and few
 * targets.
 */
export function adFromRow(row: unknown): Ad | undefined {
  if (!Array.isArray(row) || row.length !== rowLength) return undefined;
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
  return endVersion === 0 ? ad : { ...ad, endVersion };
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
