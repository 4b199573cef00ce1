import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { toSvg, type Chart } from '../load/plot/chart.ts';
import { baselinesBench } from './baselines.bench.ts';
import { machineConditions, type Benchmark, type BenchRow } from './harness.ts';
import { contentionBench } from './contention.bench.ts';
import { adCurves, contentionCurves, keyCurves } from './growth-charts.ts';
import { hotKeysBench } from './hot-keys.bench.ts';
import { keyGrowthBench } from './key-growth.bench.ts';
import { contentionTable, hotKeysTable, replaceTable } from './tables.ts';

/**
 * Measures what docs/performance.md shows by number of ads, counters or callers, and which sketch finds hot keys.
 * Draws the curves into docs/performance/ and writes the tables of contention and hot-keys into the page; all of
 * them, or those that are named.
 *
 *   node test/bench/curves.ts [--quick] [--seed N] [--rows FILE] [--page FILE] [--folder F]
 *                             [ads] [keys] [contention] [hot-keys]
 *
 * --rows takes the output of `npm run bench -- --json` and measures nothing; --page and --folder: what is
 * written, if not docs/performance.md and docs/performance.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: fileURLToPath(new URL('../../docs/performance', import.meta.url)) },
    page: { type: 'string', default: fileURLToPath(new URL('../../docs/performance.md', import.meta.url)) },
    rows: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

interface Shown {
  readonly bench: Benchmark;
  readonly draw?: (rows: readonly BenchRow[], note: string) => Chart;
  /** Written between the comments with the name of the curve. */
  readonly table?: (rows: readonly BenchRow[]) => string;
}

const curves: Readonly<Record<string, Shown>> = {
  ads: { bench: baselinesBench, draw: adCurves },
  keys: { bench: keyGrowthBench, draw: keyCurves },
  contention: { bench: contentionBench, draw: contentionCurves, table: contentionTable },
  'hot-keys': { bench: hotKeysBench, table: hotKeysTable },
};
if (values.help) {
  console.log(`npm run bench:curves -- [options] [curve]...
  --quick        small inputs
  --seed N       seed of the data (default 1)
  --rows FILE    the output of npm run bench -- --json; measures nothing
  --page FILE    where the tables are written (default docs/performance.md)
  --folder F     where the curves are written (default docs/performance)
  --help         this text
Curves (default: all): ${Object.keys(curves).join(', ')}`);
  process.exit();
}
const unknown = positionals.filter((name) => !(name in curves));
if (unknown.length > 0) throw new Error(`no curve is called ${unknown.join(', ')}`);
const wanted = Object.entries(curves).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);

const machine = Object.entries(machineConditions()).map(([name, value]) => `${name} ${value}`);
const note = `${machine.join(', ')}, seed ${values.seed}`;
mkdirSync(values.folder, { recursive: true });
for (const [name, { bench, draw, table }] of wanted) {
  const rows = values.rows === undefined ? await measure(bench) : readRows(values.rows);
  if (draw !== undefined) {
    writeFileSync(`${values.folder}/${name}.svg`, toSvg(draw(rows, note)));
    console.log(`${values.folder}/${name}.svg`);
  }
  if (table !== undefined) {
    writeFileSync(values.page, replaceTable(readFileSync(values.page, 'utf8'), name, table(rows)));
    console.log(`${values.page}: the table ${name}`);
  }
}

async function measure(bench: Benchmark): Promise<BenchRow[]> {
  const measured: BenchRow[] = [];
  const report = (row: BenchRow): void => {
    measured.push(row);
    console.log(`${row.value.toPrecision(4).padStart(12)} ${row.unit.padEnd(10)} ${row.name}`);
  };
  await bench.run({ quick: values.quick, seed: Number(values.seed), report });
  return measured;
}

function readRows(file: string): BenchRow[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as BenchRow);
}
