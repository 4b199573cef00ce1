import type { MemorySample } from './memory-watch.ts';

export interface Flatness {
  readonly what: string;
  readonly unit: 'MB' | '';
  /** In the middle of the time that counts. */
  readonly middle: number;
  readonly perHour: number;
  /** By the fitted line, over the time that counts. */
  readonly risen: number;
  readonly flat: boolean;
}

/**
 * What rises less than this share of itself, or than a few of its units, over the time that counts has not
 * risen.
 */
const shareMax = 0.05;
const unitsMax = { MB: 4, '': 1 } as const;

const measures = [
  ['live heap', 'MB', 'liveMb'],
  ['buffers outside the heap', 'MB', 'externalMb'],
  ['anonymous memory', 'MB', 'anonymousMb'],
  ['open files', '', 'files'],
  ['threads', '', 'threads'],
  ['handles', '', 'resources'],
] as const;

/**
 * Whether memory and handles stayed as they were, once the code was compiled and the caches were full:
 * samples up to `fromSecond` do not count. Resident memory is shown but not judged: it has the mapped pages
 * of a growing data file in it.
 */
export function judgeFlatness(samples: readonly MemorySample[], fromSecond: number): readonly Flatness[] {
  const counted = samples.filter(({ second }) => second >= fromSecond);
  return measures.map(([what, unit, field]) => {
    const points = counted
      .map((sample) => ({ x: sample.second, y: sample[field] }))
      .filter(({ y }) => !Number.isNaN(y));
    const { slope, risen } = fitTrend(floorsOf(points));
    const middle = median(points.map(({ y }) => y));
    return {
      what,
      unit,
      middle,
      perHour: slope * 3600,
      risen,
      flat: risen <= Math.max(shareMax * middle, unitsMax[unit]),
    };
  });
}

const windows = 8;

/**
 * The lowest point of each part of the time: what is under way makes peaks; what is never given back lifts
 * the floor.
 */
function floorsOf(points: readonly Point[]): readonly Point[] {
  const size = Math.max(1, Math.ceil(points.length / windows));
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size).reduce((lowest, point) => (point.y < lowest.y ? point : lowest)),
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Trend {
  /** Of y per unit of x. */
  readonly slope: number;
  /** Of the fitted line, from the first point to the last. */
  readonly risen: number;
}

/**
 * The median of the slopes between all pairs (Theil and Sen): a third of the points may be far off, as one
 * sample in the midst of a collection is, and it stays where it was. NaN for fewer than two points.
 */
export function fitTrend(points: readonly Point[]): Trend {
  const slopes = points.flatMap((a, i) =>
    points.slice(i + 1).flatMap((b) => (b.x === a.x ? [] : [(b.y - a.y) / (b.x - a.x)])),
  );
  const slope = median(slopes);
  const span = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0);
  return { slope, risen: slope * span };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
