import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs, retryAfterMs } from '../../../client/call/backoff.ts';
import { CircuitBreaker, type Permit } from '../../../client/call/circuit-breaker.ts';
import { RateGate } from '../../../client/call/rate-gate.ts';
import { RetryBudget } from '../../../client/call/retry-budget.ts';
import { makePolicy } from '../../../client/policy.ts';

describe('a pause before a retry', () => {
  const policy = { baseMs: 100, maxMs: 1000 };

  it('is drawn from zero to a bound that doubles up to its maximum', () => {
    const longest = [1, 2, 3, 4, 5, 6].map((tries) => backoffMs(policy, tries, () => 1));
    expect(longest).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoffMs(policy, 3, () => 0)).toBe(0);
    expect(backoffMs(policy, 3, () => 0.25)).toBe(100);
  });

  it('comes on top of what Retry-After asks for', () => {
    expect(backoffMs(policy, 1, () => 0.5, 2000)).toBe(2050);
  });

  it.each([
    ['3', 3000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 4000],
    ['Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads Retry-After: %s as %s ms', (value, ms) => {
    expect(retryAfterMs(value, Date.UTC(2026, 0, 1, 0, 0, 1))).toBe(ms);
  });
});

describe('the retry budget', () => {
  const policy = { ratio: 0.1, burst: 3, perSecond: 0.5 };

  it('starts with its burst, and earns a part of a retry with each call', () => {
    const budget = new RetryBudget({ ...policy, perSecond: 0 }, 0);
    expect([budget.take(0), budget.take(0), budget.take(0), budget.take(0)]).toEqual([0, 0, 0, Infinity]);
    for (let call = 0; call < 11; call++) budget.earn();
    expect([budget.take(0), budget.take(0)]).toEqual([0, Infinity]);
  });

  it('tells when time alone has earned a retry', () => {
    const budget = new RetryBudget({ ...policy, burst: 1 }, 0);
    expect(budget.take(0)).toBe(0);
    expect(budget.take(500)).toBe(1500);
    expect(budget.take(2000)).toBe(0);
  });

  it('never gives more than its burst, its share of the calls and its trickle together', () => {
    const step = fc.record({ calls: fc.nat(30), retries: fc.nat(30), pauseMs: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const budget = new RetryBudget(policy, 0);
        let [nowMs, calls, given] = [0, 0, 0];
        for (const { calls: more, retries, pauseMs } of steps) {
          nowMs += pauseMs;
          calls += more;
          for (let call = 0; call < more; call++) budget.earn();
          for (let retry = 0; retry < retries; retry++) if (budget.take(nowMs) === 0) given += 1;
          expect(given).toBeLessThanOrEqual(3 + 0.1 * calls + (0.5 * nowMs) / 1000 + 1e-6);
        }
      }),
    );
  });
});

describe('the circuit breaker', () => {
  const policy = { windowMs: 1000, triesMin: 4, failureShare: 0.5, openMs: 500 };
  let nowMs = 0;
  const now = (): number => nowMs;
  const open = (): CircuitBreaker => {
    nowMs = 0;
    return new CircuitBreaker(policy, 0);
  };
  const enter = (breaker: CircuitBreaker): Permit => {
    const permit = breaker.enter(now);
    if (typeof permit === 'number') throw new Error(`not let through for ${permit} ms`);
    return permit;
  };
  const tell = (breaker: CircuitBreaker, outcomes: string): void => {
    for (const outcome of outcomes) {
      const permit = enter(breaker);
      if (outcome === 'x') permit.failed();
      else permit.succeeded();
    }
  };

  it('stays closed while too few tries or too small a share of them failed', () => {
    const breaker = open();
    tell(breaker, 'xxx');
    expect(breaker.state).toBe('closed');
    nowMs = 1000;
    tell(breaker, 'oooxoxoox');
    expect(breaker.state).toBe('closed');
  });

  it('opens at the share, and lets nothing through for its time', () => {
    const breaker = open();
    tell(breaker, 'oxox');
    expect(breaker.state).toBe('open');
    nowMs = 400;
    expect(breaker.enter(now)).toBe(100);
  });

  it('forgets the tries of the last window', () => {
    const breaker = open();
    tell(breaker, 'xxx');
    nowMs = 1000;
    tell(breaker, 'x');
    expect(breaker.state).toBe('closed');
  });

  it('lets one probe through, closes when it succeeds, and starts counting anew', () => {
    const breaker = open();
    tell(breaker, 'xxxx');
    nowMs = 500;
    const probe = enter(breaker);
    expect(breaker.state).toBe('half-open');
    expect(breaker.enter(now)).toBe(100);
    probe.succeeded();
    expect(breaker.state).toBe('closed');
    tell(breaker, 'xxx');
    expect(breaker.state).toBe('closed');
  });

  it('opens again when the probe fails, and probes again when it was withdrawn', () => {
    const breaker = open();
    tell(breaker, 'xxxx');
    nowMs = 500;
    enter(breaker).failed();
    expect(breaker.enter(now)).toBe(500);
    nowMs = 1000;
    enter(breaker).withdrawn();
    enter(breaker).succeeded();
    expect(breaker.state).toBe('closed');
  });

  it('believes no try that began before it opened, and none twice', () => {
    const breaker = open();
    const early = enter(breaker);
    tell(breaker, 'xxxx');
    early.succeeded();
    expect(breaker.state).toBe('open');
    nowMs = 500;
    const probe = enter(breaker);
    probe.succeeded();
    probe.failed();
    expect(breaker.state).toBe('closed');
  });
});

describe('the rate gate', () => {
  const at = (monotonicMs: number): { nowMs: number; monotonicMs: number } => ({ nowMs: 0, monotonicMs });
  const refused = (headers: Readonly<Record<string, string>>, status = 429) => ({
    status,
    get: (name: string): string | null => headers[name] ?? null,
  });
  const full = { 'Retry-After': '2', RateLimit: '"token";r=0;t=2', 'RateLimit-Policy': '"token";q=50;w=5' };
  const enterAll = (gate: RateGate, count: number, nowMs: number): (number | undefined)[] =>
    Array.from({ length: count }, () => gate.enter(nowMs, 10_000));

  it('holds nothing back before the limit is reached', () => {
    const gate = new RateGate(1000, () => 0);
    gate.learn(refused({ RateLimit: '"token";r=7;t=2', 'Retry-After': '5' }, 200), at(0));
    expect(enterAll(gate, 3, 0)).toEqual([0, 0, 0]);
  });

  it('holds all calls back until Retry-After, and then lets them out at the pace of the policy', () => {
    const gate = new RateGate(1000, () => 0);
    gate.learn(refused(full), at(0));
    expect(enterAll(gate, 3, 500)).toEqual([1500, 1600, 1700]);
  });

  it('forgets the pace after a while', () => {
    const gate = new RateGate(1000, () => 0);
    gate.learn(refused(full), at(0));
    expect(enterAll(gate, 2, 2999)).toEqual([0, 100]);
    expect(enterAll(gate, 3, 3200)).toEqual([0, 0, 0]);
  });

  it('takes a success that says that nothing is left at its word', () => {
    const gate = new RateGate(1000, () => 0);
    gate.learn(refused({ RateLimit: '"token";r=0;t=3' }, 200), at(0));
    expect(gate.enter(0, 10_000)).toBe(3000);
  });

  it('waits a second, and lets out 50 a second, when it is told nothing', () => {
    const gate = new RateGate(1000, () => 0);
    gate.learn(refused({}), at(0));
    expect(enterAll(gate, 3, 0)).toEqual([1000, 1020, 1040]);
  });

  it('spreads processes that share a token, and takes no place for a call that has no time', () => {
    const gate = new RateGate(1000, () => 1);
    gate.learn(refused(full), at(0));
    expect(gate.enter(0, 2400)).toBeUndefined();
    expect(enterAll(gate, 2, 0)).toEqual([2500, 2600]);
  });
});

describe('a policy', () => {
  it('fills in what is left out, part by part', () => {
    const { retryBudget, triesMax } = makePolicy({ triesMax: 2, retryBudget: { burst: 1 } });
    expect([triesMax, retryBudget]).toEqual([2, { ratio: 0.1, burst: 1, perSecond: 0.2 }]);
  });

  it.each([[{ triesMax: -1 }], [{ callTimeoutMs: Number.NaN }], [{ breaker: { openMs: Infinity } }]])(
    'refuses %j',
    (options) => {
      expect(() => makePolicy(options)).toThrow(RangeError);
    },
  );
});
