import {
  answeredBuckets,
  bucketsPerAnswerMax,
  pointsPerAnswerMax,
  type SeriesRange,
} from '../../app/counters/series-reader.ts';
import type { Ports } from '../../app/ports.ts';
import { seriesFacts, type SeriesLevel } from '../../core/counters/series.ts';
import { invalidRequest, type Problem } from './answer.ts';
import type { FieldError } from './problems.ts';

/** The default number of buckets. */
const bucketsDefault: Readonly<Record<SeriesLevel, number>> = { minute: 60, hour: 48, day: 31 };

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
