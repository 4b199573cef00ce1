/**
 * Proof that the simulator can fail: plants each defect in a copy of the product and runs seeds until one fails.
 *
 * Goals: every planted defect is caught, within a stated number of seeds, and the table says by what. Non-goal: speed.
 *
 *   npm run simulate:defects -- [--only NAME]... [--seeds N] [--from S] [--workers W] [--quick] [--json] [--write] [--keep FILE]
 *
 * `--quick` does not ask which fault kinds a caught defect takes; `--write` writes docs/simulation-defects.md; `--keep`
 * goes on with what an earlier run of the same code has kept in the file.
 *
 * Exit codes: 0 all caught, 1 not all, 2 wrong arguments.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { defects } from './all-defects.ts';
import type { Defect } from './defect.ts';
import { askLeastKinds } from './ask-least-kinds.ts';
import { hunt } from './hunt.ts';
import { KeptTrials } from './kept-trials.ts';
import { leastKinds } from './least-kinds.ts';
import { pageOf } from './page.ts';
import { PlantedCopy } from './planted-copy.ts';
import { columns, line, rowOf, summaryOf, summaryText, type Trial } from './table.ts';

interface Options {
  readonly chosen: readonly Defect[];
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly quick: boolean;
  readonly json: boolean;
  readonly write: boolean;
  readonly kept: KeptTrials;
}

const seedsDefault = 2000;
/** How a planted copy is asked which kinds a failing seed takes. */
const kindsOf = '--kinds-of';

const page = path.resolve(import.meta.dirname, '../../../docs/simulation-defects.md');

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === kindsOf) {
    console.log(JSON.stringify(await leastKinds(Number(args[1]))));
    return 0;
  }
  const options = readOptions(args);
  if (typeof options === 'string') {
    console.error(options);
    return 2;
  }
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

const usage = `npm run simulate:defects -- [options]
  --only NAME   this defect; may be given several times (default: all)
  --seeds N     seeds to try at most
  --from S      the first seed (default 1)
  --workers W   threads (default: one a core)
  --quick       do not find out which kinds of fault a caught defect takes
  --json        one object a line
  --write       write docs/simulation-defects.md
  --keep FILE   keep results in the file, and go on with those that it has`;

/** What is wrong with the arguments, if something is. */
function readOptions(args: readonly string[]): Options | string {
  let given;
  try {
    given = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true },
        seeds: { type: 'string', default: String(seedsDefault) },
        from: { type: 'string', default: '1' },
        workers: { type: 'string', default: String(availableParallelism()) },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        keep: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return `${String(error)}\n${usage}`;
  }
  const { only, quick, json, write, keep } = given;
  const [seeds, from, workers] = [given.seeds, given.from, given.workers].map(Number);
  if (![seeds, from, workers].every((number) => Number.isSafeInteger(number) && Number(number) >= 1)) {
    return '--seeds, --from and --workers take whole numbers from 1 on';
  }
  const unknown = only?.find((name) => defects.every((defect) => defect.name !== name));
  if (unknown !== undefined) return `no defect is called ${unknown}`;
  if (write && (only !== undefined || quick)) return '--write is for the whole table';
  const chosen = only === undefined ? defects : defects.filter(({ name }) => only.includes(name));
  const kept = new KeptTrials(keep);
  return { chosen, seeds: seeds ?? 0, from: from ?? 0, workers: workers ?? 0, quick, json, write, kept };
}

process.exitCode = await main(process.argv.slice(2));
