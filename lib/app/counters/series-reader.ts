import { seriesFacts, seriesLevels, windowMs, type SeriesLevel } from '../../core/counters/series.ts';
import type { Attributes } from '../../ports/state-store.ts';
import type { StageSettings } from '../../stages.ts';
import type { Ports } from '../ports.ts';
import { readRange } from '../read-range.ts';
import { seriesKey, seriesSortKey } from '../state-keys.ts';
import { bucketAttribute, keptLevels, windowExpiresAtMs } from './counter-actions.ts';

export interface SeriesRange {
  readonly bucket: SeriesLevel;
  /** The buckets from the one that contains `fromMs` to the last that begins before `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface SeriesPoint {
  /** When the bucket begins. */
  readonly atMs: number;
  readonly value: bigint;
}

/** `points`: every bucket of the range, from the first that the stage still keeps. */
export type SeriesResult =
  { readonly status: 'ok'; readonly points: readonly SeriesPoint[] } | { readonly status: 'not-kept' };

/** The most buckets of one series in an answer. */
export const bucketsPerAnswerMax = 1500;

/** The most buckets of all series in an answer together: at most 1.3 MB of JSON. */
export const pointsPerAnswerMax = 15_000;

/** The levels that a stage can serve: a level that it keeps serves the coarser ones too. */
export function answeredBuckets(settings: StageSettings): readonly SeriesLevel[] {
  return seriesLevels.filter((bucket) => sourceOf(settings, bucket) !== undefined);
}

/**
 * The increments of a counter in each bucket of a range of at most `bucketsPerAnswerMax`, by the instant of
 * their POST. As exact as the total. Rejects with a StateStoreError.
 */
export async function readSeries(
  { state, clock, settings }: Pick<Ports, 'state' | 'clock' | 'settings'>,
  counter: string,
  { bucket, fromMs, toMs }: SeriesRange,
): Promise<SeriesResult> {
  const source = sourceOf(settings, bucket);
  if (source === undefined) return { status: 'not-kept' };
  const { bucketMs } = seriesFacts[bucket];
  const keptFromMs = firstKeptMs(settings, source, clock.nowMs());
  const first = Math.max(Math.floor(fromMs / bucketMs), Math.ceil(keptFromMs / bucketMs));
  const end = Math.ceil(toMs / bucketMs);
  const values = Array.from({ length: Math.max(0, end - first) }, () => 0n);
  const range = { firstMs: first * bucketMs, endMs: end * bucketMs };
  for await (const { atMs, value } of storedBuckets({ state }, counter, source, range)) {
    const offset = Math.floor(atMs / bucketMs) - first;
    const sum = values[offset];
    if (sum !== undefined) values[offset] = sum + value;
  }
  return {
    status: 'ok',
    points: values.map((value, index) => ({ atMs: (first + index) * bucketMs, value })),
  };
}

/** The coarsest kept level that is no coarser than the requested one: it has the fewest items to read. */
function sourceOf(settings: StageSettings, bucket: SeriesLevel): SeriesLevel | undefined {
  const finer = seriesLevels.slice(0, seriesLevels.indexOf(bucket) + 1);
  return keptLevels(settings).findLast((level) => finer.includes(level));
}

/**
 * When the first window begins that has not expired, or from when on an added level is complete. The store
 * may keep an expired item for days; it is not read.
 */
function firstKeptMs(settings: StageSettings, level: SeriesLevel, nowMs: number): number {
  const current = Math.floor(nowMs / windowMs(level));
  const lifeMs = windowExpiresAtMs(settings, level, current) - current * windowMs(level);
  const keptFromMs = (Math.floor((nowMs - lifeMs) / windowMs(level)) + 1) * windowMs(level);
  return Math.max(keptFromMs, settings.counters.seriesFromMs?.[level] ?? 0);
}

async function* storedBuckets(
  { state }: Pick<Ports, 'state'>,
  counter: string,
  level: SeriesLevel,
  { firstMs, endMs }: { firstMs: number; endMs: number },
): AsyncGenerator<{ atMs: number; value: bigint }> {
  // The store accepts no range that ends before it begins.
  if (endMs <= firstMs) return;
  const lastWindow = Math.floor((endMs - 1) / windowMs(level));
  const { table, pk } = seriesKey(counter, level, 0);
  const through = seriesSortKey(lastWindow);
  const firstWindow = Math.floor(firstMs / windowMs(level));
  // Exclusive, so it is the window before the first.
  const after = firstWindow > 0 ? seriesSortKey(firstWindow - 1) : undefined;
  const range = { table, pk, through, ...(after !== undefined && { after }) };
  for await (const { sk, attributes } of readRange(state, range)) {
    yield* bucketsOf(level, Number(sk), attributes);
  }
}

function* bucketsOf(
  level: SeriesLevel,
  window: number,
  attributes: Attributes,
): Generator<{ atMs: number; value: bigint }> {
  const { bucketMs, bucketsPerWindow } = seriesFacts[level];
  for (let offset = 0; offset < bucketsPerWindow; offset += 1) {
    const value = attributes[bucketAttribute(offset)];
    if (typeof value === 'bigint') yield { atMs: window * windowMs(level) + offset * bucketMs, value };
  }
}
