import { expect } from '@jest/globals';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { createTrackAds } from '../../functions/track-ads/track-ads.ts';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { createIngestAds } from '../../functions/ingest-ads/ingest-ads.ts';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { createOperateQuarantine } from '../../functions/operate-quarantine/operate-quarantine.ts';
import { createQueryAds } from '../../functions/query-ads/query-ads.ts';
import { createReadCounters } from '../../functions/read-counters/read-counters.ts';
import { createReadStats } from '../../functions/read-stats/read-stats.ts';
import type { MemoryEventLog } from './memory/memory-event-log.ts';
import { createLastAudit } from '../../lib/app/audit/audit-result.ts';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import { problemSchema } from '../../lib/api/answer/problem-schema.ts';
import { problemsOf } from '../../lib/api/document/openapi.ts';
import { problemKind, problemMediaType } from '../../lib/api/answer/problems.ts';
import { requestIdHeader, responseHeaders, traceHeader } from '../../lib/api/headers.ts';
import type { RouteAnswer } from '../../lib/api/route.ts';
import { findRoute, type FunctionName, type Route } from '../../lib/api/routes.ts';
import { createAdProjector } from '../../lib/app/ads/ad-projector.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { withUsage } from '../../lib/app/usage/with-usage.ts';
import type { RecordBatch } from '../../lib/app/record-batch.ts';
import { noConsole, noStats } from './no-extras.ts';
import { createAdWorld } from './ad-world.ts';
import { toEvent, type Request } from './proxy-event.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body parsed, undefined when there is none. */
  readonly json: unknown;
}

export type HttpWorld = ReturnType<typeof createHttpWorld>;

const recordsMax = 10_000;

/**
 * All HTTP functions over memory, behind a gateway that routes and shapes events as API Gateway does. `usage`:
 * they write the usage of their callers, as in a deployed stage.
 */
export function createHttpWorld(overrides: Partial<Ports> = {}, { usage = false } = {}) {
  const world = createAdWorld(overrides);
  const { ports } = world;
  const made = <Deps extends { readonly usage?: UsageRecorder }>(
    create: (deps: Deps & Ports) => ApiFunction,
    deps: Deps & Ports,
  ): ApiFunction => (usage ? withUsage(create)(deps) : create(deps));
  const functions: Readonly<Record<FunctionName, ApiFunction>> = {
    'ingest-ads': made(createIngestAds, ports),
    'ingest-increments': made(createIngestIncrements, ports),
    'query-ads': made(createQueryAds, ports),
    'read-counters': made(createReadCounters, ports),
    'describe-api': createDescribeApi({
      ...ports,
      consolePage: noConsole,
      lastAudit: createLastAudit(ports),
    }),
    'operate-quarantine': createOperateQuarantine(ports),
    'read-stats': createReadStats({ ...ports, stats: noStats }),
    'decide-ads': made(createDecideAds, ports),
    'track-ads': createTrackAds(ports),
  };
  const logs = [world.adEvents, ports.increments as MemoryEventLog];

  /** Sends a request and checks the answer against the route table. */
  async function send(request: Request): Promise<Reply> {
    const event = toEvent(request);
    const route = findRoute(event.httpMethod, event.resource);
    const result = await functions[route?.functionName ?? 'describe-api'](event);
    const headers = result.headers as Record<string, string>;
    const text =
      result.isBase64Encoded === true ? Buffer.from(result.body, 'base64').toString('latin1') : result.body;
    const isJson =
      /[/+]json/.test(headers['Content-Type'] ?? '') &&
      text !== '' &&
      headers['Content-Encoding'] === undefined;
    const json: unknown = isJson ? JSON.parse(text) : undefined;
    const reply = { status: result.statusCode, headers, text, json };
    expectMatchesRoute(reply, route, event.httpMethod);
    return reply;
  }

  return {
    ...world,
    send,
    get: (path: string, headers: Request['headers'] = {}) => send({ path, headers }),
    post: (path: string, body: unknown, headers: Request['headers'] = {}) =>
      send({ method: 'POST', path, body, headers: { 'content-type': 'application/json', ...headers } }),
    patch: (path: string, body: unknown, headers: Request['headers'] = {}) =>
      send({ method: 'PATCH', path, body, headers: { 'content-type': 'application/json', ...headers } }),
    delete: (path: string, headers: Request['headers'] = {}) => send({ method: 'DELETE', path, headers }),
    functions,
    /** Records in both logs. */
    logged: async () => {
      const counts = await Promise.all(logs.map(countRecords));
      return counts.reduce((a, b) => a + b, 0);
    },
    /** From now on the logs' consumers run as soon as something is appended. */
    startConsumers: () => {
      startConsumer(world.adEvents, (batch) => createAdProjector(ports).project(batch));
      startConsumer(ports.increments as MemoryEventLog, (batch) => createAggregator(ports).aggregate(batch));
    },
  };
}

async function countRecords(log: MemoryEventLog): Promise<number> {
  const limits = { recordsMax, bytesMax: Infinity };
  const shards = await log.shards();
  const records = await Promise.all(shards.map(({ shardId }) => log.read(shardId, undefined, limits)));
  return records.flat().length;
}

/** One batch after another, all of a shard's records behind the last settled one. */
function startConsumer(log: MemoryEventLog, consume: (batch: RecordBatch) => Promise<unknown>): void {
  const settled = new Map<string, string>();
  let last = Promise.resolve();
  log.onAppend((shardId) => {
    last = last.then(async () => {
      const records = await log.read(shardId, settled.get(shardId), { recordsMax, bytesMax: Infinity });
      const newest = records.at(-1);
      if (newest === undefined) return;
      await consume({ stream: log.stream, epoch: log.epoch, shardId, records });
      settled.set(shardId, newest.sequenceNumber);
    });
  });
}

/** Every answer is one the route table lists, with the body and headers it lists. */
export function expectMatchesRoute(reply: Reply, route: Route | undefined, method: string): void {
  const { status, headers, text } = reply;
  expect(headers['X-Content-Type-Options']).toBe('nosniff');
  if (status >= 400) {
    expect(headers['Content-Type']).toBe(problemMediaType);
    expect(problemSchema.parse(reply.json)).toMatchObject({ status });
    if (route !== undefined) {
      const types = problemsOf(route).map(
        (name) => `${problemKind(name).status} urn:adtally:problem:${name}`,
      );
      expect(types).toContain(`${status} ${(reply.json as { type: string }).type}`);
    }
    return;
  }
  if (route === undefined) {
    expect(method).toBe('OPTIONS');
    return;
  }
  const isRead = method === 'GET' || method === 'HEAD';
  // Any read may find that its sender has the answer already.
  const answer: RouteAnswer | undefined =
    status === 304 && isRead ? unchanged(route.answers[200]) : route.answers[status];
  if (answer === undefined) throw new Error(`${route.operationId} does not list ${status}`);
  for (const name of Object.keys(headers)) {
    if (name in responseHeaders && !['Cache-Control', traceHeader, requestIdHeader].includes(name))
      expect(answer.headers).toContain(name);
  }
  if (status === 304 || (answer.body === undefined && answer.mediaType === undefined)) expect(text).toBe('');
  else if (reply.json !== undefined) answer.body?.parse(reply.json);
}

function unchanged(answer: RouteAnswer | undefined): RouteAnswer | undefined {
  return answer && { description: 'Unchanged.', headers: answer.headers };
}
