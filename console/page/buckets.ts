import { ProblemError } from '../../client/index.ts';
import type { CounterSeries } from './api.ts';

export type Bucket = CounterSeries['bucket'];

const bucketMs: Readonly<Record<Bucket, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
/** An hour of minutes, two days of hours, two months of days. */
const bucketsShown: Readonly<Record<Bucket, number>> = { minute: 60, hour: 48, day: 60 };

/** The range that a chart shows: so many buckets, and the last one is of now. */
export function rangeShown(bucket: Bucket): { readonly from: string; readonly to: string } {
  const step = bucketMs[bucket];
  const toMs = (Math.floor(Date.now() / step) + 1) * step;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return { from: iso(toMs - bucketsShown[bucket] * step), to: iso(toMs) };
}

/** The stage keeps only some buckets, and not this one. */
export function isNotKept(error: unknown): boolean {
  return error instanceof ProblemError && error.errors.some(({ path }) => path === 'bucket');
}

/** Selects another bucket than one that is not kept. Says whether there is another one to try. */
export function leaveOut(select: HTMLSelectElement, bucket: Bucket): boolean {
  for (const option of select.options) if (option.value === bucket) option.disabled = true;
  const other = [...select.options].find((option) => !option.disabled);
  if (other === undefined) return false;
  select.value = other.value;
  return true;
}
