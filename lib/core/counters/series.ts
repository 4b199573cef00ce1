import { DecimalSum } from './decimal-sum.ts';

/**
 * The increments of a counter in each minute, hour or day (UTC), from the finest level on; each bucket is
 * part of one bucket of the next level.
 */
export const seriesLevels = ['minute', 'hour', 'day'] as const;
export type SeriesLevel = (typeof seriesLevels)[number];

/** The buckets of a level; those of one window share one item. */
export const seriesFacts = {
  minute: { bucketMs: 60_000, bucketsPerWindow: 60 },
  hour: { bucketMs: 3_600_000, bucketsPerWindow: 24 },
  day: { bucketMs: 86_400_000, bucketsPerWindow: 32 },
} as const satisfies Record<SeriesLevel, { bucketMs: number; bucketsPerWindow: number }>;

export function windowMs(level: SeriesLevel): number {
  return seriesFacts[level].bucketMs * seriesFacts[level].bucketsPerWindow;
}

/** The sums to add to one window of a counter. */
export interface SeriesSum {
  readonly level: SeriesLevel;
  /** Windows since 1970. */
  readonly window: number;
  /** By the bucket's offset in its window, from 0. */
  readonly buckets: ReadonlyMap<number, bigint>;
}

/**
 * Windows of the finest level that one chunk may touch: bounds the items that its write adds to, level by
 * level.
 */
export const windowsPerChunkMax = 4;

/** The most items that the write of one chunk touches besides the counter's own. */
export function seriesItemsMax(levels: readonly SeriesLevel[]): number {
  return levels.length * windowsPerChunkMax;
}

/** Adds up the values of one counter by time. `levels`: those that are kept, from the finest on. */
export class SeriesFold {
  readonly #levels: readonly SeriesLevel[];
  readonly #finest: SeriesLevel | undefined;
  /** By the bucket of the finest level, counted since 1970. */
  readonly #sums = new Map<number, DecimalSum>();

  constructor(levels: readonly SeriesLevel[]) {
    this.#levels = levels;
    this.#finest = levels[0];
  }

  /** false: it does not fit any more. */
  add(atMs: number, digits: string): boolean {
    if (this.#finest === undefined) return true;
    const { bucketMs, bucketsPerWindow } = seriesFacts[this.#finest];
    const bucket = Math.floor(atMs / bucketMs);
    const known = this.#sums.get(bucket);
    if (known !== undefined) {
      known.add(digits);
      return true;
    }
    if (this.#sums.size >= windowsPerChunkMax && this.#wouldTouchTooMany(bucket, bucketsPerWindow))
      return false;
    const sum = new DecimalSum();
    sum.add(digits);
    this.#sums.set(bucket, sum);
    return true;
  }

  #wouldTouchTooMany(bucket: number, bucketsPerWindow: number): boolean {
    const windows = new Set(
      [...this.#sums.keys(), bucket].map((each) => Math.floor(each / bucketsPerWindow)),
    );
    return windows.size > windowsPerChunkMax;
  }

  sums(): readonly SeriesSum[] {
    if (this.#finest === undefined) return [];
    const { bucketMs: finestMs } = seriesFacts[this.#finest];
    return this.#levels.flatMap((level) => {
      const { bucketMs, bucketsPerWindow } = seriesFacts[level];
      const windows = new Map<number, Map<number, bigint>>();
      for (const [finestBucket, sum] of this.#sums) {
        const bucket = Math.floor((finestBucket * finestMs) / bucketMs);
        const window = Math.floor(bucket / bucketsPerWindow);
        const buckets = windows.get(window) ?? new Map<number, bigint>();
        windows.set(window, buckets);
        const offset = bucket % bucketsPerWindow;
        buckets.set(offset, (buckets.get(offset) ?? 0n) + sum.value());
      }
      return Array.from(windows, ([window, buckets]): SeriesSum => ({ level, window, buckets }));
    });
  }
}
