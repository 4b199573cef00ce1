import {
  flag,
  optionLines,
  parseOptions,
  runCommand,
  UsageError,
  whole,
  type Values,
} from '../../lib/options.ts';
import { machineConditions, type BenchContext, type Benchmark } from './harness.ts';
import { aggregateBench } from './aggregate.bench.ts';
import { baselinesBench } from './baselines.bench.ts';
import { catalogCostBench } from './catalog-cost.bench.ts';
import { clientBench } from './client.bench.ts';
import { coldStartBench } from './cold-start.bench.ts';
import { contentionBench } from './contention.bench.ts';
import { decideHandlerBench } from './decide-handler.bench.ts';
import { decisionsBench } from './decisions.bench.ts';
import { deliveryBench } from './delivery.bench.ts';
import { hotKeysBench } from './hot-keys.bench.ts';
import { httpBench } from './http.bench.ts';
import { indexPageBench } from './index-page.bench.ts';
import { keyGrowthBench } from './key-growth.bench.ts';
import { marksBench } from './marks.bench.ts';
import { poisonBench } from './poison.bench.ts';
import { readHandlerBench } from './read-handler.bench.ts';
import { recoveryBench } from './recovery.bench.ts';

/** catalog-cost comes first: it times the first catalog of the process. */
const benchmarks: readonly Benchmark[] = [
  catalogCostBench,
  indexPageBench,
  baselinesBench,
  decisionsBench,
  decideHandlerBench,
  readHandlerBench,
  aggregateBench,
  keyGrowthBench,
  marksBench,
  deliveryBench,
  clientBench,
  coldStartBench,
  recoveryBench,
  poisonBench,
  hotKeysBench,
  contentionBench,
  httpBench,
];

const options = {
  quick: flag('small inputs, as npm test runs them'),
  seed: whole({ about: 'seed of the data', min: 0, max: 4_294_967_295, default: 1 }),
  json: flag('one object a line'),
};

const usage = `Measures what docs/performance.md shows: npm run bench -- [options] [benchmark]...

${optionLines(options)}
Benchmarks (default: all): ${benchmarks.map(({ name }) => name).join(', ')}
Exit codes: 0 measured, 1 failed, 2 wrong arguments.
`;

await runCommand({ name: 'bench', usage, read, run });

interface Given extends Values<typeof options> {
  readonly chosen: readonly Benchmark[];
}

function read(args: readonly string[]): Given {
  const { values, words } = parseOptions(args, options, benchmarks.length);
  const unknown = words.find((word) => !benchmarks.some(({ name }) => name === word));
  if (unknown !== undefined) throw new UsageError(`${unknown} is not a benchmark; --help lists them`);
  const chosen = benchmarks.filter(({ name }) => words.length === 0 || words.includes(name));
  return { ...values, chosen };
}

async function run({ quick, seed, json, chosen }: Given): Promise<number> {
  const machine = machineConditions();
  const names = new Set<string>();
  const context: BenchContext = {
    quick,
    seed,
    report({ name, value, unit, conditions }) {
      if (!Number.isFinite(value)) throw new Error(`${name}: ${value} is no figure`);
      if (names.has(name)) throw new Error(`${name}: two figures have this name`);
      names.add(name);
      const all = { ...machine, seed, ...conditions };
      if (json) console.log(JSON.stringify({ name, value, unit, conditions: all }));
      else {
        const own = Object.entries(conditions).map(([key, text]) => `${key} ${text}`);
        console.log(
          `${format(value).padStart(12)} ${unit.padEnd(12)} ${name}\n${' '.repeat(26)}${own.join('; ')}`,
        );
      }
    },
  };
  if (!json)
    console.log(
      Object.entries({ ...machine, seed })
        .flat()
        .join(' '),
    );
  for (const benchmark of chosen) await benchmark.run(context);
  return 0;
}

function format(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 });
}
