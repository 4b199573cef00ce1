import { readSeries, type SeriesRange } from '../../lib/app/counters/series-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { assert } from '../../lib/core/assert.ts';
import { mapConcurrently } from '../../lib/core/concurrently.ts';
import { seriesFacts } from '../../lib/core/counters/series.ts';
import { formatInstant } from '../../lib/core/instant.ts';

/**
 * Reads of series under way at a time. Each is a range of one partition, so 50 keys take about as long as
 * five reads one after the other, and cost what 50 single reads cost.
 */
const concurrentReadsMax = 10;

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
