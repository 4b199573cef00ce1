import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createTokenStore } from '../../../lib/app/tokens/token-store.ts';
import type { Scope } from '../../../lib/core/scopes.ts';
import { HttpConnection, type HttpAnswer } from '../../support/http-connection.ts';
import { startRuntime, type Runtime, type RuntimeOptions } from '../../../lib/embedded/runtime.ts';
import { openStage, type StageLocation } from '../../../lib/operator/open-stage.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { RawClient } from '../../support/raw-client.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';

let folder: string;
let runtime: Runtime | undefined;
let connection: HttpConnection | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-access-'));
});

afterEach(async () => {
  connection?.close();
  await runtime?.stop();
  runtime = undefined;
  await rm(folder, { recursive: true });
});

const settings = stageSettings('local');

async function start(more: Partial<RuntimeOptions> = {}): Promise<void> {
  runtime = await startRuntime({ folder, settings, log: nullTelemetry, ...more });
  connection = new HttpConnection(new URL(runtime.url));
}

/** By way of what `npm run tokens` uses, beside the running process or without it. */
async function withTokens<T>(work: (tokens: ReturnType<typeof createTokenStore>) => Promise<T>): Promise<T> {
  const location: StageLocation = { stage: 'local', data: folder, create: true };
  const stage = await openStage(location);
  try {
    return await work(createTokenStore(stage));
  } finally {
    await stage.close();
  }
}

const make = (...scopes: Scope[]) => withTokens((tokens) => tokens.create({ name: 'test', scopes }));

function ask(method: string, path: string, token?: string, body?: unknown): Promise<HttpAnswer> {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  return connection!.ask({
    method,
    path,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const increment = (token?: string): Promise<HttpAnswer> =>
  ask('POST', '/increment', token, { key: 'k', value: 1 });
const typeOf = (answer: HttpAnswer): unknown => (JSON.parse(answer.body) as { type: unknown }).type;

describe('a data folder without tokens', () => {
  it('is open', async () => {
    await start();
    expect(runtime!.requiresToken).toBe(false);
    expect((await increment()).statusCode).toBe(202);
  });

  it('cannot be served to those who need one', async () => {
    await expect(start({ tokens: true })).rejects.toMatchObject({ code: 'no-tokens' });
    await start();
    expect((await increment()).statusCode).toBe(202);
  });
});

describe('an open server and the web', () => {
  const from = (headers: Record<string, string>, path = '/increment') =>
    connection!.ask({ method: 'POST', path, headers, body: '{"key":"k","value":1}' });

  it('refuses a foreign page and a foreign Host before anything is acted on, in /metrics and a preflight too', async () => {
    await start();
    const origin = 'https://evil.example';
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'HEAD']) {
      for (const path of ['/increment', '/health', '/metrics', '/nowhere', '/%', '*']) {
        const answer = await connection!.ask({
          method,
          path: method === 'OPTIONS' ? path : path.replace('*', '/'),
          headers: { origin },
        });
        expect(answer.statusCode).toBe(403);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
    expect(typeOf(await from({ origin }))).toBe('urn:adtally:problem:foreign-origin');
    const client = new RawClient(Number(new URL(runtime!.url).port));
    const body = '{"key":"k","value":1}';
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (const start of [
      'POST /increment HTTP/1.1\r\nHost: evil.example\r\n',
      'POST http://evil.example/increment HTTP/1.1\r\nHost: localhost\r\n',
    ]) {
      const answer = await client.send(start + head).answer();
      expect([answer.statusCode, (JSON.parse(answer.body) as { type: string }).type]).toEqual([
        421,
        'urn:adtally:problem:misdirected',
      ]);
    }
    expect(
      (
        await client
          .send(`POST http://localhost/increment HTTP/1.1\r\nHost: evil.example\r\n${head}`)
          .answer()
      ).statusCode,
    ).toBe(202);
    await client.destroy();
    await runtime!.idle();
    expect((await ask('GET', '/increment/k')).body).toBe('{"k":1}');
  });

  it('lets a page of this machine ask, preflight, and read answers and errors', async () => {
    await start({ allowHosts: ['box.example'], corsOrigins: ['https://app.example'] });
    for (const origin of ['http://localhost:5173', 'https://app.example']) {
      for (const [method, path, statusCode] of [
        ['OPTIONS', '/increment', 204],
        ['GET', '/health', 200],
        ['GET', '/nowhere', 404],
        ['GET', '/metrics', 200],
        ['GET', '/%', 400],
      ] as const) {
        const answer = await connection!.ask({ method, path, headers: { origin } });
        expect(answer).toMatchObject({ statusCode, headers: { 'access-control-allow-origin': origin } });
      }
    }
  });
});

describe('the first token', () => {
  const untilClosed = async (): Promise<void> => {
    for (let tries = 0; tries < 1000 && !runtime!.requiresToken; tries += 1) await sleep(20);
    expect(runtime!.requiresToken).toBe(true);
  };

  it('makes a server that was open require tokens', async () => {
    await start();
    expect((await increment()).statusCode).toBe(202);
    expect((await ask('GET', '/metrics')).statusCode).toBe(200);
    const { text } = await make('counters:write');
    await untilClosed();
    expect((await increment()).statusCode).toBe(401);
    expect((await ask('GET', '/metrics')).statusCode).toBe(401);
    expect((await increment(text)).statusCode).toBe(202);
    // With tokens, pages ask as the stage says.
    const answer = await connection!.ask({
      method: 'GET',
      path: '/health',
      headers: { origin: 'https://a.example' },
    });
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'access-control-allow-origin': '*' } });
  });

  // Covers PAGES.3 (docs/security.md).
  it('leaves a folder closed for good, though it is revoked before anybody looks', async () => {
    const { record } = await make('admin');
    await withTokens((tokens) => tokens.revoke(record.id));
    await start();
    expect(runtime!.requiresToken).toBe(true);
    expect((await increment()).statusCode).toBe(401);
    const { text } = await make('counters:write');
    expect((await increment(text)).statusCode).toBe(202);
  });

  it('leaves it closed while it runs, and after a new start', async () => {
    await start();
    const { record } = await make('admin');
    await withTokens((tokens) => tokens.revoke(record.id));
    await untilClosed();
    expect((await increment()).statusCode).toBe(401);
    connection!.close();
    await runtime!.stop();
    await start();
    expect((await increment()).statusCode).toBe(401);
  });

  it('changes nothing where the server was told to be open', async () => {
    const { record } = await make('admin');
    await start({ tokens: false });
    expect((await increment()).statusCode).toBe(202);
    await withTokens((tokens) => tokens.revoke(record.id));
    await make('admin');
    // Longer than a server that looks for tokens takes to notice one.
    await sleep(2500);
    expect(runtime!.requiresToken).toBe(false);
    expect((await increment()).statusCode).toBe(202);
  });
});

describe('a data folder with tokens', () => {
  // Covers API6.1 (docs/security.md).
  it('answers 401 to who has none, and says what to send', async () => {
    const { text } = await make('counters:write');
    await start();
    expect(runtime!.requiresToken).toBe(true);
    const bad = 'Bearer realm="adtally", error="invalid_token"';
    for (const [answer, challenge] of [
      [await increment(), 'Bearer realm="adtally"'],
      [await increment('adtally_0_0'), bad],
      [await increment(`${text}0`), bad],
    ] as const) {
      expect(answer.statusCode).toBe(401);
      expect(answer.headers).toMatchObject({
        'www-authenticate': challenge,
        'content-type': 'application/problem+json',
        'access-control-allow-origin': '*',
      });
      expect(typeOf(answer)).toBe('urn:adtally:problem:unauthorized');
    }
    await runtime!.idle();
    expect((await increment(text)).statusCode).toBe(202);
  });

  // Covers API5.2 (docs/security.md).
  it('answers 403 beyond the scopes of the token, and nothing changes', async () => {
    const writer = (await make('counters:write')).text;
    const reader = (await make('counters:read')).text;
    await start();
    const refused = await increment(reader);
    expect(refused.statusCode).toBe(403);
    expect(refused.body).toContain('needs the scope counters:write; the token has: counters:read');
    expect((await increment(writer)).statusCode).toBe(202);
    await runtime!.idle();
    expect((await ask('GET', '/increment/k', writer)).statusCode).toBe(403);
    expect((await ask('HEAD', '/increment/k', writer)).statusCode).toBe(403);
    expect((await ask('GET', '/increment/k', reader)).body).toBe('{"k":1}');
    expect((await ask('DELETE', '/api/v1/ad/0199a0b0-0000-7000-8000-000000000000', reader)).statusCode).toBe(
      403,
    );
    // Decisions are kept by route: the first one must not speak for the others.
    expect((await increment(reader)).statusCode).toBe(403);
  });

  it('leaves public reads, the documents and what is no call open', async () => {
    await make('admin');
    await start();
    const status = async (method: string, path: string): Promise<number> =>
      (await ask(method, path)).statusCode;
    expect(await status('GET', '/api/v1/ad')).toBe(200);
    expect(await status('GET', '/health')).toBe(200);
    expect(await status('GET', '/openapi.json')).toBe(200);
    expect(await status('OPTIONS', '/increment')).toBe(204);
    expect(await status('PUT', '/increment')).toBe(405);
    expect(await status('GET', '/nowhere')).toBe(404);
    expect(await status('GET', '/api/v1/ads')).toBe(401);
  });

  it('shows its metrics to tokens with the scope admin', async () => {
    const [admin, writer] = [(await make('admin')).text, (await make('counters:write')).text];
    await start();
    expect((await ask('GET', '/metrics')).statusCode).toBe(401);
    const refused = await ask('GET', '/metrics', writer);
    expect(refused.statusCode).toBe(403);
    expect(refused.body).toContain('needs the scope admin; the token has: counters:write');
    const answer = await ask('GET', '/metrics', admin);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('adtally_');
  });

  it('closes reads of ads too where the stage wants that', async () => {
    const { text } = await make('ads:read');
    await start({ settings: { ...settings, http: { ...settings.http, publicReads: false } } });
    expect((await ask('GET', '/api/v1/ad')).statusCode).toBe(401);
    expect((await ask('GET', '/api/v1/ad', text)).statusCode).toBe(200);
    expect((await ask('GET', '/api/v1/ads', text)).statusCode).toBe(403);
  });

  // Covers API2.4 (docs/security.md).
  it('honours a token made, and forgets one revoked, while it runs', async () => {
    const first = await make('counters:write');
    const tokens = { ...settings.tokens, cacheSeconds: 0.2 };
    await start({ settings: { ...settings, tokens } });
    const second = await make('counters:write');
    expect((await increment(second.text)).statusCode).toBe(202);
    await withTokens((store) => store.revoke(second.record.id));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await increment(second.text)).statusCode).toBe(401);
    expect((await increment(first.text)).statusCode).toBe(202);
  });

  // Covers API1.2 (docs/security.md).
  it('keeps the Idempotency-Keys of two tokens apart, and of two of one principal together', async () => {
    const [mine, yours] = [await make('counters:write'), await make('counters:write')];
    const next = (await withTokens((tokens) => tokens.rotate(mine.record.id, 60)))!;
    await start();
    const keyed = (token: string) =>
      connection!.ask({
        method: 'POST',
        path: '/increment',
        headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'one' },
        body: '{"key":"k","value":1}',
      });
    const replayed = async (token: string) => (await keyed(token)).headers['idempotent-replayed'];
    expect(await replayed(mine.text)).toBeUndefined();
    expect(await replayed(yours.text)).toBeUndefined();
    expect(await replayed(next.text)).toBe('true');
  });

  it('limits an address before it looks at anything, and finds the client behind a trusted proxy', async () => {
    const { text } = await make('counters:write');
    const ratePerAddress = { ratePerSecond: 0.001, burst: 3 };
    await start({ ratePerAddress, trustedProxies: ['127.0.0.1'] });
    const from = async (client: string, path: string, token?: string): Promise<unknown> => {
      const headers = {
        'x-forwarded-for': `198.51.100.77, ${client}`,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      };
      const method = path === '/increment' ? 'POST' : 'GET';
      const body = method === 'POST' ? { body: '{"key":"k","value":1}' } : {};
      const answer = await connection!.ask({ method, path, headers, ...body });
      if (answer.statusCode === 429)
        expect(answer.headers).toMatchObject({
          ratelimit: expect.stringMatching(/^"address";r=0;t=/) as unknown,
        });
      return answer.statusCode;
    };
    expect(await from('203.0.113.9', '/increment', 'a guess')).toBe(401);
    expect(await from('203.0.113.9', '/nothing')).toBe(404);
    expect(await from('203.0.113.9', '/increment', text)).toBe(202);
    expect(await from('203.0.113.9', '/increment', text)).toBe(429);
    expect(await from('203.0.113.9', '/docs')).toBe(429);
    expect(await from('203.0.113.9', '/metrics')).toBe(429);
    expect(await from('203.0.113.10', '/increment', text)).toBe(202);
    expect(await from('2001:db8::1', '/health')).toBe(200);
    expect(await from('2001:db8::2', '/health')).toBe(200);
    expect(await from('2001:db8::3', '/health')).toBe(200);
    expect(await from('2001:db8::4', '/health')).toBe(429);
  });

  it('takes what a client writes for nothing where no proxy is trusted', async () => {
    await start({ ratePerAddress: { ratePerSecond: 0.001, burst: 2 } });
    const statuses: number[] = [];
    for (const client of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
      const headers = { 'x-forwarded-for': client };
      statuses.push((await connection!.ask({ method: 'GET', path: '/health', headers })).statusCode);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  // Covers API4.1 (docs/security.md).
  it('limits each token by itself, and says when to come back', async () => {
    const [busy, calm] = [await make('counters:write'), await make('counters:write')];
    const tokens = { ...settings.tokens, rate: { ratePerSecond: 0.5, burst: 2 } };
    await start({ settings: { ...settings, tokens } });
    expect([(await increment(busy.text)).statusCode, (await increment(busy.text)).statusCode]).toEqual([
      202, 202,
    ]);
    const refused = await increment(busy.text);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({
      'retry-after': '2',
      ratelimit: '"token";r=0;t=2',
      'ratelimit-policy': '"token";q=2;w=5',
    });
    expect((await increment(calm.text)).statusCode).toBe(202);
    expect((await ask('GET', '/health')).statusCode).toBe(200);
    await runtime!.idle();
    expect((await ask('GET', '/api/v1/counters?key=k', (await make('admin')).text)).body).toContain(
      '"value":3',
    );
  });
});

it('limits calls without a token by address when asked to', async () => {
  await start({ rate: { ratePerSecond: 0.001, burst: 1 } });
  expect((await increment()).statusCode).toBe(202);
  expect((await increment()).statusCode).toBe(429);
  expect((await ask('GET', '/openapi.json')).statusCode).toBe(200);
});
