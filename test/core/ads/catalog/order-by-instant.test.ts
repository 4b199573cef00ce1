import { describe, expect, it } from '@jest/globals';
import { orderByInstant } from '../../../../lib/core/ads/catalog/order-by-instant.ts';
import { Prng } from '../../../support/prng.ts';

/** 9999-12-31, the last day there is. */
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The sort may work digit by digit, of 11 bits each: spans around every power, and all that is between. */
const spans = [
  ...[0, 1, 2, 50, 2047, 2048, 2049, 60_000],
  ...[2 ** 22 - 1, 2 ** 22, 2 ** 22 + 1, 2 ** 32, 50 * 86_400_000],
  ...[2 ** 33 - 1, 2 ** 33, 2 ** 33 + 1, 2 ** 44 - 1, 2 ** 44, 2 ** 44 + 1],
];
const counts = [0, 1, 2, 1023, 1024, 1300];

describe('ordering by instant', () => {
  it.each([0, 1_795_219_200_000, lastInstant - 2 ** 44 - 1])(
    'is what a stable sort gives, for any number of rows and any span from %d on',
    (first) => {
      for (const span of spans) {
        for (const count of counts) {
          const prng = new Prng(count + span);
          const rows = Array.from({ length: count }, (_, n) => ({ n, at: first + drawWithin(prng, span) }));
          // Both ends are there, and the last row is the first of its instant.
          if (count > 1) rows[0] = { n: 0, at: first + span };
          if (count > 1) rows[count - 1] = { n: count - 1, at: first };
          const expected = rows.toSorted((a, b) => a.at - b.at);
          const { rows: sorted, instants } = orderByInstant(rows, (row) => row.at);
          const differs = sorted.findIndex((row, index) => row !== expected[index]);
          expect([span, count, differs, sorted.length]).toEqual([span, count, -1, count]);
          expect(instants.every((at, index) => at === expected[index]!.at)).toBe(true);
        }
      }
    },
  );
});

/** Mostly near the ends and around the powers, where a digit changes. */
function drawWithin(prng: Prng, span: number): number {
  const edges = [0, 1, span - 1, span, 2048, 2 ** 22, 2 ** 33];
  const at = prng.chance(0.5) ? prng.pick(edges) + prng.int(-1, 1) : Math.floor(prng.float() * (span + 1));
  return Math.min(Math.max(at, 0), span);
}
