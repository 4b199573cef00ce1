import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiter } from '../../../lib/embedded/access/rate-limiter.ts';
import { runs } from '../../core/runs.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** A ten-thousandth of a call, in which everything below is a whole number. */
const perCall = 10_000;

interface Rate {
  /** Calls in ten seconds, so that a millisecond brings this many ten-thousandths of a call. */
  readonly perTenSeconds: number;
  readonly burst: number;
}

/** A token bucket in whole numbers. */
class NaiveBucket {
  content: number;
  readonly #rate: Rate;
  #atMs = 0;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.content = rate.burst * perCall;
  }

  fillUntil(nowMs: number): void {
    const more = (nowMs - this.#atMs) * this.#rate.perTenSeconds;
    this.content = Math.min(this.content + more, this.#rate.burst * perCall);
    this.#atMs = nowMs;
  }
}

const rate: fc.Arbitrary<Rate> = fc.record({
  perTenSeconds: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 31, max: 3000 })),
  burst: fc.integer({ min: 1, max: 20 }),
});

/** A pause, most of them too short for a whole call, and then some calls at once. */
const step = fc.record({
  pauseMs: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 13, max: 2000 })),
  calls: fc.integer({ min: 1, max: 6 }),
  atOnce: fc.integer({ min: 1, max: 3 }),
});

describe('a rate limiter beside a naive bucket', () => {
  it('lets through what the rate promises, not a call more or less, and names the wait to the millisecond', () => {
    fc.assert(
      fc.property(rate, fc.array(step, { minLength: 1, maxLength: 40 }), (drawn, steps) => {
        let nowMs = 0;
        const limits = { ratePerSecond: drawn.perTenSeconds / 10, burst: drawn.burst };
        const limiter = new RateLimiter(limits, { monotonicMs: () => nowMs });
        const naive = new NaiveBucket(drawn);
        const wrong: unknown[] = [];
        for (const { pauseMs, calls, atOnce } of steps) {
          nowMs += pauseMs;
          naive.fillUntil(nowMs);
          for (let call = 0; call < calls; call += 1) {
            const missing = atOnce * perCall - naive.content;
            const waitMs = limiter.take('a', atOnce);
            // With the bucket exactly so full, the limiter's floats may be a hair below it.
            const expectedMs = Math.max(0, missing) / drawn.perTenSeconds;
            if (Math.abs(waitMs - expectedMs) > 1e-5) wrong.push({ nowMs, waitMs, expectedMs });
            if (waitMs === 0) naive.content -= atOnce * perCall;
          }
        }
        expect(wrong).toEqual([]);
      }),
      runs(300),
    );
  });

  it('lets 109 of 742 calls in 10 s through at 10 a second and a burst of 10', () => {
    let nowMs = 0;
    const limiter = new RateLimiter({ ratePerSecond: 10, burst: 10 }, { monotonicMs: () => nowMs });
    let passed = 0;
    for (let call = 0; call < 742; call += 1) {
      nowMs = (call * 10_000) / 742;
      if (limiter.take('a') === 0) passed += 1;
    }
    expect(passed).toBe(109);
  });
});

describe('a limiter that was saturated', () => {
  it.each([
    [0, 0, 250],
    [249, 0, 1],
    [250, 1, 250],
    [251, 1, 249],
    [499, 1, 1],
    [500, 2, 250],
    // From here on the bucket is full.
    [749, 2, 1],
    [750, 3, 250],
    [751, 3, 250],
    [90_000, 3, 250],
  ])(
    'lets as many calls through after %d ms as have come in: %d, the next one in %d ms',
    (atMs, calls, waitMs) => {
      let nowMs = 0;
      const limiter = new RateLimiter({ ratePerSecond: 4, burst: 3 }, { monotonicMs: () => nowMs });
      for (let call = 0; call < 3; call += 1) expect(limiter.take('a')).toBe(0);
      nowMs = atMs;
      for (let call = 0; call < calls; call += 1) expect(limiter.take('a')).toBe(0);
      expect(limiter.take('a')).toBeCloseTo(waitMs, 6);
    },
  );

  it('keeps 10,000 principals and drops the one that was used least recently', async () => {
    const clock = createVirtualClock();
    const limiter = new RateLimiter({ ratePerSecond: 1, burst: 1 }, clock);
    const principals = Array.from({ length: 10_000 }, (_, i) => `p${i}`);
    expect(principals.filter((principal) => limiter.take(principal) > 0)).toEqual([]);
    // All of them are known, the first ones used last: p2 is now the oldest.
    for (const principal of ['p0', 'p1', 'p9999']) expect(limiter.take(principal)).toBe(1000);
    expect(limiter.take('one more')).toBe(0);
    expect(limiter.take('p3')).toBe(1000);
    expect(limiter.take('p0')).toBe(1000);
    expect(limiter.take('p2')).toBe(0);
    await clock.advance(1000);
    expect(limiter.take('p0')).toBe(0);
  });

  it('takes several calls at once together or not at all', () => {
    const limiter = new RateLimiter({ ratePerSecond: 1, burst: 5 }, { monotonicMs: () => 0 });
    expect([limiter.take('a', 3), limiter.take('a', 3), limiter.take('a', 2), limiter.take('a')]).toEqual([
      0, 1000, 0, 1000,
    ]);
  });
});
