import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyResult,
  Context,
  KinesisStreamBatchResponse,
} from 'aws-lambda';
import { describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import { eventSource, toKinesisEvent } from '../../lib/embedded/delivery/kinesis-event.ts';
import type { LogReader, LogRecord } from '../../lib/ports/log-reader.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { functionNames, stageSettings, type FunctionName } from '../../lib/stages.ts';
import { factories, type Handler } from '../simulation/containers.ts';
import { createAdWorld } from '../support/ad-world.ts';
import { createWaitingCalls } from '../support/failing-calls.ts';
import { newAdBody } from '../support/new-ad-body.ts';
import { Prng } from '../support/prng.ts';
import { toEvent, type Request } from '../support/proxy-event.ts';

/**
 * Every function in one container that works on many invocations at a time, as on Lambda's managed instances, or when
 * an invocation outlives its time-out. A seed draws how they interleave: each call of a port waits its turn. Goal: no
 * answer, total or version shows that others ran beside it. Not a goal: faults, which the simulator draws (a third of
 * its seeds have such containers too).
 */

/** A call of a port lets others go first for up to so many turns. */
const turnsMax = 6;

const json = { 'content-type': 'application/json' };
const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
const hourMs = 3_600_000;

function overlap(seed: number) {
  const prng = new Prng(seed);
  // In prod usage is counted and limits are exact: leases are part of what overlaps.
  const settings = { ...stageSettings('prod'), http: stageSettings('local').http };
  const world = createAdWorld({ settings });
  const wait = async (): Promise<void> => {
    for (let turns = prng.int(0, turnsMax); turns > 0; turns -= 1)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const { state, adEvents, increments, schedule, quarantine } = world.ports;
  const slow = createWaitingCalls({ state, adEvents, increments, schedule, quarantine }, wait);
  const ports: Ports = { ...world.ports, ...slow.ports };
  const handlers = Object.fromEntries(
    functionNames.map((name) => [name, factories[name](ports) as Handler]),
  ) as Record<FunctionName, Handler>;
  const invoke = <T>(name: FunctionName, event: unknown): Promise<T> =>
    handlers[name](event as never, context) as Promise<T>;
  const call = async (name: FunctionName, request: Request) => {
    const { statusCode, body, headers } = await invoke<APIGatewayProxyResult>(name, toEvent(request));
    return { status: statusCode, json: (body === '' ? undefined : JSON.parse(body)) as unknown, headers };
  };
  const recordsOf = async (stream: StreamName): Promise<LogRecord[]> => {
    const log = (stream === 'ad-events' ? adEvents : increments) as unknown as LogReader;
    return [
      ...(await log.read('shardId-000000000000', undefined, { recordsMax: 10_000, bytesMax: Infinity })),
    ];
  };
  /** The records of a stream in batches that overlap, all at once, until nothing is unsettled. */
  const deliver = async (name: FunctionName, stream: StreamName, copies: number): Promise<void> => {
    const source = eventSource(
      `arn:aws:kinesis:eu-west-1:000000000000:stream/adtally-prod-${stream}.1`,
      'shardId-000000000000',
      'c',
    );
    const records = await recordsOf(stream);
    for (let deliveries = 0; ; deliveries += 1) {
      expect(deliveries).toBeLessThan(20);
      const answers = await Promise.allSettled(
        Array.from({ length: copies }, () =>
          invoke<KinesisStreamBatchResponse>(
            name,
            toKinesisEvent(source, records, 0, prng.int(1, records.length)),
          ),
        ),
      );
      const last = await invoke<KinesisStreamBatchResponse>(name, toKinesisEvent(source, records));
      const settled = answers.every(({ status }) => status === 'fulfilled');
      if (settled && last.batchItemFailures.length === 0) return;
    }
  };
  return { ...world, ports, prng, invoke, call, deliver, recordsOf };
}

const seeds = Array.from({ length: 6 }, (_, index) => index + 1);

describe.each(seeds)('many invocations at a time in one container (seed %i)', (seed) => {
  it('count each increment once, for whom and whatever runs beside it', async () => {
    const { call, deliver, ports } = overlap(seed);
    const principals = ['ann', 'bob', 'cyd'];
    const sent = Array.from({ length: 90 }, (_, index) => ({
      key: `k${index % 5}`,
      value: index + 1,
      principal: principals[index % 3]!,
      // Every third one has an idempotency key, and comes twice.
      times: index % 3 === 0 ? 2 : 1,
    }));
    const answers = await Promise.all(
      sent.flatMap(({ key, value, principal, times }) =>
        Array.from({ length: times }, () =>
          call('ingest-increments', {
            ...{ method: 'POST', path: '/increment', principal, body: { key, value } },
            headers: times === 2 ? { ...json, 'idempotency-key': `i${value}` } : json,
          }),
        ),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await deliver('aggregate-increments', 'increments', 4);
    const totals = new Map<string, number>();
    for (const { key, value } of sent) totals.set(key, (totals.get(key) ?? 0) + value);
    const reads = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        call('read-counters', { path: `/increment/k${index % 5}`, principal: principals[index % 3]! }),
      ),
    );
    reads.forEach(({ status, json: body }, index) => {
      const key = `k${index % 5}`;
      expect([status, body]).toEqual([200, { [key]: totals.get(key) }]);
    });
    const sync = await Promise.all(
      Array.from({ length: 20 }, () =>
        call('ingest-increments', {
          ...{ method: 'POST', path: '/increment?mode=sync', principal: 'ann', headers: json },
          body: { key: 's', value: 1 },
        }),
      ),
    );
    // The total after its own write, or after later ones too.
    const seen = sync.map(({ json: body }) => (body as { s: number }).s);
    expect([Math.min(...seen) >= 1, Math.max(...seen)]).toEqual([true, 20]);
    const { json: total } = await call('read-counters', { path: '/increment/s', principal: 'ann' });
    expect(total).toEqual({ s: 20 });
    expect(ports.settings.tokens.exactLimit).toBe(true);
  });

  it('let exactly the quota of a token through, whatever runs beside it', async () => {
    const { call } = overlap(seed);
    const post = (principal: string, key: string) =>
      call('ingest-increments', {
        ...{ method: 'POST', path: '/increment', principal, headers: json },
        body: { key, value: 1 },
      });
    // 1,000 calls in a window of 5 s, whose clock stands still. From the second wave on leases are larger than a call.
    const allowed = { ann: 0, bob: 0 };
    for (let wave = 0; wave < 11; wave += 1) {
      const callers = (['ann', 'bob'] as const).flatMap((name) =>
        Array<typeof name>(name === 'ann' ? 100 : 5).fill(name),
      );
      await Promise.all(
        callers.map(async (name) => {
          if ((await post(name, 'k')).status === 202) allowed[name] += 1;
        }),
      );
    }
    expect(allowed).toEqual({ ann: 1000, bob: 55 });
  });

  it('give each change of an ad its version, each question its own ads, and end each ad once', async () => {
    const { call, deliver, invoke, clock, recordsOf } = overlap(seed);
    const ads = Array.from({ length: 24 }, (_, index) => ({
      title: `ad number ${index}`,
      country: [['TW', 'JP', 'FR'][index % 3]],
    }));
    const times = newAdBody(clock.nowMs());
    const created = await Promise.all(
      ads.map((ad) =>
        call('ingest-ads', {
          ...{ method: 'POST', path: '/api/v1/ad', principal: 'ann', headers: json },
          body: { ...times, ...ad },
        }),
      ),
    );
    const ids = created.map(({ json: body }) => (body as { id: string }).id);
    expect(created.every(({ status }) => status === 202)).toBe(true);
    expect(new Set(ids).size).toBe(24);
    await deliver('project-ads', 'ad-events', 3);
    const countries = ['TW', 'JP', 'FR', 'DE'];
    const found = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const country = countries[index % 4]!;
        const { status, json: body } = await call('query-ads', {
          path: `/api/v1/ad?country=${country}&limit=100`,
        });
        const page = body as { ads: { title: string }[]; total: number };
        return { status, total: page.total, titles: page.ads.map(({ title }) => title).sort() };
      }),
    );
    found.forEach((answer, index) => {
      const country = countries[index % 4]!;
      const titles = ads
        .filter((ad) => ad.country.includes(country))
        .map(({ title }) => title)
        .sort();
      expect([country, answer]).toEqual([country, { status: 200, total: titles.length, titles }]);
    });
    const each = await Promise.all(ids.map((id) => call('query-ads', { path: `/api/v1/ad/${id}` })));
    expect(each.map(({ json: body }) => (body as { title: string }).title)).toEqual(
      ads.map(({ title }) => title),
    );
    const versions = each
      .map(({ json: body }) => (body as { version: number }).version)
      .sort((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));

    await clock.advance(2 * hourMs);
    const endAtMs = Date.parse(String(times['end_at']));
    await Promise.all([
      ...ids.map((adId) => invoke('expire-ad', { adId, endAtMs })),
      ...Array.from({ length: 3 }, () => invoke('sweep-ads', {})),
    ]);
    await deliver('project-ads', 'ad-events', 3);
    // Schedule and sweep may both log an end; it takes effect once.
    expect((await recordsOf('ad-events')).length).toBeGreaterThanOrEqual(48);
    const left = await Promise.all(
      Array.from({ length: 10 }, () => call('query-ads', { path: '/api/v1/ad' })),
    );
    for (const { json: body, headers } of left)
      expect([body, headers?.['Catalog-Version']]).toEqual([{ ads: [], total: 0 }, '48']);
  });

  it('name each caller by its own token', async () => {
    const { ports, invoke } = overlap(seed);
    const tokens = createTokenStore({ ...ports, usageKeys: noUsageKeys });
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, index) => tokens.create({ name: `t${index}`, scopes: ['ads:read'] })),
    );
    const methodArn = 'arn:aws:execute-api:eu-west-1:000000000000:abc/v1/GET/api/v1/ad';
    const asked = Array.from({ length: 64 }, (_, index) => ({ owner: index % 8, isGuess: index % 5 === 4 }));
    const answers = await Promise.all(
      asked.map(({ owner, isGuess }) => {
        const { text } = made[owner]!;
        const guess = text.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
        const event = { type: 'TOKEN', methodArn, authorizationToken: `Bearer ${isGuess ? guess : text}` };
        return invoke<APIGatewayAuthorizerResult>('authorize-request', event).then(
          ({ principalId }) => made.findIndex(({ record }) => record.principal === principalId),
          String,
        );
      }),
    );
    expect(answers).toEqual(asked.map(({ owner, isGuess }) => (isGuess ? 'Error: Unauthorized' : owner)));
  });

  it('tell operators the same, whatever runs beside it', async () => {
    const { call, invoke, ports, deliver } = overlap(seed);
    await ports.increments.append([{ partitionKey: 'bad', data: new TextEncoder().encode('not JSON') }]);
    await deliver('aggregate-increments', 'increments', 4);
    const operator = { principal: 'ann' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => [
        (await call('operate-quarantine', { path: '/api/v1/quarantine', ...operator })).json,
        (await call('read-stats', { path: '/api/v1/stats', ...operator })).status,
        (await call('describe-api', { path: '/openapi.json' })).status,
      ]),
    );
    for (const [quarantine, stats, document] of answers)
      expect([(quarantine as { records: unknown[] }).records.length, stats, document]).toEqual([1, 503, 200]);
    // One at a time sends; the others end. The simulator has no schedule for the last two.
    const canaries = await Promise.allSettled(Array.from({ length: 3 }, () => invoke('run-canary', {})));
    expect(canaries.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const name of ['audit-counters', 'warm-release'] as const) {
      const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => invoke(name, {})));
      expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
    }
  });
});
