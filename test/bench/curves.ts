import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { toSvg } from '../load/plot/chart.ts';
import { baselinesBench } from './baselines.bench.ts';
import { machineConditions, type BenchRow } from './harness.ts';
import { contentionBench } from './contention.bench.ts';
import { adCurves, contentionCurves, keyCurves } from './growth-charts.ts';
import { keyGrowthBench } from './key-growth.bench.ts';

/**
 * Measures how the index, the counting and one hot key grow, and draws docs/performance/ads.svg, keys.svg and
 * contention.svg, or only those that are named.
 *
 *   node test/bench/curves.ts [--quick] [--seed N] [--folder F] [--rows FILE] [ads] [keys] [contention]
 *
 * --rows draws the output of `npm run bench -- --json` and measures nothing.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: fileURLToPath(new URL('../../docs/performance', import.meta.url)) },
    rows: { type: 'string' },
  },
});

const curves = {
  ads: { bench: baselinesBench, draw: adCurves },
  keys: { bench: keyGrowthBench, draw: keyCurves },
  contention: { bench: contentionBench, draw: contentionCurves },
};
const unknown = positionals.filter((name) => !(name in curves));
if (unknown.length > 0) throw new Error(`no curve is called ${unknown.join(', ')}`);
const wanted = Object.entries(curves).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);

const rows = values.rows === undefined ? await measure() : readRows(values.rows);
const machine = Object.entries(machineConditions()).map(([name, value]) => `${name} ${value}`);
const note = `${machine.join(', ')}, seed ${values.seed}`;
mkdirSync(values.folder, { recursive: true });
for (const [name, { draw }] of wanted) {
  writeFileSync(`${values.folder}/${name}.svg`, toSvg(draw(rows, note)));
  console.log(`${values.folder}/${name}.svg`);
}

async function measure(): Promise<BenchRow[]> {
  const measured: BenchRow[] = [];
  const report = (row: BenchRow): void => {
    measured.push(row);
    console.log(`${row.value.toPrecision(4).padStart(12)} ${row.unit.padEnd(10)} ${row.name}`);
  };
  for (const [, { bench }] of wanted) {
    await bench.run({ quick: values.quick, seed: Number(values.seed), report });
  }
  return measured;
}

function readRows(file: string): BenchRow[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as BenchRow);
}
