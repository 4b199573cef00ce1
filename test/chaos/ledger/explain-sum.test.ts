import { describe, expect, it } from '@jest/globals';
import { Prng } from '../../support/prng.ts';
import { isSumOfSome } from './explain-sum.ts';

describe('isSumOfSome', () => {
  it('finds every selection, of none and of all as well', () => {
    const values = [3n, 10n, 100n, 100n, 7_000_000_000_000_000n];
    for (const sum of [0n, 3n, 110n, 200n, 7_000_000_000_000_213n])
      expect(isSumOfSome(sum, values)).toBe(true);
    for (const sum of [1n, 6n, 301n, -3n, 7_000_000_000_000_214n])
      expect(isSumOfSome(sum, values)).toBe(false);
  });

  it('agrees with the selection that made the sum, for wide values', () => {
    const prng = new Prng(7);
    for (let round = 0; round < 50; round += 1) {
      const values = Array.from({ length: prng.int(0, 16) }, () => BigInt(prng.int(1, 4_000_000_000)));
      const sum = prng.sample(values, prng.int(0, values.length)).reduce((all, value) => all + value, 0n);
      expect(isSumOfSome(sum, values)).toBe(true);
    }
  });

  it('refuses more values than it can try', () => {
    expect(() => isSumOfSome(1n, new Array<bigint>(41).fill(1n))).toThrow(RangeError);
  });
});
