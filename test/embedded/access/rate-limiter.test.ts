import { describe, expect, it } from '@jest/globals';
import { RateLimiter } from '../../../lib/embedded/access/rate-limiter.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

function build(ratePerSecond = 10, burst = 5) {
  const clock = createVirtualClock();
  const limiter = new RateLimiter({ ratePerSecond, burst }, clock);
  const takeMany = (who: string, count: number): number =>
    Array.from({ length: count }, () => limiter.take(who)).filter((waitMs) => waitMs === 0).length;
  return { clock, limiter, takeMany };
}

describe('a rate limiter', () => {
  it('lets a burst through at once and then the rate', async () => {
    const { clock, takeMany } = build();
    expect(takeMany('a', 20)).toBe(5);
    await clock.advance(1000);
    expect(takeMany('a', 20)).toBe(5);
    await clock.advance(300);
    expect(takeMany('a', 20)).toBe(3);
  });

  it('says how long to wait, and that is long enough', async () => {
    const { clock, limiter, takeMany } = build();
    takeMany('a', 5);
    const waitMs = limiter.take('a');
    expect(waitMs).toBeCloseTo(100);
    await clock.advance(waitMs);
    expect(limiter.take('a')).toBe(0);
  });

  it('never lets more through in any time than burst + rate × time', async () => {
    const { clock, takeMany } = build(200, 1000);
    let passed = 0;
    for (let step = 0; step < 500; step += 1) {
      passed += takeMany('a', 37);
      await clock.advance(10);
    }
    expect(passed).toBeLessThanOrEqual(1000 + 200 * 5);
    expect(passed).toBeGreaterThanOrEqual(1000 + 200 * 4.98);
  });

  it('keeps each principal apart', () => {
    const { takeMany } = build();
    expect(takeMany('a', 9)).toBe(5);
    expect(takeMany('b', 9)).toBe(5);
  });

  it('forgets who has not called for longest, not who calls all the time', async () => {
    const { clock, takeMany } = build(1, 5);
    expect(takeMany('busy', 9)).toBe(5);
    for (let other = 0; other < 20_000; other += 1) {
      takeMany(`other-${other}`, 1);
      if (other % 1000 === 0) expect(takeMany('busy', 1)).toBe(0);
    }
    await clock.advance(1000);
    expect(takeMany('busy', 9)).toBe(1);
  });

  it('refuses a rate that lets nothing through', () => {
    expect(() => build(0, 5)).toThrow(RangeError);
    expect(() => build(5, 0)).toThrow(RangeError);
  });
});
