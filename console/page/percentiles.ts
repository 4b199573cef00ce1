import type { Stats } from './api.ts';
import { duration, plural } from './format.ts';

type Freshness = Stats['freshness'];

export interface Percentile {
  readonly name: string;
  readonly text: string;
}

/** A percentile of fewer values is a guess: the 99th of three is just the highest. */
const valuesMin = { p50: 2, p90: 10, p99: 100 } as const;

/**
 * The percentiles that have enough values, and a dash for others; instead of p99 the bucket of the slowest
 * value.
 */
export function percentiles(freshness: Freshness): readonly [Percentile, Percentile, Percentile] {
  const { p50_ms: p50, p90_ms: p90, p99_ms: p99 } = freshness;
  const one = (name: keyof typeof valuesMin, ms: number | null): Percentile => ({
    name,
    text: enough(freshness, name) ? duration(ms) : '–',
  });
  const high = enough(freshness, 'p99') ? one('p99', p99) : { name: 'slowest', text: slowest(freshness) };
  return [one('p50', p50), one('p90', p90), high];
}

/** The basis of the percentiles: 3 increments, too few for p90 and p99. */
export function worth(freshness: Freshness, source: Stats['source']): string {
  // CloudWatch has a value for each counter and batch.
  const values = plural(freshness.count, source === 'process' ? 'increment' : 'sample');
  const names = (['p50', 'p90', 'p99'] as const).filter((name) => !enough(freshness, name));
  if (freshness.count === 0 || names.length === 0) return values;
  const missing = names.length === 3 ? 'percentiles' : names.join(' and ');
  return `${values}, too few for ${missing}`;
}

function enough({ count }: Freshness, name: keyof typeof valuesMin): boolean {
  return count >= valuesMin[name];
}

function slowest({ buckets }: Freshness): string {
  const last = buckets.findLastIndex(({ count }) => count > 0);
  return last === -1 ? '–' : bound(buckets, last);
}

/** ≤ 32 ms; for the last bucket > 16 s. */
export function bound(buckets: Freshness['buckets'], index: number): string {
  const upTo = buckets[index]?.up_to_ms ?? null;
  return upTo === null ? `> ${duration(buckets[index - 1]?.up_to_ms ?? null)}` : `≤ ${duration(upTo)}`;
}
