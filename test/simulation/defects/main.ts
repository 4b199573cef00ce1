/**
 * Proof that the simulator can fail: plants each defect in a copy of the product and runs seeds until one
 * fails.
 *
 * Goals: every planted defect is caught, within a stated number of seeds, and the table says by what.
 * Non-goal: speed.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import {
  flag,
  many,
  optionLines,
  parseOptions,
  runCommand,
  text,
  UsageError,
  whole,
} from '../../../lib/options.ts';
import { defects } from './all-defects.ts';
import type { Defect } from './defect.ts';
import { askLeastKinds } from './ask-least-kinds.ts';
import { hunt } from './hunt.ts';
import { KeptTrials } from './kept-trials.ts';
import { leastKinds } from './least-kinds.ts';
import { pageOf } from './page.ts';
import { PlantedCopy } from './planted-copy.ts';
import { columns, line, rowOf, summaryOf, summaryText, type Trial } from './table.ts';

const names = defects.map(({ name }) => name);
const bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };

const options = {
  only: many('the name of a defect', (given) => names.find((name) => name === given), {
    argument: '<name>',
    about: 'this defect; repeatable',
    timesMax: names.length,
  }),
  seeds: whole({ about: 'the most seeds until one fails', ...bounds, default: 2000 }),
  from: whole({ about: 'the first one', ...bounds, default: 1 }),
  workers: whole({
    about: 'copies at a time',
    ...bounds,
    default: availableParallelism(),
  }),
  quick: flag('do not find the fault kinds that a caught defect needs'),
  json: flag('one object a line'),
  write: flag('write docs/simulation-defects.md'),
  keep: text('the name of a file', {
    argument: '<file>',
    about: 'continue from the results that an earlier run of the same code stored in it',
  }),
};

const usage = `Plants each defect in a copy of the product and runs seeds until one fails: npm run simulate:defects -- [options]

${optionLines(options)}
Exit codes: 0 all caught, 1 not all, 2 wrong arguments.
`;

type Options = ReturnType<typeof readOptions>;

/** How a planted copy is asked which kinds a failing seed takes. */
const kindsOf = '--kinds-of';

const page = path.resolve(import.meta.dirname, '../../../docs/simulation-defects.md');

async function main(options: Options): Promise<number> {
  if (!options.json) console.log(line(columns));
  const trials = await tryAll(options);
  const summary = summaryOf(trials);
  if (options.json) console.log(JSON.stringify({ summary }));
  else console.log(`\n${summaryText(summary)}`);
  if (options.write) writeFileSync(page, pageOf(trials, 'npm run simulate:defects -- --write'));
  return summary.escaped.length === 0 ? 0 : 1;
}

/** Each worker takes the next defect and has a copy to itself. Trials are in the order of the defects. */
async function tryAll(options: Options): Promise<readonly Trial[]> {
  const { chosen, workers, kept } = options;
  const trials: Trial[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const copy = new PlantedCopy();
    try {
      for (let i = next++; i < chosen.length; i = next++) {
        const defect = chosen[i];
        if (defect === undefined) return;
        const known = kept.of(defect);
        const trial = known ?? (await tryOne(copy, defect, options));
        if (known === undefined) kept.keep(trial);
        trials[i] = trial;
        console.log(options.json ? jsonOf(trial) : line(rowOf(trial)));
      }
    } finally {
      copy.remove();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, chosen.length) }, work));
  return trials;
}

async function tryOne(copy: PlantedCopy, defect: Defect, options: Options): Promise<Trial> {
  const { folder } = copy;
  const { seeds, from, quick } = options;
  const restore = copy.plant(defect);
  try {
    const found = await hunt({ folder, from, seeds });
    return { defect, hunt: found, kinds: quick ? undefined : await askLeastKinds(folder, found) };
  } finally {
    restore();
  }
}

function jsonOf({ defect, hunt: found, kinds }: Trial): string {
  const { name, expects, needs } = defect;
  return JSON.stringify({ name, expects, needs, ...found, kinds });
}

/** Throws a UsageError. */
function readOptions(args: readonly string[]) {
  const { only, keep, ...values } = parseOptions(args, options).values;
  if (values.write && (only.length > 0 || values.quick))
    throw new UsageError('--write is for the whole table; leave --only and --quick out');
  const chosen = only.length === 0 ? defects : defects.filter(({ name }) => only.includes(name));
  return { ...values, chosen, kept: new KeptTrials(keep) };
}

const [first, seed] = process.argv.slice(2);
if (first === kindsOf) console.log(JSON.stringify(await leastKinds(Number(seed))));
else await runCommand({ name: 'npm run simulate:defects', usage, read: readOptions, run: main });
