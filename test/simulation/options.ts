import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { faultKinds, isFaultName } from './faults.ts';

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
  /** Threads for many seeds. */
  readonly workers: number;
}

export const usage = `npm run simulate -- [options]
  --seeds N       how many seeds (default 100)
  --from S        the first one (default: random)
  --seed S        exactly this seed
  --minutes M     as many seeds as fit
  --faults a,b    only these kinds of fault
  --no-shrink     tell of a failure as it is
  --times N       each seed so often, to compare its traces
  --canary        with a store that ignores conditions, which must be found out
  --workers W     threads (default: one a core)
  --json          one report a line, then a summary
kinds: ${faultKinds.flatMap(({ name, rate }) => (rate === undefined ? [] : [name])).join(' ')}
`;

const defaultSeeds = 100;
const seedMax = 2 ** 31;

/** A text: what is wrong with the arguments. */
export function readOptions(args: readonly string[], randomSeed: number): SimulateOptions | string {
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        ...{ seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' } },
        ...{ minutes: { type: 'string' }, faults: { type: 'string' }, json: { type: 'boolean' } },
        workers: { type: 'string' },
        ...{ times: { type: 'string' }, canary: { type: 'boolean' }, 'no-shrink': { type: 'boolean' } },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { seeds, from, seed, minutes, faults, times, workers } = values as Record<string, string | undefined>;
  for (const [name, text, max] of [
    ['seeds', seeds, seedMax],
    ['from', from, seedMax],
    ['seed', seed, seedMax],
    ['minutes', minutes, 100_000],
    ['times', times, 1000],
    ['workers', workers, 256],
  ] as const) {
    if (text !== undefined && !isNumberWithin(text, max)) return `--${name} ${text}`;
  }
  if (seed !== undefined && (seeds ?? from ?? minutes) !== undefined) return '--seed goes alone';
  const names = faults?.split(',');
  const unknown = names?.find((name) => !isFaultName(name));
  if (unknown !== undefined) return `--faults ${unknown}`;
  return {
    from: Number(seed ?? from ?? randomSeed),
    seeds: seed === undefined ? countOf(seeds, minutes) : 1,
    limitMs: minutes === undefined ? Infinity : Number(minutes) * 60_000,
    faults: names === undefined ? undefined : new Set(names),
    json: values['json'] === true,
    single: seed !== undefined,
    times: Number(times ?? 1),
    workers: Math.max(1, Number(workers ?? availableParallelism())),
    canary: values['canary'] === true,
    shrink: values['no-shrink'] !== true,
  };
}

function countOf(seeds: string | undefined, minutes: string | undefined): number {
  if (seeds !== undefined) return Number(seeds);
  return minutes === undefined ? defaultSeeds : Infinity;
}

function isNumberWithin(text: string, max: number): boolean {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) <= max;
}
