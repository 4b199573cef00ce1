import { describe, expect, it } from '@jest/globals';
import { orderByInstant } from '../../../../lib/core/ads/catalog/order-by-instant.ts';
import { Prng } from '../../../support/prng.ts';

/** 9999-12-31, the last day there is. */
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

describe('ordering by instant', () => {
  it.each([
    ['a few rows, many ties', 100, 10],
    ['many rows, many ties', 5000, 50],
    ['many rows within a minute', 5000, 60_000],
    ['many rows within 50 days', 5000, 50 * 86_400_000],
    ['many rows over all time', 5000, lastInstant],
    ['many rows of one instant', 5000, 0],
  ])('is what a stable sort gives: %s', (_, count, span) => {
    const prng = new Prng(count + span);
    const step = Math.max(Math.ceil(span / 2 ** 31), 1);
    const rows = Array.from({ length: count }, (_, n) => ({
      n,
      at: prng.int(0, Math.floor(span / step)) * step + (span > 1e9 ? prng.int(0, step - 1) : 0),
    }));
    const expected = rows.toSorted((a, b) => a.at - b.at);
    const { rows: sorted, instants } = orderByInstant(rows, (row) => row.at);
    expect(sorted).toEqual(expected);
    expect(instants).toEqual(expected.map((row) => row.at));
  });
});
