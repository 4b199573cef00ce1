import { invalidRequest, type Problem } from '../../lib/api/answer/answer.ts';
import type { FieldError } from '../../lib/api/answer/problems.ts';
import {
  answeredBuckets,
  bucketsPerAnswerMax,
  pointsPerAnswerMax,
  readSeries,
  type SeriesRange,
} from '../../lib/app/counters/series-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { assert } from '../../lib/core/assert.ts';
import { mapConcurrently } from '../../lib/core/concurrently.ts';
import { seriesFacts, type SeriesLevel } from '../../lib/core/counters/series.ts';
import { formatInstant } from '../../lib/core/instant.ts';

/** The default number of buckets. */
const bucketsDefault: Readonly<Record<SeriesLevel, number>> = { minute: 60, hour: 48, day: 31 };

/**
 * Reads of series under way at a time. Each is a range of one partition, so 50 keys take about as long as
 * five reads one after the other, and cost what 50 single reads cost.
 */
const concurrentReadsMax = 10;

/** Reads the range of a request for `keys` counters, or reports what this stage cannot answer. */
export function seriesRange(
  query: {
    readonly bucket: SeriesLevel;
    readonly from?: number | undefined;
    readonly to?: number | undefined;
  },
  keys: number,
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
): SeriesRange | Problem<'invalid-request'> {
  const { bucket, to: toMs = clock.nowMs() + 1 } = query;
  const { bucketMs } = seriesFacts[bucket];
  const fromMs = query.from ?? Math.max(0, toMs - bucketsDefault[bucket] * bucketMs);
  const faults: FieldError[] = [];
  const kept = answeredBuckets(settings);
  if (!kept.includes(bucket)) {
    const message = kept.length === 0 ? 'this stage keeps no series' : `must be ${kept.join(' or ')}`;
    faults.push({ path: 'bucket', message });
  }
  const bucketsMax = Math.min(bucketsPerAnswerMax, Math.floor(pointsPerAnswerMax / keys));
  if (fromMs >= toMs) faults.push({ path: 'from', message: 'must be before `to`' });
  else if (Math.ceil(toMs / bucketMs) - Math.floor(fromMs / bucketMs) > bucketsMax) {
    const ofKeys = bucketsMax < bucketsPerAnswerMax ? ` with ${keys} keys` : '';
    faults.push({ path: 'from', message: `must be at most ${bucketsMax} buckets before \`to\`${ofKeys}` });
  }
  return faults.length > 0 ? invalidRequest(faults) : { bucket, fromMs, toMs };
}

export async function seriesJson(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  key: string,
  range: SeriesRange,
): Promise<string> {
  const { bucket, toMs } = range;
  const result = await readSeries(deps, key, range);
  assert(result.status === 'ok', 'the level has been checked');
  const { bucketMs } = seriesFacts[bucket];
  const points = result.points.map(({ atMs, value }) => `{"at":"${formatInstant(atMs)}","value":${value}}`);
  const endMs = Math.ceil(toMs / bucketMs) * bucketMs;
  const from = formatInstant(result.points[0]?.atMs ?? endMs);
  const facts = `"bucket":"${bucket}","from":"${from}","to":"${formatInstant(endMs)}"`;
  return `{"key":${JSON.stringify(key)},${facts},"points":[${points.join(',')}]}`;
}

/** In the order of the keys. */
export async function manySeriesJson(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  keys: readonly string[],
  range: SeriesRange,
): Promise<string> {
  const all = await mapConcurrently(keys, concurrentReadsMax, (key) => seriesJson(deps, key, range));
  return `{"series":[${all.join(',')}]}`;
}
