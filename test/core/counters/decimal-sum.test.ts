import { describe, expect, it } from '@jest/globals';
import { DecimalSum } from '../../../lib/core/counters/decimal-sum.ts';
import { Prng } from '../../support/prng.ts';

/** A whole number of so many digits, drawn; an odd one, so that a float that lost its last bit shows. */
function oddDigits(prng: Prng, digits: number): string {
  let text = String(prng.int(1, 9));
  while (text.length < digits - 1) text += String(prng.int(0, 9));
  return digits === 1 ? '9' : text + prng.pick(['1', '3', '5', '7', '9']);
}

/** The first sum on the way that is not what the numbers before it add up to. */
function wrongSum(values: readonly string[], count: number, readEvery: number): unknown {
  const amounts = values.map(BigInt);
  const sum = new DecimalSum();
  let expected = 0n;
  for (let i = 0; i < count; i += 1) {
    sum.add(values[i % values.length]!);
    expected += amounts[i % values.length]!;
    if ((i + 1) % readEvery === 0 && sum.value() !== expected) return { i, sum: sum.value(), expected };
  }
  return sum.value() === expected ? undefined : { sum: sum.value(), expected };
}

describe('a decimal sum', () => {
  it.each([1, 11, 12, 13, 15, 16, 19])(
    'of 10,000 numbers of %d digits is exact, read once or all the time',
    (digits) => {
      const prng = new Prng(digits);
      const values = Array.from({ length: 101 }, () => oddDigits(prng, digits));
      for (const readEvery of [Infinity, 97]) expect(wrongSum(values, 10_000, readEvery)).toBeUndefined();
    },
  );

  it('of numbers of any lengths is exact', () => {
    for (let seed = 0; seed < 8; seed += 1) {
      const prng = new Prng(seed);
      const lengths = [1, 8, 12, 12, 12, 13, 16, 19];
      const values = Array.from({ length: 211 }, () => oddDigits(prng, prng.pick(lengths)));
      expect(wrongSum(values, prng.int(1, 3000), prng.int(1, 100))).toBeUndefined();
    }
  });

  it('of nothing is nothing', () => {
    expect(new DecimalSum().value()).toBe(0n);
  });
});
