import { describe, expect, it } from '@jest/globals';
import type { Chart } from '../load/plot/chart.ts';
import { aggregateBench } from '../bench/aggregate.bench.ts';
import { baselinesBench } from '../bench/baselines.bench.ts';
import { catalogCostBench } from '../bench/catalog-cost.bench.ts';
import { contentionBench } from '../bench/contention.bench.ts';
import { decideHandlerBench } from '../bench/decide-handler.bench.ts';
import { decisionsBench } from '../bench/decisions.bench.ts';
import { deliveryBench } from '../bench/delivery.bench.ts';
import type { Benchmark, BenchRow } from '../bench/harness.ts';
import { adCurves, contentionCurves, keyCurves } from '../bench/growth-charts.ts';
import { hotKeysBench } from '../bench/hot-keys.bench.ts';
import { indexPageBench } from '../bench/index-page.bench.ts';
import { keyGrowthBench } from '../bench/key-growth.bench.ts';
import { marksBench } from '../bench/marks.bench.ts';
import { poisonBench } from '../bench/poison.bench.ts';
import { readHandlerBench } from '../bench/read-handler.bench.ts';
import { contentionTable, hotKeysTable, replaceTable } from '../bench/tables.ts';
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
  decisionsBench,
  decideHandlerBench,
  catalogCostBench,
  readHandlerBench,
  aggregateBench,
  keyGrowthBench,
  marksBench,
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

describe('the tables of docs/performance.md', () => {
  const cells = (table: string): string[][] =>
    table.split('\n').map((line) =>
      line
        .slice(2, -2)
        .split('|')
        .map((cell) => cell.trim()),
    );

  it('have a row for each sketch, and one for each number of callers', async () => {
    const sketches = cells(hotKeysTable(await rowsOf(hotKeysBench)));
    expect(sketches.slice(2).map(([name]) => name)).toEqual([
      ...['Space-Saving', 'Misra-Gries', 'count-min and heap', 'lossy counting', 'sticky sampling'],
    ]);
    expect(sketches.slice(2).map((row) => row[3])).toEqual(['0', '0', 'no bounds', '0', 'no bounds']);
    const contention = cells(contentionTable(await rowsOf(contentionBench)));
    expect(contention[0]).toEqual(['callers', 'in memory', 'on LMDB']);
    expect(contention.slice(2).map(([callers]) => callers)).toEqual(['1', '8']);
    expect([...sketches, ...contention].flat().join()).not.toMatch(/NaN|undefined/);
  });

  it('go between their own comments, and nowhere else', () => {
    const page = 'a\n<!-- x -->\n\nold\n\n<!-- end of x -->\nb\n';
    expect(replaceTable(page, 'x', '| $1 |')).toBe('a\n<!-- x -->\n\n| $1 |\n\n<!-- end of x -->\nb\n');
    expect(() => replaceTable(page, 'y', '')).toThrow('<!-- y -->');
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
