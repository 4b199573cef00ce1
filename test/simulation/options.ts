import { availableParallelism } from 'node:os';
import { choices, decimal, flag, optionLines, parseOptions, UsageError, whole } from '../../lib/options.ts';
import { faultKinds } from './faults.ts';

export interface SimulateOptions {
  /** First seed, and how many; Infinity: until the time is up. */
  readonly from: number;
  readonly seeds: number;
  /** Real time after which no further seed begins, milliseconds. */
  readonly limitMs: number;
  readonly faults: ReadonlySet<string> | undefined;
  readonly json: boolean;
  /** One seed, shown in full. */
  readonly single: boolean;
  readonly shrink: boolean;
  /** How often each seed is run, to compare its traces. */
  readonly times: number;
  /** A store that ignores conditions: it must be found out. */
  readonly canary: boolean;
  /** Ads may have goals. */
  readonly goals: boolean;
  /** Threads for many seeds. */
  readonly workers: number;
}

const defaultSeeds = 100;
const seedMax = 2 ** 31;
const faultNames = faultKinds.flatMap(({ name, rate }) => (rate === undefined ? [] : [name]));

const options = {
  seeds: whole({ about: `how many seeds (default ${defaultSeeds})`, min: 1, max: seedMax }),
  from: whole({ about: 'the first one (default random)', min: 0, max: seedMax }),
  seed: whole({ about: 'exactly this seed', min: 0, max: seedMax }),
  minutes: decimal({ about: 'as many seeds as fit', min: 0, max: 100_000 }),
  faults: choices(
    faultKinds.map(({ name }) => name),
    { about: 'only these kinds of fault (listed below)' },
  ),
  'no-shrink': flag('report a failure without shrinking it'),
  times: whole({ about: 'run each seed n times, to compare its traces', min: 1, max: 1000, default: 1 }),
  canary: flag('with a store that ignores conditions, which the run must detect'),
  goals: flag('ads may have goals (delivery.goals)'),
  workers: whole({ about: 'threads (default one a core)', min: 1, max: 256 }),
  json: flag('one report a line, then a summary'),
};

export const usage = `Simulates the whole pipeline under faults: npm run simulate -- [options]

${optionLines(options)}
Kinds of fault: ${faultNames.join(' ')}
Exit codes: 0 all seeds kept every promise, 1 one was broken, 2 wrong arguments, 3 the pipeline did not become idle in
time, 4 the code crashed.
`;

export function readOptions(args: readonly string[], randomSeed: number): SimulateOptions {
  const { values } = parseOptions(args, options);
  const { seeds, from, seed, minutes, faults, times, workers = availableParallelism() } = values;
  if (seed !== undefined && (seeds ?? from ?? minutes) !== undefined)
    throw new UsageError('--seed must be given without --seeds, --from and --minutes');
  return {
    from: seed ?? from ?? randomSeed,
    seeds: seed === undefined ? (seeds ?? (minutes === undefined ? defaultSeeds : Infinity)) : 1,
    limitMs: minutes === undefined ? Infinity : minutes * 60_000,
    faults: faults === undefined ? undefined : new Set(faults),
    json: values.json,
    single: seed !== undefined,
    times,
    workers,
    canary: values.canary,
    goals: values.goals,
    shrink: !values['no-shrink'],
  };
}
