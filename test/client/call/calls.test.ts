import { describe, expect, it } from '@jest/globals';
import { AdtallyError, ProblemError } from '../../../client/index.ts';
import {
  accepted,
  answer,
  health,
  problem,
  rejection,
  scriptedApi,
  systemError,
  type Step,
} from '../support/scripted-api.ts';

const increment = { body: { key: 'k', value: 1 } };
const ad = { id: '0190a0a0-0000-7000-8000-000000000000' };
const unavailable = problem(503, 'log-unavailable');
const failures: readonly (readonly [string, Step])[] = [
  ['500', problem(500, 'internal')],
  ['502', answer(502, 'Bad gateway')],
  ['503', unavailable],
  ['504', problem(504, 'gateway-timeout')],
  ['a lost connection', systemError('ECONNRESET')],
  ['silence', 'silence'],
  ['an answer cut short', answer(202, '{"stat')],
];
const neverWritten: readonly (readonly [string, Step])[] = [
  ['429', problem(429, 'too-many-requests', { 'Retry-After': '1' })],
  ['a refused connection', systemError('ECONNREFUSED')],
];

describe('a call that fails for a moment', () => {
  it.each([...failures, ...neverWritten])('is sent again with the same key after %s', async (_name, step) => {
    const { client, requests } = scriptedApi([step, step, accepted]);
    expect((await client.increment(increment)).status).toBe(202);
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ headers }) => headers['Idempotency-Key']))).toEqual(new Set(['key-1']));
    expect(new Set(requests.map(({ body }) => body))).toEqual(new Set(['{"key":"k","value":1}']));
    expect(client.facts()).toMatchObject({ calls: 1, tries: 3, retries: 2, underWay: 0 });
  });

  it.each(failures)(
    'is not sent again without a key after %s, and says that it is ambiguous',
    async (_name, step) => {
      const { client, requests } = scriptedApi([step]);
      const error = await rejection(client.increment(increment, { keyed: false }));
      expect(error).toBeInstanceOf(AdtallyError);
      expect(error).toMatchObject({ retryable: false, ambiguous: true, tries: 1, idempotencyKey: undefined });
      expect(requests[0]?.headers).not.toHaveProperty('Idempotency-Key');
      expect(requests).toHaveLength(1);
    },
  );

  it.each(neverWritten)('is sent again without a key after %s', async (_name, step) => {
    const { client, requests } = scriptedApi([step, accepted]);
    await client.increment(increment, { keyed: false });
    expect(requests).toHaveLength(2);
  });

  it.each(failures.slice(0, 6))(
    'is sent again if it reads, and is never ambiguous, after %s',
    async (_name, step) => {
      const { client, requests } = scriptedApi([step, health]);
      expect((await client.getHealth()).body.stage).toBe('local');
      expect(requests).toHaveLength(2);
      const again = scriptedApi([step]);
      const error = await rejection(again.client.getHealth());
      expect(error).toMatchObject({ retryable: true, ambiguous: false, tries: step === 'silence' ? 3 : 5 });
    },
  );

  it('is sent again if it deletes, and a 404 then says that the ad may be gone by an earlier try', async () => {
    const { client } = scriptedApi([systemError('ECONNRESET'), problem(404, 'not-found')]);
    const error = await rejection(client.deleteAd(ad));
    expect(error).toMatchObject({ code: 'not-found', status: 404, ambiguous: true, tries: 2 });
    const first = await rejection(scriptedApi([problem(404, 'not-found')]).client.deleteAd(ad));
    expect(first).toMatchObject({ code: 'not-found', ambiguous: false, tries: 1 });
  });

  it('is sent again if it changes an ad, with its key', async () => {
    const { client, requests } = scriptedApi([unavailable, answer(202, { id: ad.id, version: null })]);
    await client.updateAd({ ...ad, ifMatch: '"3"', body: { title: 'Other' } });
    expect(requests[1]).toMatchObject({
      method: 'PATCH',
      headers: { 'If-Match': '"3"', 'Idempotency-Key': 'key-1' },
    });
  });

  it('is given up after its last try, with the last problem and the key to go on with', async () => {
    const { client, requests } = scriptedApi([unavailable], { policy: { triesMax: 3 } });
    const error = await rejection(client.increment(increment));
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'log-unavailable',
      retryable: true,
      ambiguous: true,
      tries: 3,
      idempotencyKey: 'key-1',
    });
    expect(requests).toHaveLength(3);
  });
});

describe('the answer to a call', () => {
  it.each([400, 401, 403, 404, 409, 412, 413, 415, 422, 507])(
    'of %i is a problem, at once',
    async (status) => {
      const errors = [{ path: 'title', message: 'must be text' }];
      const { client, requests } = scriptedApi([problem(status, 'some-problem', {}, errors)]);
      const error = await rejection(client.increment(increment));
      expect(error).toMatchObject({
        name: 'ProblemError',
        code: 'some-problem',
        type: 'urn:adtally:problem:some-problem',
        status,
        detail: 'Why.',
        errors,
        retryable: false,
        ambiguous: false,
      });
      expect(requests).toHaveLength(1);
    },
  );

  it('of a gateway without a problem document is named by its status', async () => {
    const { client } = scriptedApi([answer(403, '<html>Forbidden</html>')]);
    const error = await rejection(client.getHealth());
    expect(error).toMatchObject({ code: 'http-403', detail: '<html>Forbidden</html>', errors: [] });
  });

  it('has totals beyond 2^53 exactly, and the headers that the document names', async () => {
    const text = '{"key":"k","value":9007199254740993,"updated_at":"2026-01-01T00:00:00.000Z"}';
    const { client } = scriptedApi([answer(200, text, { 'X-Other': '1' })]);
    const { body, headers } = await client.getCounter({ key: 'k' });
    expect(body.value).toBe(9007199254740993n);
    expect(headers).toEqual({});
  });

  it('may be 304, without a body', async () => {
    const { client } = scriptedApi([answer(304, '', { ETag: '"7"' })]);
    expect(await client.getAd({ ...ad, ifNoneMatch: '"7"' })).toEqual({
      status: 304,
      body: undefined,
      headers: { ETag: '"7"' },
    });
  });

  it.each([
    ['a status that the document does not have', answer(200, {})],
    ['no JSON', answer(202, 'welcome', { 'Content-Type': 'text/html' })],
  ])('is refused with %s', async (_name, step) => {
    const { client, requests } = scriptedApi([step]);
    const error = await rejection(client.incrementMany({ body: { increments: [{ key: 'k', value: 1 }] } }));
    expect(error).toMatchObject({ code: 'unexpected-answer', ambiguous: true, retryable: false });
    expect(requests).toHaveLength(1);
  });

  it('207 to a keyed batch is no end: the whole is sent again', async () => {
    const partly = answer(
      207,
      { accepted: 1, failed: [{ index: 1, ambiguous: false }] },
      { 'Retry-After': '1' },
    );
    const { client, requests } = scriptedApi([partly, answer(202, { accepted: 2 })]);
    const increments = [
      { key: 'a', value: 1 },
      { key: 'b', value: 1 },
    ];
    expect((await client.incrementMany({ body: { increments } })).status).toBe(202);
    expect(requests[1]?.body).toBe(requests[0]?.body);
    expect(requests[1]!.atMs - requests[0]!.atMs).toBe(1050);
    const unkeyed = scriptedApi([partly]);
    expect((await unkeyed.client.incrementMany({ body: { increments } }, { keyed: false })).status).toBe(207);
    const unfinished = scriptedApi([partly]);
    expect((await unfinished.client.incrementMany({ body: { increments } })).status).toBe(207);
    expect(unfinished.requests).toHaveLength(5);
  });
});

describe('the time of a call', () => {
  it('is bounded for each try and for all together', async () => {
    const { client, clock, requests } = scriptedApi(['silence'], {
      policy: { tryTimeoutMs: 400, callTimeoutMs: 1000 },
    });
    const error = await rejection(client.increment(increment));
    expect(error).toMatchObject({ code: 'timed-out', ambiguous: true, retryable: true, tries: 3 });
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 450, 950]);
    expect(clock.monotonicMs()).toBe(1000);
  });

  it('can be set for one call', async () => {
    const { client, clock } = scriptedApi(['silence']);
    await rejection(client.getHealth(undefined, { timeoutMs: 120, tryTimeoutMs: 50 }));
    expect(clock.monotonicMs()).toBe(120);
  });

  it('is longer by what the API was asked to wait', async () => {
    const { client, clock } = scriptedApi(['silence'], { policy: { tryTimeoutMs: 400, triesMax: 1 } });
    await rejection(client.deleteAd({ ...ad, prefer: 'wait=3' }));
    expect(clock.monotonicMs()).toBe(3400);
  });

  it('is not spent on a Retry-After that is longer', async () => {
    const { client, clock } = scriptedApi([problem(503, 'not-caught-up', { 'Retry-After': '40' })]);
    expect(await rejection(client.getCounter({ key: 'k' }))).toMatchObject({
      code: 'not-caught-up',
      tries: 1,
    });
    expect(clock.monotonicMs()).toBe(0);
  });

  it('ends with its signal, in a try, between tries and before the first', async () => {
    const controller = new AbortController();
    const { client, clock, requests } = scriptedApi(['silence'], { autoAdvance: false });
    const call = rejection(client.increment(increment, { signal: controller.signal }));
    await clock.advance(10);
    controller.abort(new Error('enough'));
    expect(await call).toMatchObject({
      code: 'aborted',
      ambiguous: true,
      tries: 1,
      cause: new Error('enough'),
    });
    const late = rejection(client.increment(increment, { signal: controller.signal }));
    expect(await late).toMatchObject({ code: 'aborted', ambiguous: false, tries: 0 });
    expect(requests).toHaveLength(1);
    const between = new AbortController();
    const other = scriptedApi([unavailable], { autoAdvance: false, random: 1 });
    const paused = rejection(other.client.increment(increment, { signal: between.signal }));
    await other.clock.advance(50);
    between.abort();
    expect(await paused).toMatchObject({ code: 'log-unavailable', tries: 1 });
    expect(other.clock.sleeping).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const { client, clock } = scriptedApi([unavailable, accepted]);
    await client.increment(increment);
    expect(clock.sleeping).toBe(0);
  });
});

describe('the client as a whole', () => {
  it('sends no more retries than its budget, whatever fails', async () => {
    const { client, requests } = scriptedApi([problem(404, 'not-found'), unavailable], {
      policy: {
        retryBudget: { ratio: 0.1, burst: 4, perSecond: 0 },
        breaker: { failureShare: 2 },
      },
    });
    const calls = 100;
    for (let call = 0; call < calls; call++) await rejection(client.increment(increment));
    expect(requests.length).toBeGreaterThan(calls + 4);
    expect(requests.length).toBeLessThanOrEqual(calls + 4 + 0.1 * calls);
    expect(client.facts()).toMatchObject({ calls, tries: requests.length, retries: requests.length - calls });
  });

  it('stops sending when too much fails, and finds out by one call whether that is over', async () => {
    const steps = [...Array.from({ length: 20 }, () => unavailable), problem(404, 'not-found')];
    const { client, clock, requests } = scriptedApi(steps, {
      autoAdvance: false,
      policy: { triesMax: 1, breaker: { openMs: 1000 } },
    });
    for (let call = 0; call < 20; call++) await rejection(client.increment(increment));
    expect(client.facts().classes.increments.breaker).toBe('open');
    expect(await rejection(client.increment(increment))).toMatchObject({
      code: 'circuit-open',
      tries: 0,
      ambiguous: false,
      retryable: true,
    });
    expect(requests).toHaveLength(20);
    await clock.advance(1000);
    const [first, second] = [rejection(client.increment(increment)), rejection(client.increment(increment))];
    expect(await second).toMatchObject({ code: 'circuit-open' });
    expect(await first).toMatchObject({ code: 'not-found' });
    expect(client.facts().classes.increments.breaker).toBe('closed');
  });

  it('does not take a 429, a 404 or a read that is too early for trouble', async () => {
    for (const step of [problem(404, 'not-found'), problem(503, 'not-caught-up')]) {
      const { client } = scriptedApi([step], { policy: { triesMax: 1 } });
      for (let call = 0; call < 30; call++) await rejection(client.getCounter({ key: 'k' }));
      expect(client.facts().classes.counters.breaker).toBe('closed');
    }
  });

  it('keeps to the limit that a 429 told, with all its calls', async () => {
    const headers = {
      'Retry-After': '2',
      RateLimit: '"token";r=0;t=2',
      'RateLimit-Policy': '"token";q=50;w=5',
    };
    const { client, requests } = scriptedApi([problem(429, 'too-many-requests', headers), accepted], {
      random: 0,
    });
    await client.increment(increment);
    await Promise.all([client.increment(increment), client.increment(increment)]);
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 2000, 2100, 2200]);
    const late = scriptedApi([problem(429, 'too-many-requests', { 'Retry-After': '60' })]);
    expect(await rejection(late.client.increment(increment))).toMatchObject({
      code: 'rate-limited',
      tries: 1,
    });
    expect(await rejection(late.client.increment(increment))).toMatchObject({
      code: 'rate-limited',
      tries: 0,
    });
    expect(late.requests).toHaveLength(1);
  });

  it('refuses a call too many', async () => {
    const { client } = scriptedApi(['silence'], { policy: { callsMax: 1, triesMax: 1 } });
    const first = rejection(client.getHealth());
    expect(await rejection(client.getHealth())).toMatchObject({ code: 'too-many-calls', retryable: true });
    await first;
    expect(client.facts().underWay).toBe(0);
  });
});

describe('consistency', () => {
  const written = (token: string) => answer(202, {}, { 'Consistency-Token': token });
  const token = (n: number, key: string): string => `c2.dev.e.s.${n}.1.${key}`;

  it('of a counter: a read presents the token of the client’s own last write of it', async () => {
    const counter = answer(200, '{"k":3}');
    const { client, requests } = scriptedApi([written(token(1, 'k')), written(token(2, 'k')), counter]);
    await client.increment(increment);
    await client.increment(increment);
    await client.getTotal({ key: 'k' });
    await client.getTotal({ key: 'other' });
    await client.getTotal({ key: 'k', consistencyToken: 'mine' });
    expect(requests.slice(2).map(({ headers }) => headers['Consistency-Token'])).toEqual([
      token(2, 'k'),
      undefined,
      'mine',
    ]);
  });

  it('of a batch: it asks for a token of each counter', async () => {
    const tokens = { a: token(1, 'a'), b: token(2, 'b') };
    const { client, requests } = scriptedApi([
      answer(202, { accepted: 2, tokens }),
      answer(200, { counters: [] }),
    ]);
    await client.incrementMany({
      body: {
        increments: [
          { key: 'a', value: 1 },
          { key: 'b', value: 1 },
        ],
      },
    });
    await client.getCounters({ key: ['a', 'b', 'c'] });
    expect(requests[0]?.headers['Prefer']).toBe('return=representation');
    expect(requests[1]?.headers['Consistency-Token']).toBe(`${tokens.b}, ${tokens.a}`);
  });

  it('of ads: a read presents what was written or read last', async () => {
    const page = answer(200, { ads: [], total: 0 }, { 'Consistency-Token': 'a2.dev.e.s.9.1' });
    const { client, requests } = scriptedApi([
      answer(202, { ...ad, version: null }, { 'Consistency-Token': 'a2.dev.e.s.8.1' }),
      page,
    ]);
    await client.deleteAd(ad);
    await client.queryAds();
    await client.queryAds();
    expect(requests.map(({ headers }) => headers['Consistency-Token'])).toEqual([
      undefined,
      'a2.dev.e.s.8.1',
      'a2.dev.e.s.9.1',
    ]);
  });
});

describe('a request', () => {
  it('carries path, query, token and trace where they belong', async () => {
    const { client, requests } = scriptedApi([answer(200, { counters: [] })], {
      baseUrl: 'https://api.test/prod//',
      token: () => 'secret',
    });
    await client.getCounters({ key: ['a/b', 'c d&'] }, { traceparent: '00-1-2-01' });
    await client.getTotal({ key: 'ad-42/ü?#' });
    await client.queryAds({ age: 24, country: undefined, limit: 5 });
    expect(requests.map(({ url }) => url)).toEqual([
      'https://api.test/prod/api/v1/counters?key=a%2Fb&key=c%20d%26',
      'https://api.test/prod/increment/ad-42%2F%C3%BC%3F%23',
      'https://api.test/prod/api/v1/ad?age=24&limit=5',
    ]);
    expect(requests[0]?.headers).toEqual({ Authorization: 'Bearer secret', Traceparent: '00-1-2-01' });
  });

  it('carries no token while there is none', async () => {
    let token = '';
    const { client, requests } = scriptedApi([answer(200, { a: 1 }), answer(200, { a: 1 })], {
      token: () => token,
    });
    await client.getTotal({ key: 'a' });
    token = 'secret';
    await client.getTotal({ key: 'a' });
    expect(requests.map(({ headers }) => headers)).toEqual([{}, { Authorization: 'Bearer secret' }]);
  });

  it.each([['.'], ['..'], ['']])('is not sent elsewhere because its key is "%s"', async (key) => {
    const { client, requests } = scriptedApi([accepted]);
    expect(await rejection(client.getCounter({ key }))).toMatchObject({ code: 'invalid-input', tries: 0 });
    expect(requests).toEqual([]);
  });

  it('is not sent with what HTTP cannot carry', async () => {
    const { client, requests } = scriptedApi([accepted]);
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    const faulty = [
      client.increment({ ...increment, idempotencyKey: 'a\nb' }),
      client.getCounter({ key: '\ud800' }),
      client.getCounter({ key: {} as string }),
      client.increment({ body: circle as never }),
      client.increment({} as never),
    ];
    for (const call of faulty) expect(await rejection(call)).toMatchObject({ code: 'invalid-input' });
    expect(requests).toEqual([]);
    expect(client.facts().calls).toBe(0);
  });

  it('keeps a key that it was given', async () => {
    const { client, requests } = scriptedApi([accepted]);
    await client.increment({ ...increment, idempotencyKey: 'order-7' });
    expect(requests[0]?.headers['Idempotency-Key']).toBe('order-7');
  });
});

describe('the id of a request', () => {
  it('is sent with each attempt if the caller gives one', async () => {
    const { client, requests } = scriptedApi([unavailable, accepted]);
    await client.increment(increment, { requestId: 'mine' });
    expect(requests.map(({ headers }) => headers['X-Request-Id'])).toEqual(['mine', 'mine']);
    await client.increment(increment);
    expect(requests.at(-1)?.headers).not.toHaveProperty('X-Request-Id');
  });

  it('is in the error, from the last answer', async () => {
    const refused = problem(404, 'not-found', { 'X-Request-Id': 'r-2' });
    const first = problem(503, 'state-unavailable', { 'X-Request-Id': 'r-1' });
    const { client } = scriptedApi([first, refused]);
    expect(await rejection(client.getAd(ad))).toMatchObject({ code: 'not-found', requestId: 'r-2' });
  });

  it('is that of an earlier answer if the last attempt got none', async () => {
    const { client } = scriptedApi([
      problem(503, 'state-unavailable', { 'X-Request-Id': 'r-1' }),
      systemError('ECONNRESET'),
    ]);
    expect(await rejection(client.getAd(ad))).toMatchObject({ code: 'no-answer', requestId: 'r-1' });
  });

  it('is in the error for an answer that the document does not list', async () => {
    const { client } = scriptedApi([answer(299, {}, { 'X-Request-Id': 'r-3' })]);
    expect(await rejection(client.getAd(ad))).toMatchObject({ code: 'unexpected-answer', requestId: 'r-3' });
  });

  it('is undefined if there was no answer', async () => {
    const { client } = scriptedApi([systemError('ECONNREFUSED')]);
    expect(await rejection(client.getAd(ad))).toMatchObject({ code: 'not-connected', requestId: undefined });
  });
});
