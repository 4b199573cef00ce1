import { genders, platforms, type AdContent, type AdPatch, type Metadata } from '../../../lib/core/ads/ad.ts';
import { sortedMetadata } from './ad-model.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a body asks for, field by field as the contract has it; undefined: the API must refuse it with 400. */
export function readAdBody(body: string | undefined, kind: 'create' | 'update'): AdPatch | undefined {
  const fields = parseObject(body);
  if (fields === undefined) return undefined;
  const content: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const read = readers[name];
    const found = read === undefined ? undefined : read.read(value);
    if (read === undefined || found === undefined) return undefined;
    content[read.name] = found;
  }
  if (kind === 'create')
    for (const name of optionalNames) if (content[name] === null) Reflect.deleteProperty(content, name);
  const asked = content as AdPatch;
  // Null takes a key away, and so is for a patch alone.
  if (kind === 'create' && Object.values(asked.metadata ?? {}).includes(null)) return undefined;
  const isWhole = ['title', 'content', 'start_at', 'end_at'].every((name) => name in fields);
  if (kind === 'create' && !isWhole) return undefined;
  const { startAt, endAt, ageStart, ageEnd } = asked;
  if (startAt !== undefined && endAt !== undefined && endAt <= startAt) return undefined;
  if (typeof ageStart === 'number' && typeof ageEnd === 'number' && ageEnd < ageStart) return undefined;
  // A patch may leave the campaign as it is.
  if (kind === 'create' && asked.frequency?.scope === 'campaign' && asked.campaignId === undefined)
    return undefined;
  return kind === 'create' ? { ...anyone, ...asked } : asked;
}

/** The ads of an import; undefined: the API must refuse it with 400. */
export function readImportBody(body: string | undefined): readonly AdContent[] | undefined {
  const { ads, ...rest } = parseObject(body) ?? {};
  if (Object.keys(rest).length > 0 || !Array.isArray(ads) || ads.length < 1 || ads.length > 500)
    return undefined;
  const read = ads.map((ad) => readAdBody(JSON.stringify(ad), 'create') as AdContent | undefined);
  const names = new Set(read.map((ad) => ad?.externalId));
  return names.has(undefined) || names.size < ads.length ? undefined : (read as readonly AdContent[]);
}

const anyone = { ageStart: null, ageEnd: null, gender: [], country: [], platform: [] };

function parseObject(body: string | undefined): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

interface Reader {
  readonly name: keyof AdContent;
  /** undefined: faulty. */
  readonly read: (value: unknown) => unknown;
}

const readers: Readonly<Record<string, Reader>> = {
  title: { name: 'title', read: (value) => readText(value, 5, 100) },
  content: { name: 'content', read: (value) => readText(value, 1, 10_000) },
  start_at: { name: 'startAt', read: readInstant },
  end_at: { name: 'endAt', read: readInstant },
  age_start: { name: 'ageStart', read: readAge },
  age_end: { name: 'ageEnd', read: readAge },
  gender: { name: 'gender', read: (value) => readList(value, genders) },
  platform: { name: 'platform', read: (value) => readList(value, platforms) },
  country: { name: 'country', read: readCountries },
  external_id: { name: 'externalId', read: (value) => readLine(value, 1, 128) },
  status: { name: 'status', read: (value) => readOne(value, ['active', 'paused', null]) },
  priority: { name: 'priority', read: (value) => readWhole(value, 16) },
  weight: { name: 'weight', read: (value) => readWhole(value, 100) },
  click_url: { name: 'clickUrl', read: readUrl },
  image_url: { name: 'imageUrl', read: readUrl },
  width: { name: 'width', read: (value) => readWhole(value, 10_000) },
  height: { name: 'height', read: (value) => readWhole(value, 10_000) },
  campaign_id: { name: 'campaignId', read: (value) => readLine(value, 1, 64) },
  metadata: { name: 'metadata', read: readMetadata },
  goal: { name: 'goal', read: readGoal },
  frequency: { name: 'frequency', read: readFrequency },
};

/** The fields that null takes away. */
const optionalNames = [
  ...['externalId', 'status', 'priority', 'weight', 'clickUrl', 'imageUrl', 'width', 'height'],
  ...['campaignId', 'metadata', 'goal', 'frequency'],
];

function readLine(value: unknown, min: number, max: number): string | null | undefined {
  if (value === null) return null;
  const text = readText(value, min, max);
  return text === undefined || /[\n\t]/.test(text) ? undefined : text;
}

function readOne(value: unknown, all: readonly unknown[]): unknown {
  return all.includes(value) ? value : undefined;
}

function readWhole(value: unknown, max: number): number | null | undefined {
  if (value === null) return null;
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max ? Number(value) : undefined;
}

/** URLs in their normal form alone: the clients of the simulator write no other that is sound. */
function readUrl(value: unknown): string | null | undefined {
  if (value === null) return null;
  const isSound = typeof value === 'string' && /^https:\/\/[a-z.]+\/[!-~]*$/.test(value);
  return isSound && value.length <= 2048 ? value : undefined;
}

function readMetadata(value: unknown): unknown {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  const entries = Object.entries(value as Fields);
  const isSound = entries.every(
    ([key, one]) =>
      /^[a-z][\w.:-]{0,63}$/i.test(key) &&
      (typeof one === 'string'
        ? readLine(one, 0, 2048) !== undefined
        : ['number', 'boolean'].includes(typeof one) || one === null),
  );
  const isSmall = entries.length <= 20 && Buffer.byteLength(JSON.stringify(value)) <= 2048;
  return isSound && isSmall ? sortedMetadata({ metadata: value as Metadata }).metadata : undefined;
}

/** As the clients of the simulator write them; in the documented order. */
/** Those that the clients of the simulator write. */
const zones: readonly unknown[] = [
  ...[undefined, 'UTC', 'Asia/Taipei', 'America/New_York', 'Asia/Kathmandu', 'Asia/Beirut'],
];

function readGoal(value: unknown): unknown {
  if (value === null) return null;
  const { impressions, pacing, timezone, ...more } = value as Fields;
  const { total, daily, ...others } = (impressions ?? {}) as Fields;
  const isWhole = (given: unknown): boolean =>
    given === undefined || (Number.isInteger(given) && Number(given) >= 1 && Number(given) <= 1e9);
  const isSound =
    Object.keys(more).length + Object.keys(others).length === 0 &&
    isWhole(total) &&
    isWhole(daily) &&
    !(total === undefined && daily === undefined) &&
    !(Number(daily) > Number(total)) &&
    ['even', 'asap'].includes(String(pacing)) &&
    zones.includes(timezone);
  return isSound
    ? JSON.parse(JSON.stringify({ impressions: { total, daily }, pacing, timezone }))
    : undefined;
}

function readFrequency(value: unknown): unknown {
  if (value === null) return null;
  const { max, per, scope, anonymous, ...more } = value as Fields;
  const isSound =
    Object.keys(more).length === 0 &&
    Number.isInteger(max) &&
    Number(max) >= 1 &&
    Number(max) <= 100 &&
    ['PT1M', 'PT5M', 'PT1H', 'P1D'].includes(String(per)) &&
    ['ad', 'campaign'].includes(String(scope)) &&
    [undefined, 'skip', 'serve'].includes(anonymous as string | undefined);
  return isSound ? JSON.parse(JSON.stringify({ max, per, scope, anonymous })) : undefined;
}

function readText(value: unknown, min: number, max: number): string | undefined {
  if (typeof value !== 'string' || !value.isWellFormed()) return undefined;
  const characters = Array.from(value);
  if (characters.length < min || characters.length > max) return undefined;
  const isControl = (character: string): boolean => /\p{Cc}/u.test(character) && !'\n\t'.includes(character);
  return characters.some(isControl) ? undefined : value;
}

/** RFC 3339 in UTC alone: the clients of the simulator write nothing else. */
function readInstant(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(value))
    return undefined;
  const ms = Date.parse(value);
  // A day that the month does not have would count as one of the next.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== value.slice(0, 19) ? undefined : ms;
}

function readAge(value: unknown): number | null | undefined {
  if (value === null) return null;
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 120 ? Number(value) : undefined;
}

/** In the documented order, each once. */
function readList<Value>(value: unknown, all: readonly Value[]): Value[] | undefined {
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => all.includes(item as Value))) return undefined;
  return all.filter((item) => value.includes(item));
}

function readCountries(value: unknown): string[] | undefined {
  if (value === null) return [];
  if (!Array.isArray(value) || !value.every((item) => /^[A-Z]{2}$/.test(String(item)))) return undefined;
  return [...new Set(value as string[])].sort();
}
