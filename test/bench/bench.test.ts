import { describe, expect, it } from '@jest/globals';
import { aggregateBench } from './aggregate.bench.ts';
import { catalogCostBench } from './catalog-cost.bench.ts';
import { deliveryBench } from './delivery.bench.ts';
import type { BenchRow } from './harness.ts';
import { indexPageBench } from './index-page.bench.ts';
import { readHandlerBench } from './read-handler.bench.ts';

/** Keeps the benchmarks alive: small input, and no word about time. */
describe.each([indexPageBench, catalogCostBench, readHandlerBench, aggregateBench, deliveryBench])(
  'the benchmark $name',
  (benchmark) => {
    const run = async (seed: number): Promise<BenchRow[]> => {
      const rows: BenchRow[] = [];
      await benchmark.run({ quick: true, seed, report: (row) => rows.push(row) });
      return rows;
    };
    const hashes = (rows: readonly BenchRow[]): unknown[] =>
      rows.map(({ name, conditions }) => [name, conditions['hash']]);

    it('reports finite figures under different names, the same results for a seed and others for another', async () => {
      const rows = await run(1);
      expect(rows.length).toBeGreaterThan(3);
      expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
      expect(rows.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
      expect(hashes(await run(1))).toEqual(hashes(rows));
      expect(hashes(await run(2))).not.toEqual(hashes(rows));
    });
  },
);
