import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../lib/core/backoff.ts';

const backoff = { firstMs: 100, longestMs: 5000 };

describe('backoff', () => {
  it('doubles from the first pause to the longest, for any number of failures', () => {
    const pauses = [0, 1, 2, 3, 7, 100, 1e9].map((failures) => backoffMs(failures, backoff));
    expect(pauses).toEqual([100, 100, 200, 400, 5000, 5000, 5000]);
  });

  it('is any part of that pause with a random number', () => {
    expect([0, 0.25, 0.999].map((random) => backoffMs(3, backoff, random))).toEqual([0, 100, 399.6]);
    expect(backoffMs(1e9, backoff, 0.5)).toBe(2500);
  });
});
