import { describe, expect, it } from '@jest/globals';
import type { Chart } from '../load/plot/chart.ts';
import { aggregateBench } from '../bench/aggregate.bench.ts';
import { baselinesBench } from '../bench/baselines.bench.ts';
import { catalogCostBench } from '../bench/catalog-cost.bench.ts';
import { contentionBench } from '../bench/contention.bench.ts';
import { deliveryBench } from '../bench/delivery.bench.ts';
import type { Benchmark, BenchRow } from '../bench/harness.ts';
import { adCurves, contentionCurves, keyCurves } from '../bench/growth-charts.ts';
import { hotKeysBench } from '../bench/hot-keys.bench.ts';
import { indexPageBench } from '../bench/index-page.bench.ts';
import { keyGrowthBench } from '../bench/key-growth.bench.ts';
import { poisonBench } from '../bench/poison.bench.ts';
import { readHandlerBench } from '../bench/read-handler.bench.ts';
import { recoveryBench } from '../bench/recovery.bench.ts';

/**
 * Keeps the benchmarks alive: small input, and no word about time. `npm run bench -- --quick http` in .ci/run
 * does so for http, which measures for fixed times; cold-start bundles first.
 */
async function run(benchmark: Benchmark, seed: number): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  await benchmark.run({ quick: true, seed, report: (row) => rows.push(row) });
  return rows;
}

const firstRuns = new Map<Benchmark, Promise<BenchRow[]>>();

/** The rows of seed 1, from the first run of it. */
function rowsOf(benchmark: Benchmark): Promise<BenchRow[]> {
  const rows = firstRuns.get(benchmark) ?? run(benchmark, 1);
  firstRuns.set(benchmark, rows);
  return rows;
}

function expectFigures(rows: readonly BenchRow[]): void {
  expect(rows.length).toBeGreaterThan(3);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(rows.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
}

describe.each([
  indexPageBench,
  baselinesBench,
  catalogCostBench,
  readHandlerBench,
  aggregateBench,
  keyGrowthBench,
  deliveryBench,
  recoveryBench,
  poisonBench,
  hotKeysBench,
  contentionBench,
])('the benchmark $name', (benchmark) => {
  const hashes = (rows: readonly BenchRow[]): unknown[] =>
    rows.map(({ name, conditions }) => [name, conditions['hash']]);

  it('reports finite figures under different names, the same results for a seed and others for another', async () => {
    const rows = await rowsOf(benchmark);
    expectFigures(rows);
    expect(hashes(await run(benchmark, 1))).toEqual(hashes(rows));
    expect(hashes(await run(benchmark, 2))).not.toEqual(hashes(rows));
  });
});

describe('the growth curves', () => {
  it('find their rows by name, a point for each size', async () => {
    const sizes = (chart: Chart): number[][] =>
      chart.panels.map(({ series }) => series.map(({ points }) => points.length));
    expect(sizes(adCurves(await rowsOf(baselinesBench), ''))).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
    expect(sizes(keyCurves(await rowsOf(keyGrowthBench), ''))).toEqual([
      [3, 3],
      [3, 3],
    ]);
    expect(sizes(contentionCurves(await rowsOf(contentionBench), ''))).toEqual([
      [2, 2, 2, 2],
      [2, 2, 2, 2],
    ]);
  });
});
