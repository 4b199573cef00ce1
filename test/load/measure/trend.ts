export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Trend {
  /** Of y per unit of x. */
  readonly slope: number;
  /** Of the fitted line, from the first point to the last. */
  readonly risen: number;
}

/**
 * The median of the slopes between all pairs (Theil and Sen): a third of the points may be far off, as one sample in the
 * midst of a collection is, and it stays where it was. NaN for fewer than two points.
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
