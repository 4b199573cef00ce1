import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  SeriesFold,
  seriesFacts,
  seriesItemsMax,
  seriesLevels,
  windowMs,
  windowsPerChunkMax,
} from '../../../lib/core/counters/series.ts';
import { runs } from '../runs.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('the fold of a series', () => {
  it('puts each value in its minute, hour and day', () => {
    const fold = new SeriesFold(seriesLevels);
    fold.add(3 * dayMs + 5 * hourMs + 7 * 60_000 + 999, '5');
    fold.add(3 * dayMs + 5 * hourMs + 8 * 60_000, '6');
    fold.add(3 * dayMs + 5 * hourMs + 7 * 60_000, '90000000000000000');
    expect(fold.sums()).toStrictEqual([
      {
        level: 'minute',
        window: 3 * 24 + 5,
        buckets: new Map([
          [7, 90_000_000_000_000_005n],
          [8, 6n],
        ]),
      },
      { level: 'hour', window: 3, buckets: new Map([[5, 90_000_000_000_000_011n]]) },
      { level: 'day', window: 0, buckets: new Map([[3, 90_000_000_000_000_011n]]) },
    ]);
  });

  it('adds nothing where no level is kept', () => {
    const fold = new SeriesFold([]);
    expect(fold.add(0, '1')).toBe(true);
    expect(fold.sums()).toStrictEqual([]);
  });

  it('ends at the window that would be one too many, and takes what lies in those it has', () => {
    const fold = new SeriesFold(seriesLevels);
    for (let window = 0; window < windowsPerChunkMax; window += 1) {
      expect(fold.add(window * hourMs, '1')).toBe(true);
    }
    expect(fold.add(windowsPerChunkMax * hourMs, '1')).toBe(false);
    expect(fold.add(59 * 60_000, '1')).toBe(true);
    expect(fold.sums().filter(({ level }) => level === 'minute')).toHaveLength(windowsPerChunkMax);
  });

  it('has buckets that lie within one of the next level', () => {
    for (const [finer, coarser] of [
      ['minute', 'hour'],
      ['hour', 'day'],
    ] as const) {
      expect(windowMs(finer) % seriesFacts[coarser].bucketMs).toBe(0);
      expect(seriesFacts[coarser].bucketMs % seriesFacts[finer].bucketMs).toBe(0);
    }
  });

  it('sums to the same at every level, in the buckets that a naive sum finds, in few items', () => {
    const value = fc.bigInt({ min: 1n, max: 2n ** 62n });
    const atMs = fc.oneof(
      fc.integer({ min: 0, max: 3 * hourMs }),
      fc.integer({ min: 0, max: 100 * dayMs }),
      fc.maxSafeNat(),
    );
    const levels = fc.subarray([...seriesLevels], { minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.record({ atMs, value }), { maxLength: 50 }), levels, (adds, kept) => {
        const fold = new SeriesFold(kept);
        const taken = adds.filter((add) => fold.add(add.atMs, add.value.toString()));
        const sums = fold.sums();
        expect(sums.length).toBeLessThanOrEqual(seriesItemsMax(kept));
        for (const level of kept) {
          const expected = new Map<number, bigint>();
          for (const add of taken) {
            const bucket = Math.floor(add.atMs / seriesFacts[level].bucketMs);
            expected.set(bucket, (expected.get(bucket) ?? 0n) + add.value);
          }
          const found = new Map<number, bigint>();
          for (const { level: of, window, buckets } of sums) {
            if (of !== level) continue;
            for (const [place, sum] of buckets) {
              expect(place).toBeLessThan(seriesFacts[level].bucketsPerWindow);
              found.set(window * seriesFacts[level].bucketsPerWindow + place, sum);
            }
          }
          expect(found).toStrictEqual(expected);
        }
      }),
      runs(300),
    );
  });
});
