import { parseArgs } from 'node:util';
import { machineConditions, type BenchContext, type Benchmark } from './harness.ts';
import { aggregateBench } from './aggregate.bench.ts';
import { baselinesBench } from './baselines.bench.ts';
import { catalogCostBench } from './catalog-cost.bench.ts';
import { clientBench } from './client.bench.ts';
import { coldStartBench } from './cold-start.bench.ts';
import { contentionBench } from './contention.bench.ts';
import { deliveryBench } from './delivery.bench.ts';
import { hotKeysBench } from './hot-keys.bench.ts';
import { httpBench } from './http.bench.ts';
import { indexPageBench } from './index-page.bench.ts';
import { keyGrowthBench } from './key-growth.bench.ts';
import { poisonBench } from './poison.bench.ts';
import { readHandlerBench } from './read-handler.bench.ts';
import { recoveryBench } from './recovery.bench.ts';

/** catalog-cost comes first: it times the first catalog of the process. */
const benchmarks: readonly Benchmark[] = [
  catalogCostBench,
  indexPageBench,
  baselinesBench,
  readHandlerBench,
  aggregateBench,
  keyGrowthBench,
  deliveryBench,
  clientBench,
  coldStartBench,
  recoveryBench,
  poisonBench,
  hotKeysBench,
  contentionBench,
  httpBench,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(`npm run bench -- [options] [benchmark]...
  --quick    small inputs, as npm test runs them
  --seed N   seed of the data (default 1)
  --json     one object a line
  --help     this text
Benchmarks (default: all): ${benchmarks.map(({ name }) => name).join(', ')}`);
  process.exit();
}

const machine = machineConditions();
const names = new Set<string>();
const context: BenchContext = {
  quick: values.quick,
  seed: Number(values.seed),
  report({ name, value, unit, conditions }) {
    if (!Number.isFinite(value)) throw new Error(`${name}: ${value} is no figure`);
    if (names.has(name)) throw new Error(`${name}: two figures have this name`);
    names.add(name);
    const all = { ...machine, seed: context.seed, ...conditions };
    if (values.json) console.log(JSON.stringify({ name, value, unit, conditions: all }));
    else {
      const own = Object.entries(conditions).map(([key, text]) => `${key} ${text}`);
      console.log(
        `${format(value).padStart(12)} ${unit.padEnd(12)} ${name}\n${' '.repeat(26)}${own.join('; ')}`,
      );
    }
  },
};

const unknown = positionals.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) throw new Error(`no benchmark is called ${unknown.join(', ')}`);
if (!values.json)
  console.log(
    Object.entries({ ...machine, seed: context.seed })
      .flat()
      .join(' '),
  );
for (const benchmark of benchmarks) {
  if (positionals.length === 0 || positionals.includes(benchmark.name)) await benchmark.run(context);
}

function format(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}
