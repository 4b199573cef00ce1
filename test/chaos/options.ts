import { randomInt } from 'node:crypto';
import { choice, flag, optionLines, parseOptions, whole } from '../../lib/options.ts';

const phases = ['kills', 'jumps', 'pauses', 'fulls', 'races'] as const;
/** Rounds of each phase; 0: not at all. */
export type Rounds = Readonly<Record<(typeof phases)[number], number>>;
export const noRounds: Rounds = { kills: 0, jumps: 0, pauses: 0, fulls: 0, races: 0 };

const bounds = { min: 0, max: 100_000 };

const options = {
  kills: whole({ about: 'kill -9 at random instants', ...bounds, default: 200 }),
  jumps: whole({ about: 'jumps of the wall clock, up to an hour off', ...bounds, default: 200 }),
  pauses: whole({ about: 'SIGSTOP and SIGCONT, up to 3 s', ...bounds, default: 30 }),
  fulls: whole({
    about: 'times that the disk is full, once on a small disk and once by a limit on the file',
    ...{ ...bounds, default: 6 },
  }),
  races: whole({ about: 'several processes started on one folder together', ...bounds, default: 15 }),
  only: choice(phases, { about: `one of ${phases.join(', ')}, and no other` }),
  seed: whole({ about: 'repeats the plan of a run (default random)', min: 0, max: 9_999_999_999 }),
  json: flag('one object a line: each phase, then the totals'),
  keep: flag('keep the folders of trials with findings'),
};

export const chaosUsage = `The embedded runtime in real processes, under faults: npm run chaos -- [options]

${optionLines(options)}
Exit codes: 0 nothing was found, 1 something was, 2 wrong arguments.
`;

export type ChaosOptions = ReturnType<typeof readChaosOptions>;

/** Throws a UsageError. */
export function readChaosOptions(args: readonly string[]) {
  const { only, seed = randomInt(2 ** 31), ...values } = parseOptions(args, options).values;
  return { ...values, ...(only !== undefined && { ...noRounds, [only]: values[only] }), seed };
}
