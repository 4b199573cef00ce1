import { describe, expect, it } from '@jest/globals';
import { gunzipSync, gzipSync } from 'node:zlib';
import { platformDeps as platform } from '../../../client/deps.ts';
import { operations } from '../../../client/generated/operations.ts';
import { createClient } from '../../../client/index.ts';
import { classOf } from '../../../client/operation-class.ts';
import {
  accepted,
  answer,
  problem,
  rejection,
  scriptedApi,
  systemError,
  type SentRequest,
  type Step,
} from '../support/scripted-api.ts';

const increment = { body: { key: 'k', value: 1 } };
const counter = answer(200, { key: 'k', value: 1, updated_at: '2026-01-01T00:00:00.000Z' });
const ads = answer(200, { items: [], total: 0 });
const unavailable = problem(503, 'log-unavailable');

/** Writes get `step`, reads are answered. */
const onlyWrites =
  (step: Step): Step =>
  (request) => {
    if (request.method === 'GET') return request.url.includes('counters') ? counter() : ads();
    return step === 'silence' ? new Error('no silence here') : step(request);
  };

describe('a class of operations', () => {
  it('has the calls that one function of the API answers', () => {
    const classes = Object.entries(operations).map(([name, operation]) => [name, classOf(operation)]);
    expect(Object.fromEntries(classes)).toEqual({
      ...{ increment: 'increments', incrementMany: 'increments' },
      ...{ getTotal: 'counters', getCounter: 'counters', getCounters: 'counters' },
      ...{ getCounterSeries: 'counters', getSeries: 'counters', getHotCounters: 'counters' },
      ...{ queryAds: 'ads', explainAds: 'ads', getAd: 'ads', listAds: 'ads' },
      ...{ decide: 'ads', explainDecision: 'ads', trackEvents: 'increments' },
      ...{ getAdDelivery: 'counters', getCampaignDelivery: 'counters' },
      ...{ createAd: 'other', updateAd: 'other', deleteAd: 'other', importAds: 'other' },
      ...{ getStats: 'other', listQuarantine: 'other', redriveQuarantine: 'other', getRoot: 'other' },
      ...{ getUsage: 'other', listCallers: 'other' },
      ...{ getHealth: 'other', getOpenApi: 'other', getDocs: 'other', getConsole: 'other', getIcon: 'other' },
    });
  });

  it('does not wait for three writes that hang and hold all connections of theirs', async () => {
    const { client, clock, requests } = scriptedApi(
      ['silence', 'silence', 'silence', counter, ads, accepted],
      {
        autoAdvance: false,
        policy: { connections: { increments: 3 }, tryTimeoutMs: 1000, triesMax: 1 },
      },
    );
    const hanging = [1, 2, 3].map(() => rejection(client.increment(increment)));
    const fourth = client.increment(increment);
    expect((await client.getCounter({ key: 'k' })).body.value).toBe(1);
    expect((await client.queryAds()).status).toBe(200);
    expect(client.facts().classes).toMatchObject({
      increments: { underWay: 4, waiting: 1, breaker: 'closed', baseUrl: 'http://api.test' },
      counters: { underWay: 0, waiting: 0 },
    });
    expect(requests.map(({ atMs, operationClass }) => [atMs, operationClass])).toEqual([
      ...Array.from({ length: 3 }, () => [0, 'increments']),
      ...[
        [0, 'counters'],
        [0, 'ads'],
      ],
    ]);
    await clock.advance(1000);
    expect(await Promise.all(hanging)).toMatchObject(
      [1, 2, 3].map(() => ({ code: 'timed-out', ambiguous: true })),
    );
    expect((await fourth).status).toBe(202);
    expect(requests[5]).toMatchObject({ atMs: 1000, operationClass: 'increments', connectTimeoutMs: 3000 });
    expect([client.facts().classes.increments, clock.sleeping]).toMatchObject([
      { underWay: 0, waiting: 0 },
      0,
    ]);
  });

  it.each([
    ['its time is over', undefined, { code: 'timed-out', tries: 0, ambiguous: false, retryable: true }],
    ['it is aborted', 50, { code: 'aborted', tries: 0, ambiguous: false, retryable: false }],
  ])(
    'lets a call wait for a connection until %s, and sends nothing then',
    async (_name, abortMs, expected) => {
      const { client, clock, requests } = scriptedApi(['silence', accepted], {
        autoAdvance: false,
        policy: { connections: { increments: 1 }, triesMax: 1, tryTimeoutMs: 100 },
      });
      const first = rejection(client.increment(increment));
      const stop = new AbortController();
      const waiting = rejection(
        client.increment(increment, { keyed: false, timeoutMs: 60, signal: stop.signal }),
      );
      const next = client.increment(increment);
      if (abortMs !== undefined) {
        await clock.advance(abortMs);
        stop.abort();
      }
      await clock.advance(abortMs === undefined ? 60 : 10);
      expect(await waiting).toMatchObject(expected);
      expect([requests.length, client.facts().classes.increments.waiting]).toEqual([1, 1]);
      await clock.advance(40);
      await first;
      expect((await next).status).toBe(202);
      expect([requests.length, clock.sleeping]).toEqual([2, 0]);
    },
  );

  it('has its own breaker, budget and limit of calls: writes that fail leave reads alone', async () => {
    const { client, requests } = scriptedApi([onlyWrites(unavailable)], {
      policy: { retryBudget: { ratio: 0, burst: 1, perSecond: 0 }, breaker: { triesMin: 4 }, callsMax: 2 },
    });
    for (let call = 0; call < 6; call++) await rejection(client.increment(increment));
    expect(await rejection(client.increment(increment))).toMatchObject({ code: 'circuit-open' });
    expect(client.facts().classes).toMatchObject({
      ...{ increments: { breaker: 'open' }, counters: { breaker: 'closed' }, other: { breaker: 'closed' } },
    });
    const before = requests.length;
    expect((await client.getCounter({ key: 'k' })).body.value).toBe(1);
    const many = Array.from({ length: 2 }, () => client.queryAds());
    expect(await rejection(client.queryAds())).toMatchObject({ code: 'too-many-calls' });
    expect((await client.getCounter({ key: 'k' })).body.value).toBe(1);
    await Promise.all(many);
    expect(requests.length).toBe(before + 4);
    const other = scriptedApi([unavailable], {
      policy: { triesMax: 2, retryBudget: { ratio: 0, burst: 1, perSecond: 0 } },
    });
    await rejection(other.client.increment(increment));
    await rejection(other.client.increment(increment));
    await rejection(other.client.queryAds());
    expect(other.requests).toHaveLength(2 + 1 + 2);
  });
});

describe('a connection', () => {
  it.each([false, true])(
    'is given back by a call that the breaker holds up (a batch: %s)',
    async (isBatch) => {
      const { client, clock, requests } = scriptedApi(
        [unavailable, unavailable, answer(202, { accepted: 1 })],
        {
          autoAdvance: false,
          policy: { connections: { increments: 1 }, triesMax: 1, breaker: { triesMin: 2, openMs: 1000 } },
        },
      );
      await rejection(client.increment(increment));
      await rejection(client.increment(increment));
      const batcher = client.batchIncrements({ onFailed: () => undefined, batchEntriesMax: 1 });
      if (isBatch) await batcher.add('k', 1);
      expect(await rejection(client.increment(increment))).toMatchObject({ code: 'circuit-open' });
      expect(await rejection(client.increment(increment))).toMatchObject({ code: 'circuit-open' });
      await clock.advance(1000);
      if (!isBatch)
        expect((await client.incrementMany({ body: { increments: [increment.body] } })).status).toBe(202);
      expect(requests).toHaveLength(3);
      expect(client.facts().classes.increments).toMatchObject({ underWay: 0, waiting: 0, breaker: 'closed' });
    },
  );
});

describe('a body as gzip', () => {
  const gzip = (text: string): Promise<Uint8Array<ArrayBuffer>> =>
    Promise.resolve(new Uint8Array(gzipSync(text)));
  // {"increments":[{"key":"","value":1}]} has 37 characters.
  const of = (length: number) => ({ increments: [{ key: 'k'.repeat(length - 37), value: 1 }] });

  it.each([
    [199, false],
    [200, true],
    [201, true],
  ])('of %i characters, with 200 to begin at, is sent so: %s', async (length, isGzip) => {
    const { client, requests } = scriptedApi([unavailable, answer(202, { accepted: 1 })], {
      gzip,
      policy: { gzipFromLength: 200 },
    });
    await client.incrementMany({ body: of(length) });
    const text = JSON.stringify(of(length));
    expect(text).toHaveLength(length);
    for (const { body, headers } of requests) {
      expect(headers['Content-Encoding']).toBe(isGzip ? 'gzip' : undefined);
      expect(typeof body === 'string' ? body : gunzipSync(body!).toString()).toBe(text);
      expect(typeof body === 'string').toBe(!isGzip);
    }
    expect(requests).toHaveLength(2);
    expect(requests[1]?.body).toBe(requests[0]?.body);
  });

  it('is made once for all attempts of a batch, also for the page that closes', async () => {
    let made = 0;
    const { client, clock, requests } = scriptedApi(['silence', 'silence', answer(202, { accepted: 1 })], {
      gzip: (text) => ((made += 1), gzip(text)),
      autoAdvance: false,
      policy: { gzipFromLength: 0, tryTimeoutMs: 100 },
    });
    const batcher = client.batchIncrements({ onFailed: () => undefined, batchEntriesMax: 1 });
    await batcher.add('k', 1);
    await clock.advance(10);
    batcher.sendBeforeUnload();
    await clock.advance(5000);
    expect([made, requests.length, requests[1]?.keepalive]).toEqual([1, 3, true]);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(requests[1]?.headers['Content-Encoding']).toBe('gzip');
    expect(batcher.facts()).toMatchObject({ acknowledged: 1 });
  });

  it('is what the platform makes, and what nobody makes without it', async () => {
    const text = 'ad-42/clicks '.repeat(20);
    expect(gunzipSync(await platform.gzip!(text)).toString()).toBe(text);
    const { client, requests } = scriptedApi([accepted], { policy: { gzipFromLength: 0 } });
    await client.increment(increment);
    expect(requests[0]).toMatchObject({ body: '{"key":"k","value":1}' });
    expect(requests[0]?.headers).not.toHaveProperty('Content-Encoding');
  });
});

describe('an API with two addresses', () => {
  const urls = { baseUrl: 'http://one.test/prod/', fallbackUrl: 'http://two.test' };
  const at =
    (answers: Partial<Record<'one' | 'two', Step>>): Step =>
    (request) => {
      const step = answers[request.url.startsWith('http://one.test/prod/') ? 'one' : 'two'] ?? accepted;
      return step === 'silence' ? new Error('no silence here') : step(request);
    };
  const hostsOf = (requests: readonly { readonly url: string }[]): string[] =>
    requests.map(({ url }) => new URL(url).hostname.slice(0, 3));

  /** Those since the last time. */
  const taken = (requests: readonly SentRequest[]): SentRequest[] => (requests as SentRequest[]).splice(0);

  it.each([
    ['a refused connection', systemError('ECONNREFUSED')],
    ['a lost connection', systemError('ECONNRESET')],
    ['500', problem(500, 'internal')],
    ['502', answer(502, 'Bad gateway')],
    ['503', unavailable],
    ['504', problem(504, 'gateway-timeout')],
  ])('gets the same request at the second at once after %s', async (_name, step) => {
    const { client, requests } = scriptedApi([at({ one: step })], urls);
    expect((await client.increment(increment)).status).toBe(202);
    const [first, second] = requests;
    expect([first?.url, second?.url]).toEqual([
      'http://one.test/prod/increment',
      'http://two.test/increment',
    ]);
    expect(second).toMatchObject({ body: first!.body, headers: first!.headers, atMs: 0 });
    expect(first!.headers['Idempotency-Key']).toBe('key-1');
  });

  it('gets it at the second after the first was silent', async () => {
    const { client, requests } = scriptedApi(['silence', accepted], {
      ...urls,
      policy: { tryTimeoutMs: 100 },
    });
    await client.increment(increment);
    expect(requests.map(({ url, atMs }) => [url, atMs])).toEqual([
      ['http://one.test/prod/increment', 0],
      ['http://two.test/increment', 100],
    ]);
  });

  it('gets it at the second after the pause that the first asked for', async () => {
    const { client, requests } = scriptedApi([at({ one: problem(503, 'x', { 'Retry-After': '2' }) })], urls);
    await client.increment(increment);
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 2000]);
  });

  it.each([
    ['429', problem(429, 'too-many-requests', { 'Retry-After': '1' })],
    ['a read that is too early', problem(503, 'not-caught-up')],
  ])('gets it at the first again after %s, which the second would answer alike', async (_name, step) => {
    const { client, requests } = scriptedApi([step, counter], urls);
    await client.getCounter({ key: 'k' });
    expect(hostsOf(requests)).toEqual(['one', 'one']);
  });

  it.each([
    ['a lost connection', systemError('ECONNRESET'), 1],
    ['a refused connection', systemError('ECONNREFUSED'), 2],
    ['404', problem(404, 'not-found'), 1],
  ])('gets a write without a key at the second only if it was never sent: %s', async (_name, step, tries) => {
    const { client, requests } = scriptedApi([at({ one: step })], urls);
    const call = client.increment(increment, { keyed: false });
    if (tries === 1) await rejection(call);
    else await call;
    expect(hostsOf(requests)).toEqual(['one', 'two'].slice(0, tries));
  });

  it('is used at the second until its time is over, when one call tries the first', async () => {
    let isDown = true;
    const one: Step = () => (isDown ? systemError('ECONNREFUSED')() : accepted());
    const { client, clock, requests } = scriptedApi([at({ one })], {
      ...urls,
      autoAdvance: false,
      policy: { fallbackForMs: 1000 },
    });
    const write = async (): Promise<void> => {
      await client.increment(increment);
    };
    await write();
    await write();
    expect(hostsOf(taken(requests))).toEqual(['one', 'two', 'two']);
    expect(client.facts().classes).toMatchObject({
      increments: { baseUrl: 'http://two.test' },
      counters: { baseUrl: 'http://one.test/prod' },
    });
    await clock.advance(999);
    await write();
    expect(hostsOf(taken(requests))).toEqual(['two']);
    await clock.advance(1);
    await Promise.all([write(), write()]);
    expect(hostsOf(taken(requests)).sort()).toEqual(['one', 'two', 'two']);
    isDown = false;
    await clock.advance(999);
    await write();
    expect(hostsOf(taken(requests))).toEqual(['two']);
    await clock.advance(1);
    await write();
    await write();
    expect(hostsOf(taken(requests))).toEqual(['one', 'one']);
    expect(client.facts().classes.increments.baseUrl).toBe('http://one.test/prod');
  });

  it('stays at the second although a call from before succeeds late at the first', async () => {
    let answerLate = (): void => undefined;
    const deps = {
      fetch: async (url: string): Promise<ReturnType<typeof accepted>> => {
        if (url.endsWith('/k-late')) await new Promise<void>((resolve) => (answerLate = resolve));
        else if (url.startsWith('http://one')) throw systemError('ECONNREFUSED')();
        return counter();
      },
    };
    const client = createClient({ ...urls, deps });
    const slow = client.getCounter({ key: 'k-late' });
    await client.getCounter({ key: 'k' });
    answerLate();
    await slow;
    expect(client.facts().classes.counters.baseUrl).toBe('http://two.test');
  });

  it('pays for a move with the retry budget only if the first may have had work', async () => {
    const policy = { retryBudget: { ratio: 0, burst: 0, perSecond: 0 } };
    const never = scriptedApi([at({ one: systemError('ECONNREFUSED') })], { ...urls, policy });
    expect((await never.client.increment(increment)).status).toBe(202);
    const perhaps = scriptedApi([at({ one: systemError('ECONNRESET') })], { ...urls, policy });
    expect(await rejection(perhaps.client.increment(increment))).toMatchObject({ tries: 1, retryable: true });
    const both = scriptedApi([systemError('ECONNREFUSED')], { ...urls, policy });
    expect(await rejection(both.client.increment(increment))).toMatchObject({
      tries: 2,
      code: 'not-connected',
    });
  });

  it('alternates between both while both fail, with pauses from the second retry on', async () => {
    const { client, requests } = scriptedApi([unavailable], { ...urls, random: 1 });
    expect(await rejection(client.increment(increment))).toMatchObject({ tries: 5, code: 'log-unavailable' });
    expect(hostsOf(requests)).toEqual(['one', 'two', 'one', 'two', 'one']);
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 0, 200, 600, 1400]);
  });

  it('is used where the breaker lets calls through, and not at all if both breakers are open', async () => {
    const policy = { triesMax: 1, breaker: { triesMin: 2, openMs: 1000 }, fallbackForMs: 60_000 };
    const down = systemError('ECONNREFUSED');
    const { client, requests } = scriptedApi([down, down, accepted, down, down], {
      ...urls,
      policy,
      autoAdvance: false,
    });
    await rejection(client.increment(increment));
    await rejection(client.increment(increment));
    await client.increment(increment);
    await rejection(client.increment(increment));
    expect(hostsOf(requests)).toEqual(['one', 'one', 'two', 'two']);
    expect(await rejection(client.increment(increment))).toMatchObject({ code: 'circuit-open', tries: 0 });
  });

  it.each([
    'localhost:3333',
    'ftp://api.test',
    'http://',
    'https://api.test?stage=1',
    'https://api.test#a',
    '',
  ])('is not %j, in either place', (url) => {
    const message = `"${url}" is not an address of an API: pass one that begins with https:// or http://, with the stage`;
    expect(() => createClient({ baseUrl: url })).toThrow(message);
    expect(() => createClient({ baseUrl: 'http://api.test', fallbackUrl: url })).toThrow(message);
  });
});
