import { genders, platforms, type Ad, type Gender, type Platform } from './ad.ts';

/**
 * How ads are stored, in snapshots, changes and ad items: one JSON array, in this order: id, title, content,
 * startAt, endAt, ageStart, ageEnd, gender bits, countries with commas, platform bits, version, createdAt,
 * endVersion (0: none). A 14th element is there if the ad has any of the later fields: an object of those, in the
 * order of `laterFields`. An array is smaller than an object and parsed faster, and equal ads always give equal
 * bytes.
 */
const rowLength = 13;

/**
 * A row with another name in its 14th element is of a later release. It is no ad to this one, which would lose what
 * it does not know with the ad's next change.
 */
const laterFields: readonly string[] = ['external_id'];

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
    ...(ad.externalId === undefined ? [] : [{ external_id: ad.externalId }]),
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
  const externalId = externalIdOf(later);
  return externalId === undefined ? undefined : { ...known, externalId };
}

/** undefined: not the 14th element of a row. */
function externalIdOf(later: unknown): string | undefined {
  if (typeof later !== 'object' || later === null) return undefined;
  if (!Object.keys(later).every((name) => laterFields.includes(name))) return undefined;
  const { external_id: externalId } = later as Readonly<Record<string, unknown>>;
  return typeof externalId === 'string' ? externalId : undefined;
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
