import { assert } from '../../core/assert.ts';
import {
  SeriesFold,
  seriesLevels,
  windowMs,
  type SeriesLevel,
  type SeriesSum,
} from '../../core/counters/series.ts';
import type { WriteAction } from '../../ports/state-store.ts';
import type { StageSettings } from '../../stages.ts';
import { seriesKey } from '../state-keys.ts';

const dayMs = 86_400_000;

/** The levels that a stage keeps, from the finest on. */
export function keptLevels({ counters }: StageSettings): readonly SeriesLevel[] {
  return seriesLevels.filter((level) => counters.series[level] !== undefined);
}

/** Of an amount that was added at one instant. */
export function seriesOf(settings: StageSettings, atMs: number, amount: bigint): readonly SeriesSum[] {
  const fold = new SeriesFold(keptLevels(settings));
  fold.add(atMs, amount.toString());
  return fold.sums();
}

/**
 * Adds to the series of a counter. They go into the very transaction that adds to its total: so they are as exact as
 * the total is, and cost as many writes more as there are levels.
 */
export function seriesActions(
  counter: string,
  sums: readonly SeriesSum[],
  settings: StageSettings,
): readonly WriteAction[] {
  return sums.map(({ level, window, buckets }) => {
    const add: Record<string, bigint> = {};
    for (const [place, amount] of buckets) add[bucketAttribute(place)] = amount;
    return {
      type: 'update',
      key: seriesKey(counter, level, window),
      add,
      set: { expires_at: BigInt(Math.ceil(windowExpiresAtMs(settings, level, window) / 1000)) },
    };
  });
}

export function bucketAttribute(place: number): string {
  return `b${place}`;
}

/** When the buckets of a window are no longer answered for, and its item may go. */
export function windowExpiresAtMs({ counters }: StageSettings, level: SeriesLevel, window: number): number {
  const keptDays = counters.series[level];
  assert(keptDays !== undefined, `the stage keeps no ${level} series`);
  return (window + 1) * windowMs(level) + keptDays * dayMs;
}
