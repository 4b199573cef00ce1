import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { HttpConnection, type HttpAnswer, type HttpCall } from '../support/http-connection.ts';
import { startRuntime, type Runtime, type RuntimeOptions } from '../../lib/embedded/runtime.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { stageSettings } from '../../lib/stages.ts';
import { emptyBook } from '../../lib/app/audit/audit-book.ts';
import { compareWithLog } from '../../lib/app/audit/audit.ts';
import { createTokenStore, type NewToken } from '../../lib/app/tokens/token-store.ts';
import type { Scope } from '../../lib/core/scopes.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { openDataFolder } from '../support/open-data-folder.ts';
import { nullTelemetry } from '../support/recording-telemetry.ts';

let folder: string;
let runtime: Runtime;
let connection: HttpConnection;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-runtime-'));
});

afterEach(async () => {
  connection.close();
  await runtime.stop();
  await rm(folder, { recursive: true });
});

const options = (more: Partial<RuntimeOptions> = {}): RuntimeOptions => ({
  folder,
  settings: stageSettings('local'),
  log: nullTelemetry,
  ...more,
});

async function start(more: Partial<RuntimeOptions> = {}): Promise<void> {
  runtime = await startRuntime(options(more));
  connection = new HttpConnection(new URL(runtime.url));
}

async function restart(): Promise<void> {
  connection.close();
  await runtime.stop();
  await start();
}

const ask = (method: string, path: string, more: Partial<HttpCall> = {}): Promise<HttpAnswer> =>
  connection.ask({ method, path, ...more });
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> =>
  ask('POST', path, { body: JSON.stringify(body), headers });

const adUntil = (endAtMs: number) => ({
  title: 'Tea time',
  content: 'Two for one',
  start_at: '2026-01-01T00:00:00Z',
  end_at: new Date(endAtMs).toISOString(),
});
const farAway = Date.UTC(2100, 0);

describe('usage in one process', () => {
  it('has every call of each token, also after a stop, and is in no audit', async () => {
    const tokenOf = async (name: string, scope: Scope): Promise<NewToken> => {
      const stores = openDataFolder(folder);
      try {
        const deps = { ...stores, clock: systemClock, ids: systemIds, usageKeys: noUsageKeys };
        return await createTokenStore(deps).create({ name, scopes: [scope] });
      } finally {
        await stores.close();
      }
    };
    const writer = await tokenOf('writer', 'counters:write');
    const admin = await tokenOf('admin', 'admin');
    const as = ({ text }: NewToken) => ({ Authorization: `Bearer ${text}` });
    const sums = async (): Promise<unknown> => {
      const { body } = await ask('GET', '/api/v1/usage/callers', { headers: as(admin) });
      const { callers } = JSON.parse(body) as { callers: { principal: string }[] };
      return callers.find(({ principal }) => principal === writer.record.principal);
    };
    await start();
    for (let i = 0; i < 3; i += 1) await post('/increment', { key: 'a', value: 5 }, as(writer));
    expect((await ask('GET', '/increment/a', { headers: as(writer) })).statusCode).toBe(403);
    await restart();
    expect(await sums()).toEqual({ principal: writer.record.principal, calls: 3, increments: 3 });
    await restart();
    expect(await sums()).toEqual({ principal: writer.record.principal, calls: 3, increments: 3 });
    const own = await ask('GET', '/api/v1/usage?days=1', { headers: as(writer) });
    expect(JSON.parse(own.body)).toMatchObject({
      principal: writer.record.principal,
      days: [{ calls: 3, increments: 3 }],
    });
    const callers = await ask('GET', '/api/v1/usage/callers', { headers: as(writer) });
    expect([callers.statusCode, (await ask('GET', '/api/v1/usage')).statusCode]).toEqual([403, 401]);
    await runtime.idle();
    await runtime.stop();
    const stores = openDataFolder(folder);
    try {
      const report = await compareWithLog(
        { ...stores, history: stores.increments, clock: systemClock },
        emptyBook('1'),
      );
      expect(report).toMatchObject({ status: 'equal', counters: 1, accepted: 15n, counted: 15n });
    } finally {
      await stores.close();
    }
  });
});

describe('the runtime', () => {
  it('keeps ads, counters and idempotency across a restart', async () => {
    await start();
    const created = await post('/api/v1/ad', adUntil(farAway), { Prefer: 'wait=10' });
    expect(created.statusCode).toBe(201);
    const key = { 'Idempotency-Key': 'k' };
    expect((await post('/increment', { key: 'a', value: 2 }, key)).statusCode).toBe(202);
    expect((await post('/increment?mode=sync', { key: 'b', value: 3 })).body).toBe('{"b":3}');
    // Not waited for: what is acknowledged is on the disk, counted or not.
    await restart();
    await runtime.idle();
    expect((await ask('GET', '/increment/a')).body).toBe('{"a":2}');
    expect((await ask('GET', '/increment/b')).body).toBe('{"b":3}');
    expect((await post('/increment', { key: 'a', value: 2 }, key)).headers['idempotent-replayed']).toBe(
      'true',
    );
    await runtime.idle();
    expect((await ask('GET', '/increment/a')).body).toBe('{"a":2}');
    const page = JSON.parse((await ask('GET', '/api/v1/ad')).body) as { ads: unknown[]; total: number };
    expect(page).toEqual({ ads: [JSON.parse(created.body)], total: 1 });
  });

  it('counts what it serves and tells how it is', async () => {
    await start();
    await post('/increment', { key: 'a', value: 1 });
    await runtime.idle();
    const health = JSON.parse((await ask('GET', '/health')).body) as Record<string, unknown>;
    expect(health).toMatchObject({
      status: 'ok',
      ready: true,
      facts: { catalog: { version: 0, ads: 0 }, increments: { records_behind: 0, oldest_ms: 0 } },
    });
    expect(runtime.stats()).toMatchObject({
      http: { requests: 2, requestsUnderWay: 0 },
      deliveries: { 'aggregate-increments': { invocationsRunning: 0, zombies: 0 } },
    });
  });

  it('is the only one in its folder', async () => {
    await start();
    await expect(startRuntime(options())).rejects.toMatchObject({
      code: 'data-folder-in-use',
      pid: process.pid,
    });
  });

  it('lets go of the folder when its port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(startRuntime(options({ port }))).rejects.toMatchObject({ code: 'EADDRINUSE' });
    taken.close();
    await start();
    expect((await ask('GET', '/health')).statusCode).toBe(200);
  });

  it('lets a request that waits for its ad finish when it stops, and may be stopped twice', async () => {
    await start();
    const waiting = post('/api/v1/ad', adUntil(farAway), { Prefer: 'wait=10' });
    while (runtime.stats().http.requests === 0) await systemClock.sleep(1);
    await Promise.all([runtime.stop(), runtime.stop()]);
    expect((await waiting).statusCode).toBe(201);
  });
});

describe('over HTTP', () => {
  beforeEach(() => start());

  it.each([
    ['GET', '/nowhere', {}, 404],
    ['GET', '/api/v1/%61d', {}, 404],
    ['PUT', '/increment', { body: '{}' }, 405],
    ['TRACE', '/health', {}, 405],
    ['POST', '/increment', { body: 'x'.repeat(262_145) }, 413],
    ['GET', '/nowhere', { body: 'x'.repeat(262_145) }, 413],
    ['GET', '/increment/%zz', {}, 400],
    ['GET', '/api/v1/ad?age=1&age=2', {}, 400],
    ['POST', '/increment', { body: '{"key":"a","value":1,"x":1}' }, 400],
    ['POST', '/increment', { headers: { 'Content-Length': '0' } }, 415],
    ['GET', '/increment/nobody', {}, 404],
  ] as const)('%s %s is a problem', async (method, path, more, statusCode) => {
    const origin = 'http://localhost:5173';
    const headers = { origin, ...('headers' in more && more.headers) };
    const answer = await ask(method, path, { ...more, headers });
    expect(answer.statusCode).toBe(statusCode);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'access-control-allow-origin': origin,
    });
    expect(JSON.parse(answer.body)).toMatchObject({
      status: statusCode,
      errors: expect.any(Array) as unknown,
    });
  });

  it('405 and OPTIONS say what is allowed', async () => {
    expect((await ask('PUT', '/increment')).headers['allow']).toBe('OPTIONS, POST');
    const preflight = await ask('OPTIONS', '/api/v1/ad/x');
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers['allow']).toBe('DELETE, GET, HEAD, OPTIONS, PATCH');
  });

  it('HEAD is GET without the body', async () => {
    const get = await ask('GET', '/openapi.json');
    const head = await ask('HEAD', '/openapi.json');
    expect([head.statusCode, head.body]).toEqual([200, '']);
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
  });

  it('a key with a slash, a plus and a percent sign finds its way', async () => {
    await post('/increment?mode=sync', { key: 'a/b+c%20ü', value: 1 });
    expect((await ask('GET', '/increment/a%2Fb+c%2520%C3%BC')).body).toBe('{"a/b+c%20ü":1}');
    const many = await ask('GET', '/api/v1/counters?key=a/b%2Bc%2520%C3%BC&key=x+y');
    expect(JSON.parse(many.body)).toMatchObject({ counters: [{ key: 'a/b+c%20ü', value: 1 }] });
  });

  it('a body that is not UTF-8 is refused', async () => {
    const bytes = Buffer.from('{"key":"\xff","value":1}', 'latin1');
    const answer = await fetch(`${runtime.url}/increment`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bytes,
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ type: 'urn:adtally:problem:malformed-json' });
  });
});

/** A clock that the test sets forward. */
function createShiftedClock(): Clock & { shift(byMs: number): void } {
  let shiftMs = 0;
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + shiftMs,
    shift(byMs) {
      shiftMs += byMs;
    },
  };
}

describe.each([true, false])('the end of an ad, with the schedule timer %s', (timer) => {
  it('is kept to the millisecond: served until then and not after', async () => {
    await start({ timer });
    const endAtMs = Date.now() + 3000;
    const created = await post('/api/v1/ad', adUntil(endAtMs), { Prefer: 'wait=10' });
    expect(created.statusCode).toBe(201);
    const { id } = JSON.parse(created.body) as { id: string };
    const seen = { before: 0, after: 0 };
    while (Date.now() < endAtMs || seen.after <= 3) {
      const askedAtMs = Date.now();
      const served = [
        (await ask('GET', '/api/v1/ad')).body.includes(id),
        (await ask('GET', `/api/v1/ad/${id}`)).statusCode === 200,
      ];
      // A request under way at the end may see either side of it.
      if (Date.now() < endAtMs) {
        expect(served).toEqual([true, true]);
        seen.before += 1;
      } else if (askedAtMs >= endAtMs) {
        expect(served).toEqual([false, false]);
        seen.after += 1;
      }
      await systemClock.sleep(5);
    }
    expect(seen.before).toBeGreaterThan(10);
  });

  it(timer ? 'is logged as a change by its schedule' : 'is no change of the log before a sweep', async () => {
    const clock = createShiftedClock();
    await start({ timer, clock });
    await post('/api/v1/ad', adUntil(clock.nowMs() + 3000), { Prefer: 'wait=10' });
    clock.shift(120_000);
    const version = async (): Promise<string | undefined> =>
      (await ask('GET', '/api/v1/ad')).headers['catalog-version'];
    // The schedule is sure to come, but nobody knows when; that nothing comes is seen after a while.
    const triesMax = timer ? 2000 : 60;
    for (let tries = 0; tries < triesMax && (await version()) === '1'; tries += 1)
      await systemClock.sleep(50);
    expect(await version()).toBe(timer ? '2' : '1');
    expect((await ask('GET', '/api/v1/ad')).body).toBe('{"ads":[],"total":0}');
  });
});
