import { describe, expect, it } from '@jest/globals';
import { AdaptiveRate } from '../../../lib/embedded/trace/adaptive-rate.ts';
import { Prng } from '../../support/prng.ts';

describe('the sampling rate', () => {
  const random = new Prng(1);
  let nowMs = 0;
  const create = (): AdaptiveRate =>
    new AdaptiveRate({ perSecond: 50, random: () => random.uint32() / 2 ** 32, monotonicMs: () => nowMs });

  /** How many of `count` are taken, spread over a second. */
  function second(rate: AdaptiveRate, count: number): number {
    let taken = 0;
    for (let i = 0; i < count; i += 1) {
      nowMs += 1000 / count;
      if (rate.take() !== undefined) taken += 1;
    }
    return taken;
  }

  it('takes all while there are few', () => {
    const rate = create();
    for (let i = 0; i < 5; i += 1) expect(second(rate, 49)).toBe(49);
    expect(rate.rate).toBe(1);
  });

  it('takes about as many as it should once it has seen a second of many, and all again when they are gone', () => {
    const rate = create();
    // The first second begins with all; halving bounds even that.
    expect(second(rate, 20_000)).toBeLessThan(50 * 11);
    for (let i = 0; i < 5; i += 1) {
      const taken = second(rate, 20_000);
      expect(taken).toBeGreaterThan(15);
      expect(taken).toBeLessThan(120);
    }
    second(rate, 10);
    expect(second(rate, 10)).toBe(10);
  });

  it('says by which probability it took each, so that they can be weighed', () => {
    const rate = create();
    let weights = 0;
    const seen = 200_000;
    for (let i = 0; i < seen; i += 1) {
      nowMs += 0.05;
      const probability = rate.take();
      if (probability !== undefined) weights += 1 / probability;
    }
    expect(weights / seen).toBeGreaterThan(0.7);
    expect(weights / seen).toBeLessThan(1.3);
  });
});
