import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { createApiFunction } from '../../lib/api/api-function.ts';
import { documentRoutes } from '../../lib/api/document-routes.ts';
import { operation } from '../../lib/api/operation.ts';
import { bringsMeaning, hasHeader } from '../../lib/api/request/request-header.ts';
import { parseTraceparent } from '../../lib/api/request/trace-context.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { noConsole } from '../support/no-extras.ts';
import { toEvent } from '../support/proxy-event.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';
import { ad } from './requests.ts';

/** What the middlewares measure, log and wait for, and the instants at which an answer changes. */
const local = stageSettings('local');
const sampled = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** A function that takes `ms` and answers with the status, or fails. */
function functionThatTakes(ms: number, outcome: number | 'a bug') {
  const clock = createVirtualClock();
  const telemetry = createRecordingTelemetry();
  const one = operation(documentRoutes.getHealth, async () => {
    await clock.sleep(ms);
    if (outcome === 'a bug') throw new TypeError('secret');
    return { status: outcome as 200, body: '{}' };
  });
  const answer = createApiFunction({ clock, telemetry, settings: local }, [one]);
  const ask = async (headers = {}) => {
    const asked = answer(toEvent({ path: '/health', headers }));
    await clock.advance(ms);
    return (await asked).statusCode;
  };
  return { ask, clock, telemetry };
}

describe('a request is counted by its status, and its time is measured', () => {
  it.each<[number | 'a bug', number, number, number]>([
    [200, 200, 0, 0],
    [399, 399, 0, 0],
    [400, 400, 1, 0],
    [499, 499, 1, 0],
    [500, 500, 0, 1],
    [599, 599, 0, 1],
    ['a bug', 500, 0, 1],
  ])('%s', async (outcome, status, refused, errors) => {
    const { ask, clock, telemetry } = functionThatTakes(12.5, outcome);
    await clock.advance(1000);
    expect(await ask()).toBe(status);
    expect(
      [metrics.requests, metrics.requestsRefused, metrics.requestErrors].map((one) => telemetry.total(one)),
    ).toEqual([1, refused, errors]);
    expect(telemetry.observations(metrics.requestMs)).toEqual([12.5]);
  });

  it('and a sampled one is logged with its time', async () => {
    const { ask, clock, telemetry } = functionThatTakes(12.3456, 200);
    await clock.advance(1000);
    await ask({ traceparent: sampled });
    expect(telemetry.lines).toEqual([
      {
        level: 'info',
        message: 'answered a request',
        fields: {
          trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
          method: 'GET',
          resource: '/health',
          status: 200,
          ms: 12.346,
        },
      },
    ]);
  });

  it('a bug is an error in the log, and names the request', async () => {
    const { ask, telemetry } = functionThatTakes(0, 'a bug');
    await ask();
    expect(telemetry.lines).toMatchObject([
      {
        level: 'error',
        message: 'request crashed',
        fields: { method: 'GET', resource: '/health', error: 'TypeError' },
      },
    ]);
  });

  it('a failure of a port is a warning in the log', async () => {
    const fail = () => Promise.reject(new StateStoreError('state-throttled', 'no room'));
    const world = createHttpWorld();
    const state = { ...world.memoryState, getMany: fail, get: fail, query: fail };
    const failing = createHttpWorld({ state });
    expect((await failing.get('/increment/k')).status).toBe(503);
    expect(failing.telemetry.lines).toMatchObject([
      { level: 'warn', message: 'request failed', fields: { method: 'GET', resource: '/increment/{key}' } },
    ]);
  });

  it('the flags of a trace say whether it is recorded', () => {
    const flags = (text: string) => parseTraceparent(`${sampled.slice(0, -2)}${text}`)?.sampled;
    expect(['00', '01', '02', '03', 'fe', 'ff'].map(flags)).toEqual([false, true, false, true, false, true]);
    expect(parseTraceparent(undefined)).toBeUndefined();
    expect(parseTraceparent(`ff${sampled.slice(2)}`)).toBeUndefined();
    expect(parseTraceparent(`01${sampled.slice(2)}`)).toEqual({
      traceId: sampled.slice(3, 35),
      spanId: sampled.slice(36, 52),
      sampled: true,
    });
  });

  it('a function that Lambda is about to end answers 504', async () => {
    const world = createHttpWorld();
    const telemetry = createRecordingTelemetry();
    const one = operation(documentRoutes.getHealth, () => new Promise<never>(() => undefined));
    const answer = createApiFunction({ clock: world.clock, telemetry, settings: local }, [one]);
    const context = { getRemainingTimeInMillis: () => 20 } as Context;
    const { statusCode, body } = await answer(toEvent({ path: '/health' }), context);
    expect([statusCode, (JSON.parse(body) as { type: string }).type]).toEqual([
      504,
      'urn:adtally:problem:gateway-timeout',
    ]);
    expect(telemetry.lines).toMatchObject([{ level: 'warn', message: 'request failed' }]);
  });
});

describe('the address of a request', () => {
  it('is named without a slash at its end, and with the stage before it', async () => {
    const { functions } = createHttpWorld();
    const create = async (path: string, whole: string) => {
      const event = toEvent({
        method: 'POST',
        path,
        body: ad,
        headers: { 'content-type': 'application/json' },
      });
      const answer = await functions['ingest-ads']({
        ...event,
        requestContext: { ...event.requestContext, path: whole },
      });
      return String(answer.headers?.['Location']).replace(/[0-9a-f-]{36}$/, 'ID');
    };
    expect(await create('/api/v1/ad', '/api/v1/ad')).toBe('/api/v1/ad/ID');
    expect(await create('/api/v1/ad/', '/api/v1/ad/')).toBe('/api/v1/ad/ID');
    expect(await create('/api/v1/ad', '/prod/api/v1/ad')).toBe('/prod/api/v1/ad/ID');
    expect(await create('/api/v1/ad/', '/prod/api/v1/ad/')).toBe('/prod/api/v1/ad/ID');
  });

  it('is the server of the document, with the stage or the base path', async () => {
    const { functions } = createHttpWorld();
    const serverOf = async (path: string, whole: string, domainName?: string) => {
      const event = toEvent({ path });
      const context = {
        ...event.requestContext,
        path: whole,
        ...(domainName !== undefined && { domainName }),
      };
      const { body, headers } = await functions['describe-api']({ ...event, requestContext: context });
      const { servers } = JSON.parse(body) as { servers: { url: string }[] };
      return [servers.map(({ url }) => url), headers?.['ETag']];
    };
    const [[plain], tag] = (await serverOf('/openapi.json', '/openapi.json', 'a.example')) as [
      string[],
      string,
    ];
    const [[staged], stagedTag] = (await serverOf('/openapi.json', '/prod/openapi.json', 'a.example')) as [
      string[],
      string,
    ];
    expect([plain, staged]).toEqual(['https://a.example', 'https://a.example/prod']);
    expect(tag).not.toBe(stagedTag);
    expect((await serverOf('/openapi.json/', '/prod/openapi.json/', 'b.example'))[0]).toEqual([
      'https://b.example/prod',
    ]);
    expect((await serverOf('/openapi.json', '/openapi.json'))[0]).toEqual(['/']);
  });
});

describe('a look at the names of the headers', () => {
  const known = [
    'prefer',
    'if-match',
    'traceparent',
    'if-none-match',
    'accept-encoding',
    'idempotency-key',
    'consistency-token',
  ];
  const spelling = (name: string) =>
    fc
      .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
      .map((upper) =>
        Array.from(name, (letter, i) => (upper[i] === true ? letter.toUpperCase() : letter)).join(''),
      );
  const near = fc
    .constantFrom(...known)
    .chain((name) =>
      fc.constantFrom(name.slice(1), `x${name.slice(1)}`, `${name}s`, `${name.slice(0, -1)}_`),
    );
  const names = fc.uniqueArray(
    fc.oneof(
      fc.constantFrom(...known).chain(spelling),
      near,
      fc.constantFrom('Host', 'authorization', 'X-Real-IP'),
    ),
    { maxLength: 5 },
  );

  it('finds those that are there, in any case, and no others', () => {
    fc.assert(
      fc.property(names, (sent) => {
        const headers = Object.fromEntries(sent.map((name) => [name, 'x']));
        const lower = sent.map((name) => name.toLowerCase());
        for (const event of [
          { headers },
          { headers: null, multiValueHeaders: Object.fromEntries(sent.map((name) => [name, ['x']])) },
        ]) {
          for (const name of [...known, 'host', 'x-real-ip'])
            expect([name, hasHeader(event, name)]).toEqual([name, lower.includes(name)]);
          expect(bringsMeaning(event)).toBe(
            known.some((name) => name !== 'accept-encoding' && lower.includes(name)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('at its instant, and not a millisecond before,', () => {
  it('a page may be kept until the next start or end, in whole seconds, and at most for the stage’s staleness', async () => {
    const settings = { ...local, reader: { ...local.reader, maxStalenessMs: 3500 } };
    for (const [leftMs, maxAge] of [
      [1, 0],
      [999, 0],
      [1000, 1],
      [1001, 1],
      [1999, 1],
      [2000, 2],
      [2999, 2],
      [3000, 3],
      [3001, 3],
      [9000, 3],
    ] as const) {
      const world = createHttpWorld({ settings });
      world.startConsumers();
      const start = new Date(world.clock.nowMs() + 60_000).toISOString();
      await world.post('/api/v1/ad', { ...ad, start_at: start }, { prefer: 'wait=1' });
      await world.clock.advance(Date.parse(start) - leftMs - world.clock.nowMs());
      const { headers, json } = await world.get('/api/v1/ad');
      expect([leftMs, headers['Cache-Control']]).toEqual([
        leftMs,
        `public, max-age=${maxAge}, must-revalidate, stale-if-error=0`,
      ]);
      expect(json).toMatchObject({ total: 0 });
    }
  });

  it('an ad begins and ends, and the tag of a page changes with it', async () => {
    const world = createHttpWorld();
    world.startConsumers();
    const nowMs = world.clock.nowMs();
    const [startMs, endMs] = [nowMs + 10_000, nowMs + 20_000];
    const window = { start_at: new Date(startMs).toISOString(), end_at: new Date(endMs).toISOString() };
    const created = await world.post('/api/v1/ad', { ...ad, ...window }, { prefer: 'wait=1' });
    const path = created.headers['Location'] ?? '';
    const seen: unknown[] = [];
    const tags: (string | undefined)[] = [];
    for (const atMs of [startMs - 1, startMs, startMs + 1, endMs - 1, endMs, endMs + 1]) {
      await world.clock.advance(atMs - world.clock.nowMs());
      const page = await world.get('/api/v1/ad');
      tags.push(page.headers['ETag']);
      seen.push([
        atMs - nowMs,
        (page.json as { total: number }).total,
        (await world.get(path)).status,
        ((await world.get('/api/v1/ads')).json as { ads: unknown[] }).ads.length,
      ]);
    }
    expect(seen).toEqual([
      [9_999, 0, 200, 1],
      [10_000, 1, 200, 1],
      [10_001, 1, 200, 1],
      [19_999, 1, 200, 1],
      [20_000, 0, 404, 0],
      [20_001, 0, 404, 0],
    ]);
    const [before, begun, same, still, ended, after] = tags;
    expect([begun === same, same === still, ended === after]).toEqual([true, true, true]);
    expect(new Set([before, begun, ended]).size).toBe(3);
  });

  it('a stage whose reads need a token lets no shared cache keep a page', async () => {
    const world = createHttpWorld({ settings: { ...local, http: { ...local.http, publicReads: false } } });
    expect((await world.get('/api/v1/ad')).headers['Cache-Control']).toBe('private, max-age=0');
  });

  it('a change is waited for as long as the caller asks, and five seconds with a precondition', async () => {
    for (const [headers, waitedMs] of [
      [{ prefer: 'wait=1' }, 1000],
      [{ prefer: 'wait=3' }, 3000],
      [{ prefer: 'wait=99' }, 10_000],
      [{ 'if-match': '"1"' }, 5000],
      [{ 'if-none-match': '"9"' }, 5000],
      [{ 'if-match': '"1"', prefer: 'wait=2' }, 2000],
      [{}, 0],
    ] as const) {
      const world = createHttpWorld();
      // Without the consumer nothing is applied.
      const path = `/api/v1/ad/${await seeded(world)}`;
      const before = world.clock.nowMs();
      const { status } = await world.patch(path, { title: 'Coffee time' }, headers);
      expect([headers, status]).toEqual([headers, 202]);
      const waited = world.clock.nowMs() - before;
      expect(waited).toBeGreaterThanOrEqual(waitedMs);
      expect(waited).toBeLessThan(waitedMs + (waitedMs === 0 ? 1 : 500));
    }
  });

  it('a series begins as many buckets before its end as it has by default, and has 1500 at most', async () => {
    const world = createHttpWorld();
    world.startConsumers();
    await world.post('/increment?mode=sync', { key: 'k', value: 7 });
    const nowMs = world.clock.nowMs();
    const at = (ms: number): string => new Date(ms).toISOString();
    const ask = async (query: string) =>
      (await world.get(`/api/v1/counters/k/series?${query}`)).json as {
        from: string;
        to: string;
        points: { value: number }[];
      };
    // The worlds begin at 23:00 of 20 November: a bucket begins at this instant, so it is one of the last 60.
    expect(nowMs).toBe(Date.parse('2026-11-20T23:00:00Z'));
    const kept = await ask('bucket=minute');
    expect([kept.to, kept.points.at(-1)?.value, kept.points.length <= 61]).toEqual([
      '2026-11-20T23:01:00.000Z',
      7,
      true,
    ]);
    for (const [to, value] of [
      [nowMs - 1, undefined],
      [nowMs, undefined],
      [nowMs + 1, 7],
      [nowMs + 60_000, 7],
    ] as const) {
      const { points } = await ask(`bucket=minute&from=${at(nowMs - 120_000)}&to=${at(to)}`);
      expect([to - nowMs, points.at(-1)?.value === 7]).toEqual([to - nowMs, value === 7]);
    }
    const hour = (query: string) => world.get(`/api/v1/counters/k/series?bucket=hour&${query}`);
    const hourMs = 3_600_000;
    for (const [fromMs, toMs, status] of [
      [nowMs - 1500 * hourMs, nowMs, 200],
      [nowMs - 1500 * hourMs - 1, nowMs, 400],
      [nowMs - 1500 * hourMs, nowMs + 1, 400],
      [nowMs, nowMs, 400],
      [nowMs, nowMs + 1, 200],
      [nowMs + 1, nowMs, 400],
    ] as const)
      expect([
        fromMs - nowMs,
        toMs - nowMs,
        (await hour(`from=${at(fromMs)}&to=${at(toMs)}`)).status,
      ]).toEqual([fromMs - nowMs, toMs - nowMs, status]);
  });

  it('the API is not ready: its facts take a second', async () => {
    for (const [ms, ready] of [
      [999, true],
      [1000, false],
      [1001, false],
    ] as const) {
      const clock = createVirtualClock();
      const facts = async (): Promise<Record<string, unknown>> => {
        await clock.sleep(ms);
        return { ok: 1 };
      };
      // The time is that since the function began, not since the machine did.
      await clock.advance(10_000);
      const answer = createDescribeApi({
        clock,
        telemetry: createRecordingTelemetry(),
        settings: local,
        facts,
        consolePage: noConsole,
      });
      await clock.advance(59_999);
      const asked = answer(toEvent({ path: '/health' }));
      await clock.advance(1500);
      const { body, headers } = await asked;
      expect([ms, JSON.parse(body)]).toEqual([
        ms,
        {
          audit: null,
          canary: null,
          status: 'ok',
          stage: 'local',
          version: '0.1.0',
          uptime_seconds: expect.any(Number) as unknown,
          ready,
          ...(ready && { facts: { ok: 1 } }),
        },
      ]);
      expect([
        (JSON.parse(body) as { uptime_seconds: number }).uptime_seconds,
        headers?.['Cache-Control'],
      ]).toEqual([60, 'no-store']);
      expect(clock.sleeping).toBe(0);
    }
  });
});

/** An ad that a consumer has applied; nothing consumes afterwards. Its id. */
async function seeded(world: ReturnType<typeof createHttpWorld>): Promise<string> {
  // Its own ids: both worlds would draw the same ones.
  const ids = {
    uuidv7: () => '01900000-0000-7000-8000-00000000000a',
    nonce: () => 'f'.repeat(32),
    random: () => 0,
  };
  const other = createHttpWorld({ state: world.memoryState, clock: world.clock, ids });
  other.startConsumers();
  const { json } = await other.post('/api/v1/ad', ad, { prefer: 'wait=1' });
  return (json as { id: string }).id;
}
