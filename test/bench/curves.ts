import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  flag,
  optionLines,
  parseOptions,
  runCommand,
  text,
  UsageError,
  whole,
  type Values,
} from '../../lib/options.ts';
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
 * Draws the curves into docs/performance/ and writes the tables of contention and hot-keys into the page.
 */
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
const inDocs = (name: string): string => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));

const options = {
  quick: flag('small inputs'),
  seed: whole({ about: 'seed of the data', min: 0, max: 4_294_967_295, default: 1 }),
  rows: text('the name of a file', {
    argument: '<file>',
    about: 'the output of npm run bench -- --json; measures nothing',
  }),
  page: text('the name of a file', {
    argument: '<file>',
    about: 'where the tables are written (default docs/performance.md)',
  }),
  folder: text('the name of a folder', {
    argument: '<folder>',
    about: 'where the curves are written (default docs/performance)',
  }),
};

const usage = `Draws the curves of docs/performance and writes its tables: npm run bench:curves -- [options] [curve]...

${optionLines(options)}
Curves (default: all): ${Object.keys(curves).join(', ')}
Exit codes: 0 written, 1 failed, 2 wrong arguments.
`;

await runCommand({ name: 'bench:curves', usage, read, run });

interface Given extends Values<typeof options> {
  readonly wanted: readonly (readonly [string, Shown])[];
}

function read(args: readonly string[]): Given {
  const { values, words } = parseOptions(args, options, Object.keys(curves).length);
  const unknown = words.find((word) => !Object.hasOwn(curves, word));
  if (unknown !== undefined) throw new UsageError(`${unknown} is not a curve; --help lists them`);
  const wanted = Object.entries(curves).filter(([name]) => words.length === 0 || words.includes(name));
  return { ...values, wanted };
}

async function run(given: Given): Promise<number> {
  const {
    seed,
    wanted,
    rows: rowsFile,
    folder = inDocs('performance'),
    page = inDocs('performance.md'),
  } = given;
  const machine = Object.entries(machineConditions()).map(([name, value]) => `${name} ${value}`);
  const note = `${machine.join(', ')}, seed ${seed}`;
  mkdirSync(folder, { recursive: true });
  for (const [name, { bench, draw, table }] of wanted) {
    const rows = rowsFile === undefined ? await measure(bench, given) : readRows(rowsFile);
    if (draw !== undefined) {
      writeFileSync(`${folder}/${name}.svg`, toSvg(draw(rows, note)));
      console.log(`${folder}/${name}.svg`);
    }
    if (table !== undefined) {
      writeFileSync(page, replaceTable(readFileSync(page, 'utf8'), name, table(rows)));
      console.log(`${page}: the table ${name}`);
    }
  }
  return 0;
}

async function measure(bench: Benchmark, { quick, seed }: Given): Promise<BenchRow[]> {
  const measured: BenchRow[] = [];
  const report = (row: BenchRow): void => {
    measured.push(row);
    console.log(`${row.value.toPrecision(4).padStart(12)} ${row.unit.padEnd(10)} ${row.name}`);
  };
  await bench.run({ quick, seed, report });
  return measured;
}

function readRows(file: string): BenchRow[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as BenchRow);
}
