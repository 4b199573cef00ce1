import type { APIGatewayProxyEvent } from 'aws-lambda';
import { faultsAnswer, jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { counterPath, seriesQuery } from '../../lib/api/request/query-schemas.ts';
import { readRead } from '../../lib/api/request/read-request.ts';
import {
  answeredBuckets,
  bucketsPerAnswerMax,
  readSeries,
  type SeriesRange,
} from '../../lib/app/counters/series-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { assert } from '../../lib/core/assert.ts';
import type { ConsistencyToken } from '../../lib/core/consistency-token.ts';
import { seriesFacts, type SeriesLevel } from '../../lib/core/counters/series.ts';
import { formatInstant } from '../../lib/core/instant.ts';

export const neverStored = { 'Cache-Control': 'no-store' };

/** Buckets before the end, where the request does not say. */
const bucketsDefault: Readonly<Record<SeriesLevel, number>> = { minute: 60, hour: 48, day: 31 };

interface SeriesRequest extends SeriesRange {
  readonly ok: true;
  readonly key: string;
  readonly tokens: readonly ConsistencyToken[];
}

export function readSeriesRequest(
  event: APIGatewayProxyEvent,
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
): SeriesRequest | { readonly ok: false; readonly answer: Answer } {
  const request = readRead(event, { pathParameters: counterPath, query: seriesQuery }, settings.stage);
  if (!request.ok) return request;
  const { bucket, to: toMs = clock.nowMs() + 1 } = request.query;
  const { bucketMs } = seriesFacts[bucket];
  const fromMs = request.query.from ?? Math.max(0, toMs - bucketsDefault[bucket] * bucketMs);
  const errors = new FieldErrors();
  const kept = answeredBuckets(settings);
  if (!kept.includes(bucket)) {
    errors.add('bucket', kept.length === 0 ? 'this stage keeps no series' : `must be ${kept.join(' or ')}`);
  }
  if (fromMs >= toMs) errors.add('from', 'must be before `to`');
  else if (Math.ceil(toMs / bucketMs) - Math.floor(fromMs / bucketMs) > bucketsPerAnswerMax) {
    errors.add('from', `must be at most ${bucketsPerAnswerMax} buckets before \`to\``);
  }
  if (errors.count > 0) return { ok: false, answer: faultsAnswer(errors) };
  return { ok: true, key: request.path.key, tokens: request.tokens, bucket, fromMs, toMs };
}

export async function answerSeries(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  request: SeriesRequest,
): Promise<Answer> {
  const { key, bucket, toMs } = request;
  const result = await readSeries(deps, key, request);
  assert(result.status === 'ok', 'the level has been checked');
  const { bucketMs } = seriesFacts[bucket];
  const points = result.points.map(({ atMs, value }) => `{"at":"${formatInstant(atMs)}","value":${value}}`);
  const endMs = Math.ceil(toMs / bucketMs) * bucketMs;
  const from = formatInstant(result.points[0]?.atMs ?? endMs);
  const facts = `"bucket":"${bucket}","from":"${from}","to":"${formatInstant(endMs)}"`;
  return jsonAnswer(
    200,
    `{"key":${JSON.stringify(key)},${facts},"points":[${points.join(',')}]}`,
    neverStored,
  );
}
