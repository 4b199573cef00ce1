import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** Rounds of each phase; 0: not at all. */
export interface Rounds {
  readonly kills: number;
  readonly jumps: number;
  readonly pauses: number;
  readonly fulls: number;
  readonly races: number;
}

export const noRounds: Rounds = { kills: 0, jumps: 0, pauses: 0, fulls: 0, races: 0 };

export interface ChaosOptions extends Rounds {
  readonly seed: number;
  readonly json: boolean;
  readonly keep: boolean;
}

export type ChaosArguments =
  | { readonly type: 'run'; readonly options: ChaosOptions }
  | { readonly type: 'help' }
  | { readonly type: 'faulty'; readonly message: string };

export const chaosHelp = `The embedded runtime in real processes, under faults: npm run chaos -- [options]

  --kills <n>    kill -9 at random instants (default 200)
  --jumps <n>    jumps of the wall clock, up to an hour off (default 200)
  --pauses <n>   SIGSTOP and SIGCONT, up to 3 s (default 30)
  --fulls <n>    times that room runs out, on a small disk and by a limit on the file, each (default 6)
  --races <n>    several processes started on one folder at once (default 15)
  --only <name>  one of kills, jumps, pauses, fulls, races, and no other
  --seed <n>     repeats the plan of a run (default random)
  --json         one object a line: each phase, then the sum
  --keep         keep the folders of trials with findings
  --help         this text

Exit codes: 0 nothing was found, 1 something was, 2 wrong arguments.
`;

const countMax = 100_000;
const counts = { kills: '200', jumps: '200', pauses: '30', fulls: '6', races: '15' } as const;

export function parseChaosArguments(args: readonly string[]): ChaosArguments {
  const faulty = (message: string): ChaosArguments => ({ type: 'faulty', message });
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return faulty((error as Error).message);
  }
  const { only, seed = String(randomInt(2 ** 31)), json, keep } = values;
  if (values.help) return { type: 'help' };
  const rounds: Record<string, number> = {};
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
    if (!/^\d{1,6}$/.test(values[name]) || Number(values[name]) > countMax) {
      return faulty(`--${name} ${values[name]}: not a number from 0 to ${countMax}`);
    }
    rounds[name] = only === undefined || only === name ? Number(values[name]) : 0;
  }
  if (only !== undefined && !(only in counts)) return faulty(`--only ${only}: no such phase`);
  if (!/^\d{1,10}$/.test(seed)) return faulty(`--seed ${seed}: not a number`);
  return { type: 'run', options: { ...(rounds as unknown as Rounds), seed: Number(seed), json, keep } };
}

function parse(args: readonly string[]) {
  const count = (name: keyof typeof counts) => ({ type: 'string', default: counts[name] }) as const;
  return parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      kills: count('kills'),
      jumps: count('jumps'),
      pauses: count('pauses'),
      fulls: count('fulls'),
      races: count('races'),
      only: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}
