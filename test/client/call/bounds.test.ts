import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryAfterMs } from '../../../client/call/backoff.ts';
import { CircuitBreaker, type Permit } from '../../../client/call/circuit-breaker.ts';
import { judge } from '../../../client/call/judge.ts';
import { RateGate } from '../../../client/call/rate-gate.ts';
import { RetryBudget } from '../../../client/call/retry-budget.ts';
import type { TryResult } from '../../../client/call/try-once.ts';
import { browserConnections, defaultPolicy, makePolicy } from '../../../client/policy.ts';
import { answer, problem, rejection, scriptedApi, systemError } from '../support/scripted-api.ts';

/** Every bound of a call one before it, at it and one beyond it; and what is full, free again. */

describe('the circuit breaker', () => {
  const policy = { windowMs: 1000, triesMin: 4, failureShare: 0.5, openMs: 500 };

  /** The same by its promise, from a list of what happened. */
  class NaiveBreaker {
    #window: { readonly fromMs: number; outcomes: ('good' | 'bad')[] } = { fromMs: 0, outcomes: [] };
    #openUntilMs: number | undefined;
    #probe = false;

    enter(nowMs: number): 'probe' | 'permit' | number {
      if (this.#openUntilMs === undefined) return 'permit';
      if (nowMs < this.#openUntilMs) return this.#openUntilMs - nowMs;
      if (this.#probe) return 100;
      this.#probe = true;
      return 'probe';
    }

    end(kind: 'probe' | 'permit', outcome: 'good' | 'bad' | 'none', nowMs: number): void {
      if (kind === 'probe') {
        this.#probe = false;
        if (outcome === 'bad') this.#openUntilMs = nowMs + 500;
        if (outcome !== 'good') return;
        this.#openUntilMs = undefined;
        this.#window = { fromMs: nowMs, outcomes: [] };
        return;
      }
      if (outcome === 'none' || this.#openUntilMs !== undefined) return;
      if (nowMs - this.#window.fromMs >= 1000) this.#window = { fromMs: nowMs, outcomes: [] };
      const { outcomes } = this.#window;
      outcomes.push(outcome);
      const bad = outcomes.filter((one) => one === 'bad').length;
      if (outcome === 'bad' && outcomes.length >= 4 && bad * 2 >= outcomes.length)
        this.#openUntilMs = nowMs + 500;
    }

    get state(): string {
      if (this.#openUntilMs === undefined) return 'closed';
      return this.#probe ? 'half-open' : 'open';
    }
  }

  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ type: 'enter' } as const) },
    {
      weight: 4,
      arbitrary: fc
        .record({ which: fc.nat(3), outcome: fc.constantFrom('good', 'bad', 'bad', 'none') })
        .map((end) => ({ type: 'end', ...end }) as const),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(1, 249, 499, 500, 501, 999, 1000, 1001)
        .map((ms) => ({ type: 'wait', ms }) as const),
    },
  );

  it('does as a naive one does, whatever happens when', () => {
    const met = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        let nowMs = 0;
        const [breaker, naive] = [new CircuitBreaker(policy, 0), new NaiveBreaker()];
        const [said, promised]: [unknown[], unknown[]] = [[], []];
        const underWay: { permit: Permit; kind: 'probe' | 'permit' }[] = [];
        for (const one of steps) {
          if (one.type === 'wait') nowMs += one.ms;
          else if (one.type === 'enter') {
            const [entered, expected] = [breaker.enter(() => nowMs), naive.enter(nowMs)];
            said.push(typeof entered === 'number' ? entered : 'permit');
            promised.push(typeof expected === 'number' ? expected : 'permit');
            if (typeof entered !== 'number' && typeof expected !== 'number')
              underWay.push({ permit: entered, kind: expected });
          } else {
            const [ended] = underWay.splice(one.which % Math.max(1, underWay.length), 1);
            if (ended === undefined) continue;
            if (one.outcome === 'good') ended.permit.succeeded();
            else if (one.outcome === 'bad') ended.permit.failed();
            else ended.permit.withdrawn();
            naive.end(ended.kind, one.outcome, nowMs);
          }
          said.push(breaker.state);
          promised.push(naive.state);
          met.add(naive.state);
        }
        expect(said).toEqual(promised);
      }),
      { numRuns: 200 },
    );
    expect([...met].sort()).toEqual(['closed', 'half-open', 'open']);
  });

  it('lets the probe through after the wait that it asked for, on a clock of fractions', () => {
    for (let openedMs = 0.1; openedMs < 50; openedMs *= 1.3) {
      let nowMs = openedMs;
      const breaker = new CircuitBreaker({ ...policy, openMs: 500.7 }, 0);
      for (let n = 0; n < 4; n++) (breaker.enter(() => nowMs) as Permit).failed();
      nowMs += 0.3;
      const waitMs = breaker.enter(() => nowMs) as number;
      expect(Number.isInteger(waitMs)).toBe(true);
      nowMs += waitMs;
      expect(typeof breaker.enter(() => nowMs)).toBe('object');
    }
  });

  it.each([
    [499, 1],
    [500, 'probe'],
    [501, 'probe'],
  ])('%i ms after it opened says %s', (afterMs, expected) => {
    let nowMs = 0;
    const breaker = new CircuitBreaker(policy, 0);
    for (let n = 0; n < 4; n++) (breaker.enter(() => nowMs) as Permit).failed();
    nowMs = afterMs;
    const entered = breaker.enter(() => nowMs);
    expect(typeof entered === 'number' ? entered : 'probe').toBe(expected);
  });
});

describe('the retry budget', () => {
  // Powers of two, so that the sums are exact.
  const policy = { ratio: 0.25, burst: 3, perSecond: 0.5 };

  it('gives what its burst, its share of the calls and its trickle have filled, no less and no more', () => {
    const step = fc.record({ calls: fc.nat(9), takes: fc.nat(5), pauseMs: fc.nat(8).map((n) => n * 500) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20, size: 'max' }), (steps) => {
        const budget = new RetryBudget(policy, 0);
        let [nowMs, tokens, filledMs] = [0, 3, 0];
        const [said, promised]: [number[], number[]] = [[], []];
        for (const { calls, takes, pauseMs } of steps) {
          nowMs += pauseMs;
          for (let call = 0; call < calls; call++) {
            budget.earn();
            tokens = Math.min(3, tokens + 0.25);
          }
          for (let take = 0; take < takes; take++) {
            tokens = Math.min(3, tokens + ((nowMs - filledMs) / 1000) * 0.5);
            filledMs = nowMs;
            const expected = tokens >= 1 ? 0 : (1 - tokens) * 2000;
            if (tokens >= 1) tokens -= 1;
            promised.push(expected);
            said.push(budget.take(nowMs));
          }
        }
        expect(said).toEqual(promised);
      }),
    );
  });

  it('gives a retry a millisecond after the wait that it asked for at the latest, whatever its fractions add up to', () => {
    const share = fc.constantFrom(0.1, 0.2, 0.3, 1 / 3);
    fc.assert(
      fc.property(
        share,
        share,
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.nat(20),
        (ratio, perSecond, atMs, calls) => {
          const budget = new RetryBudget({ ratio, burst: 1, perSecond }, 0);
          budget.take(atMs);
          for (let call = 0; call < calls; call++) budget.earn();
          for (let nowMs = atMs, retries = 0; retries < 5; retries++) {
            const waitMs = budget.take(nowMs);
            nowMs += waitMs;
            if (waitMs === 0) continue;
            const moreMs = budget.take(nowMs);
            expect([Number.isInteger(waitMs), moreMs === 0 || moreMs === 1]).toEqual([true, true]);
            if (moreMs === 1) expect(budget.take(nowMs + 1)).toBe(0);
          }
        },
      ),
    );
  });

  it('gets no fuller than its burst, by calls nor by time, and is full again after it was empty', () => {
    const budget = new RetryBudget(policy, 0);
    const takeAll = (nowMs: number): number => {
      for (let taken = 0; ; taken++) if (budget.take(nowMs) > 0) return taken;
    };
    expect(takeAll(0)).toBe(3);
    for (let call = 0; call < 100; call++) budget.earn();
    expect(takeAll(0)).toBe(3);
    expect(takeAll(1_000_000)).toBe(3);
    expect(takeAll(1_000_000)).toBe(0);
  });
});

describe('the rate gate', () => {
  const gateAfter = (
    headers: Readonly<Record<string, string>>,
    { status = 429, random = 0, gate = new RateGate(1000, () => random), atMs = 0 } = {},
  ): RateGate => {
    gate.learn({ status, get: (name) => headers[name] ?? null }, { nowMs: 0, monotonicMs: atMs });
    return gate;
  };
  const waits = (gate: RateGate, ...times: readonly number[]): (number | undefined)[] =>
    times.map((nowMs) => gate.enter(nowMs, 100_000));

  it.each<[number, string | undefined, string | undefined, number]>([
    // Status, Retry-After, RateLimit: milliseconds.
    [429, '3', '"t";r=0;t=7', 3000],
    [429, undefined, '"t";r=0;t=7', 7000],
    [429, undefined, '"t";r=4;t=7', 7000],
    [429, 'soon', undefined, 1000],
    [429, '0', undefined, 0],
    [429, undefined, undefined, 1000],
    [200, '3', '"t";r=0;t=7', 7000],
    [200, '3', '"t"; r=0; t=7', 7000],
    [200, '3', '"t";r=0', 1000],
    [200, '3', '"t";r=1;t=7', 0],
    [200, '3', '"t";r=05;t=7', 0],
    [200, '3', '"t";r=10;t=7', 0],
    [200, '3', undefined, 0],
    [503, '3', undefined, 0],
  ])('after %i with Retry-After %s and RateLimit %s waits %i ms', (status, retryAfter, rateLimit, waitMs) => {
    const headers = {
      ...(retryAfter !== undefined && { 'Retry-After': retryAfter }),
      ...(rateLimit !== undefined && { RateLimit: rateLimit }),
    };
    expect(waits(gateAfter(headers, { status }), 0)).toEqual([waitMs]);
  });

  it.each([
    ['"t";q=50;w=5', 100],
    ['"t"; q=1; w=60', 60_000],
    ['"t";q=1000;w=1', 1],
    ['"t";q=0;w=5', 20],
    ['"t";q=5', 20],
    ['none', 20],
  ])('with the policy %s lets one out each %i ms', (policy, intervalMs) => {
    const gate = gateAfter({ 'Retry-After': '2', 'RateLimit-Policy': policy });
    expect(waits(gate, 0, 0)).toEqual([2000, 2000 + intervalMs]);
  });

  it('keeps a pace that it was told until it is told another', () => {
    const gate = gateAfter({ 'Retry-After': '2', 'RateLimit-Policy': '"t";q=50;w=5' });
    gateAfter({ 'Retry-After': '3' }, { gate });
    expect(waits(gate, 0, 0)).toEqual([3000, 3100]);
  });

  it('never lets out earlier than it was told before', () => {
    const gate = gateAfter({ 'Retry-After': '5' });
    gateAfter({ 'Retry-After': '1' }, { gate });
    expect(waits(gate, 0)).toEqual([5000]);
  });

  it('paces for its time after the wait, to the millisecond, and is open again', () => {
    // Held back until 2,000, paced until 3,000.
    const gate = gateAfter({ 'Retry-After': '2' });
    expect(waits(gate, 2999, 2999, 2999)).toEqual([0, 20, 20]);
    const late = gateAfter({ 'Retry-After': '2' });
    expect(waits(late, 3000, 3000, 3000)).toEqual([0, 0, 0]);
    gateAfter({ 'Retry-After': '2' }, { gate: late, atMs: 4000 });
    expect(waits(late, 4000, 4000)).toEqual([2000, 2020]);
  });

  it.each([
    [1999, undefined],
    [2000, 2000],
  ])('for a call that has %i ms gives %s', (waitMsMax, waitMs) => {
    expect(gateAfter({ 'Retry-After': '2' }).enter(0, waitMsMax)).toBe(waitMs);
  });

  it('spreads what it waits over a quarter of it', () => {
    expect(waits(gateAfter({ 'Retry-After': '2' }, { random: 0.5 }), 0)).toEqual([2250]);
  });
});

describe('Retry-After as a date', () => {
  it.each([
    [-1001, 0],
    [-1, 0],
    [0, 0],
    [1, 1],
    [1999, 1999],
  ])('%i ms from now is %i ms', (aheadMs, waitMs) => {
    const atMs = Date.UTC(2026, 0, 1, 0, 0, 5);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', atMs - aheadMs)).toBe(waitMs);
  });
});

describe('what follows an attempt', () => {
  type Row = readonly [next: 'done' | 'failed' | 'again', ambiguous: boolean, healthy: boolean | undefined];
  const done: Row = ['done', false, true];
  const refused: Row = ['failed', false, true];
  const never: Row = ['again', false, true];
  const again: Row = ['again', true, false];
  /** What a keyed write makes of it, one without a key, and a read. */
  const table: readonly (readonly [
    number | 'timed-out' | 'no-answer' | 'not-connected' | 'aborted',
    Row,
    Row,
    Row,
  ])[] = [
    ...[200, 201, 202, 204, 304].map((status) => [status, done, done, done] as const),
    [207, ['again', true, true], done, done],
    ...[400, 401, 403, 404, 408, 409, 412, 413, 415, 421, 422, 425, 431].map(
      (status) => [status, refused, refused, refused] as const,
    ),
    [429, never, never, never],
    ...[500, 502, 503, 504].map(
      (status) => [status, again, ['failed', true, false], ['again', false, false]] as const,
    ),
    ...[501, 505, 507].map((status) => [status, refused, refused, refused] as const),
    ...(['timed-out', 'no-answer'] as const).map(
      (reason) => [reason, again, ['failed', true, false], ['again', false, false]] as const,
    ),
    ['not-connected', ['again', false, false], ['again', false, false], ['again', false, false]],
    ['aborted', ['failed', true, undefined], ['failed', true, undefined], ['failed', false, undefined]],
  ];
  const kinds = [
    { repeatable: true, writes: true, isUnfinished: (status: number) => status === 207 },
    { repeatable: false, writes: true, isUnfinished: () => false },
    { repeatable: true, writes: false, isUnfinished: () => false },
  ];

  it.each(table)('that got %s', (got, ...rows) => {
    const result: TryResult =
      typeof got === 'number'
        ? { type: 'answered', status: got, headers: new Headers(), text: '', json: undefined }
        : { type: 'failed', reason: got, neverSent: got === 'not-connected', error: undefined };
    const verdicts = kinds.map((kind) => {
      const { next, ambiguous, healthy } = judge(result, kind);
      return [next, ambiguous, healthy];
    });
    expect(verdicts).toEqual(rows);
  });
});

describe('a call', () => {
  const increment = { body: { key: 'k', value: 1 } };
  const accepted = answer(202, {});

  // The pause is what Retry-After says, since nothing is added by chance.
  it.each([
    [1000, 1],
    [1001, 2],
  ])('of %i ms that is asked to wait 1,000 is sent %i times', async (callTimeoutMs, tries) => {
    const { client, clock, requests } = scriptedApi(
      [problem(503, 'log-unavailable', { 'Retry-After': '1' }), accepted],
      {
        random: 0,
        policy: { callTimeoutMs },
      },
    );
    await client.increment(increment).catch(() => undefined);
    expect(requests).toHaveLength(tries);
    // A call that cannot be sent again does not wait first.
    expect(clock.monotonicMs()).toBe((tries - 1) * 1000);
  });

  it('waits for the rate and not for Retry-After as well, after a 429', async () => {
    const { client, requests } = scriptedApi([problem(429, 'too-many', { 'Retry-After': '2' }), accepted], {
      random: 0,
    });
    await client.increment(increment);
    expect(requests.map(({ atMs }) => atMs)).toEqual([0, 2000]);
  });

  it('learns from a success that nothing is left, and from a failure', async () => {
    for (const first of [
      answer(202, {}, { RateLimit: '"t";r=0;t=3' }),
      problem(404, 'not-found', { RateLimit: '"t";r=0;t=3' }),
    ]) {
      const { client, requests } = scriptedApi([first, accepted], { random: 0 });
      await client.increment(increment).catch(() => undefined);
      await client.increment(increment);
      expect(requests.map(({ atMs }) => atMs)).toEqual([0, 3000]);
    }
  });

  it('beyond the most under way is refused, and is taken once one of them has ended', async () => {
    const { client, clock } = scriptedApi(['silence', 'silence', accepted], {
      autoAdvance: false,
      policy: { callsMax: 2, triesMax: 1, tryTimeoutMs: 100 },
    });
    const two = [rejection(client.increment(increment)), rejection(client.increment(increment))];
    expect(client.facts()).toMatchObject({ underWay: 2, calls: 2 });
    expect(await rejection(client.increment(increment))).toMatchObject({
      ...{ code: 'too-many-calls', retryable: true, ambiguous: false, tries: 0 },
    });
    await clock.advance(100);
    await Promise.all(two);
    expect(client.facts()).toMatchObject({ underWay: 0, calls: 2 });
    expect((await client.increment(increment)).status).toBe(202);
  });

  it('without budget fails at once, and has budget again by time', async () => {
    const { client, clock, requests } = scriptedApi([problem(503, 'log-unavailable')], {
      random: 0,
      policy: { retryBudget: { ratio: 0, burst: 1, perSecond: 1 }, breaker: { failureShare: 2 } },
    });
    await rejection(client.increment(increment));
    expect(requests).toHaveLength(2);
    await rejection(client.increment(increment));
    expect(requests).toHaveLength(3);
    expect(clock.monotonicMs()).toBe(0);
    await clock.advance(1000);
    await rejection(client.increment(increment));
    expect(requests).toHaveLength(5);
  });

  it.each([
    ['once it was', true, [systemError('ECONNRESET'), problem(429, 'x', { 'Retry-After': '99' })], true],
    ['only by another', true, [problem(429, 'x', { 'Retry-After': '1' }), problem(404, 'not-found')], false],
    ['without a key', false, [problem(429, 'x', { 'Retry-After': '1' }), systemError('ECONNRESET')], true],
    [
      'when it was never sent',
      false,
      [systemError('ENOTFOUND'), systemError('UND_ERR_CONNECT_TIMEOUT')],
      false,
    ],
  ])('may have taken effect %s', async (_name, keyed, steps, ambiguous) => {
    const { client } = scriptedApi(steps, { policy: { triesMax: 2 } });
    expect(await rejection(client.increment(increment, { keyed }))).toMatchObject({ ambiguous, tries: 2 });
  });

  it('that was refused before it was sent again may be repeated unless it is ambiguous without a key', async () => {
    const steps = [systemError('ECONNREFUSED'), problem(429, 'x', { 'Retry-After': '99' })];
    for (const keyed of [true, false]) {
      const { client } = scriptedApi(steps);
      expect(await rejection(client.increment(increment, { keyed }))).toMatchObject({
        ...{ code: 'rate-limited', retryable: true, ambiguous: false, tries: 2 },
      });
    }
    const stopped = new AbortController();
    stopped.abort();
    const { client } = scriptedApi([accepted]);
    expect(await rejection(client.increment(increment, { signal: stopped.signal }))).toMatchObject({
      ...{ code: 'aborted', retryable: false },
    });
  });

  it('takes no answer for JSON that is not, and none of a failure', async () => {
    const { client } = scriptedApi([answer(400, '{"cut')]);
    expect(await rejection(client.increment(increment))).toMatchObject({ code: 'http-400', tries: 1 });
    const text = scriptedApi([answer(200, 'k 1', { 'Content-Type': 'text/plain' })]);
    expect(await rejection(text.client.getTotal({ key: 'k' }))).toMatchObject({
      ...{ code: 'unexpected-answer', ambiguous: false },
    });
  });
});

describe('a policy', () => {
  const { backoff, retryBudget, breaker, connections, gzipFromLength, ...plain } = defaultPolicy;
  const numbers = [
    ...Object.keys(plain).map((name) => [name, (value: number) => ({ [name]: value })] as const),
    ...Object.entries({ backoff, retryBudget, breaker }).flatMap(([part, names]) =>
      Object.keys(names).map(
        (name) => [`${part}.${name}`, (value: number) => ({ [part]: { [name]: value } })] as const,
      ),
    ),
  ];

  it.each(numbers)('takes %s from 0', (_name, of) => {
    expect(() => makePolicy(of(0))).not.toThrow();
    for (const value of [-1, Number.NaN, Infinity]) expect(() => makePolicy(of(value))).toThrow(RangeError);
  });

  it.each(Object.keys(connections))('takes connections of %s from 1, and leaves the others', (name) => {
    expect(makePolicy({ connections: { [name]: 1 } }).connections).toEqual({ ...connections, [name]: 1 });
    for (const value of [0, -1, 1.5, Number.NaN, Infinity])
      expect(() => makePolicy({ connections: { [name]: value } })).toThrow(
        `connections.${name} must be a whole number from 1`,
      );
  });

  it('takes gzipFromLength from 0 to Infinity', () => {
    expect(gzipFromLength).toBe(1400);
    for (const value of [0, 1, Infinity])
      expect(makePolicy({ gzipFromLength: value })).toMatchObject({ gzipFromLength: value });
    for (const value of [-1, Number.NaN])
      expect(() => makePolicy({ gzipFromLength: value })).toThrow('gzipFromLength must be a number from 0');
  });

  it('has six connections in a browser altogether, and 64 for each class elsewhere', () => {
    expect(browserConnections).toEqual({ increments: 2, counters: 1, ads: 2, other: 1 });
    expect(connections).toEqual({ increments: 64, counters: 64, ads: 64, other: 64 });
    expect(makePolicy({}, browserConnections).connections).toEqual(browserConnections);
  });
});
