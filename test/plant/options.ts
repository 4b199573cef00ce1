import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  choices,
  flag,
  many,
  optionLines,
  parseOptions,
  text,
  UsageError,
  whole,
} from '../../lib/options.ts';
import { forSimulator, plantedDefects } from './all-defects.ts';
import { otherSuiteNames, type OtherSuite } from './other-suites.ts';
import { plantingOfPatch, type Planting } from './planting.ts';
import { projectFolder } from './product-copy.ts';

export interface PlantOptions {
  readonly chosen: readonly Planting[];
  /** The simulator alone, and what it needs to catch each. */
  readonly simulator: boolean;
  readonly quick: boolean;
  readonly from: number;
  readonly seeds: number;
  readonly suites: readonly OtherSuite[];
  readonly workers: number;
  readonly keep: string | undefined;
  readonly json: boolean;
  readonly write: boolean;
}

const bounds = { min: 1, max: 2 ** 31 };
const namesMax = 1000;
const patchesMax = 1000;
const names = plantedDefects.map(({ name }) => name);
const areas = [...new Set(plantedDefects.map(({ area }) => area))];
const seedsDefault = { plant: 200, simulator: 2000 } as const;

const options = {
  only: many('the name of a defect', (given) => names.find((name) => name === given), {
    argument: '<name>',
    about: 'this defect of the repository; repeatable',
    timesMax: namesMax,
  }),
  area: choices(areas, { about: `the defects of these areas, of\n${areas.join(', ')}` }),
  seeds: whole({
    about: `the most seeds of the simulator (default ${seedsDefault.plant}, with --simulator ${seedsDefault.simulator})`,
    ...bounds,
  }),
  from: whole({ about: 'the first seed', ...bounds, default: 1 }),
  suites: choices(otherSuiteNames, {
    about: `more suites for what escapes npm test and the seeds, of\n${otherSuiteNames.join(', ')}`,
  }),
  workers: whole({ about: 'copies at a time', min: 1, max: 64, default: availableParallelism() }),
  keep: text('the name of a file', {
    argument: '<file>',
    about: 'continue from the results that an earlier run stored in it',
  }),
  simulator: flag('only the simulator, on the defects that it must find, and the fault kinds that it needs'),
  quick: flag('with --simulator: do not find the fault kinds'),
  json: flag('one object a line'),
  write: flag('write docs/planted-defects.md, with --simulator docs/simulation-defects.md'),
};

export const usage = `Plants each defect in a copy of the product and tells what catches it: npm run plant -- [options] [patch...]

A patch is a unified diff, or a folder of files *.patch and *.diff; without one, the defects of the repository are planted.

${optionLines(options)}
Exit codes: 0 all caught, 1 some escaped, 2 wrong arguments.
`;

/** Throws a UsageError. */
export function readOptions(args: readonly string[]): PlantOptions {
  const { values, words } = parseOptions(args, options, patchesMax);
  const { only, area, simulator, quick, suites = [], seeds, ...rest } = values;
  if (words.length > 0 && (only.length > 0 || area !== undefined || simulator))
    throw new UsageError(
      '--only, --area and --simulator choose among the defects of the repository; give no patch',
    );
  if (simulator && suites.length > 0)
    throw new UsageError('--simulator runs no other suites; leave --suites out');
  if (quick && !simulator) throw new UsageError('--quick needs --simulator');
  if (rest.write && (words.length > 0 || only.length > 0 || area !== undefined || quick))
    throw new UsageError('--write is for the whole table; leave patches, --only, --area and --quick out');
  const chosen =
    words.length > 0 ? words.flatMap(patchesIn).map(readPatch) : fromRepository(only, area, simulator);
  refuseSameNames(chosen);
  return {
    ...rest,
    chosen,
    simulator,
    quick,
    suites,
    seeds: seeds ?? (simulator ? seedsDefault.simulator : seedsDefault.plant),
  };
}

function fromRepository(
  only: readonly string[],
  area: readonly string[] | undefined,
  simulator: boolean,
): readonly Planting[] {
  return plantedDefects.filter(
    (planting) =>
      (only.length === 0 || only.includes(planting.name)) &&
      (area?.includes(planting.area) ?? true) &&
      (!simulator || only.length > 0 || forSimulator.has(planting.name)),
  );
}

function patchesIn(given: string): readonly string[] {
  if (!existsSync(given))
    throw new UsageError(`${given} must be a patch or a folder of patches; there is none`);
  if (!statSync(given).isDirectory()) return [given];
  const patches = readdirSync(given).filter((name) => /\.(patch|diff)$/.test(name));
  if (patches.length === 0) throw new UsageError(`${given} must have files *.patch or *.diff; it has none`);
  return patches.sort().map((name) => join(given, name));
}

function readPatch(file: string): Planting {
  const planting = plantingOfPatch(file);
  if (planting.files.length === 0) throw new UsageError(`${file} must be a unified diff; it changes no file`);
  const { status, stderr } = spawnSync('git', ['apply', '--check', '-'], {
    cwd: projectFolder,
    input: planting.text,
    encoding: 'utf8',
  });
  if (status !== 0) throw new UsageError(`${file} must fit the files as they are; ${stderr.trim()}`);
  return planting;
}

function refuseSameNames(chosen: readonly Planting[]): void {
  const twice = chosen.find(({ name }, i) => chosen.findIndex((other) => other.name === name) < i);
  if (twice !== undefined) throw new UsageError(`two patches are called ${twice.name}; rename one`);
}
