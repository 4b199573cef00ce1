/**
 * Goals: tell for each room of the house, as a score, how many small changes of its code its own tests
 * notice; docs/mutation.md has the figures. Non-goals: the tests of other rooms, the speed of the code.
 * How to run: `npm run mutate -- --help`. Installs Stryker (65 MB) at the first run.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  choice,
  decimal,
  flag,
  optionLines,
  parseOptions,
  runCommand,
  text,
  UsageError,
  whole,
  type Values,
} from '../../lib/options.ts';
import { areaOf, areas, type Area } from './areas.cjs';
import { scoreOf, survivors, table, type Report, type Score } from './score.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'test/mutation');
const stryker = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const installMsMax = 300_000;
const runMsMax = 8 * 3_600_000;

const options = {
  area: choice(
    areas.map(({ name }) => name),
    { about: 'only this area' },
  ),
  only: text('names of files or folders', {
    argument: '<a,b>',
    about: 'only these files and folders of lib, with commas between',
  }),
  changed: text('a commit', { argument: '<ref>', about: 'only the files changed since this commit' }),
  sample: decimal({
    min: 0.01,
    max: 100,
    about: 'the share of mutants that is tried, in per cent',
    default: 100,
  }),
  seed: whole({ min: 1, max: 999_999, about: 'which ones the sample draws', default: 1 }),
  concurrency: whole({ min: 1, max: 64, about: 'mutants at a time', default: 1 }),
  survivors: flag('list each mutant that survived'),
};

const usage = `Changes the code in small ways and tells which changes its own tests notice: npm run mutate -- [options]

${optionLines(options)}
Areas:
${areas.map(({ name, least, slow }) => `  ${name}${least ? `, at least ${least} %` : ''}${slow ? ', only when named or sampled' : ''}`).join('\n')}
Results are kept in coverage/mutation; what has not changed since is not tried again.
Exit codes: 0 every area reaches its score, 1 not every, 2 wrong arguments.
`;

const write = (line: string): void => void process.stdout.write(`${line}\n`);

type Given = ReturnType<typeof readOptions>;

/** Throws a UsageError. */
function readOptions(args: readonly string[]) {
  const { values } = parseOptions(args, options);
  const narrowed = [values.area, values.only, values.changed].filter((given) => given !== undefined);
  if (narrowed.length > 1) throw new UsageError('--area, --only and --changed exclude each other');
  const files = mutable(filesOf(values));
  const whole = narrowed.length === 0 && values.sample === 100;
  const chosen = areas
    .filter(({ slow }) => !(whole && slow === true))
    .map((area) => ({ area, files: files.filter((file) => areaOf(file) === area) }))
    .filter((one) => one.files.length > 0);
  return { ...values, chosen };
}

/** Throws a UsageError. */
function filesOf({
  area,
  only,
  changed,
}: Values<Pick<typeof options, 'area' | 'only' | 'changed'>>): string[] {
  if (changed !== undefined) return git('diff', '--name-only', changed, '--', 'lib');
  if (only === undefined)
    return git('ls-files', 'lib').filter((file) => area === undefined || areaOf(file)?.name === area);
  return only.split(',').flatMap((name) => {
    const found = git('ls-files', '--', name);
    if (mutable(found).length === 0)
      throw new UsageError(`--only takes files and folders of an area, not ${name}`);
    return found;
  });
}

/** Throws a UsageError: of the names given to it, only a commit can be wrong. */
function git(...args: string[]): string[] {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })
      .split('\n')
      .filter(Boolean);
  } catch (error) {
    throw new UsageError(`git ${args.join(' ')} failed`, { cause: error });
  }
}

function mutable(files: readonly string[]): string[] {
  return files.filter(
    (file) => file.endsWith('.ts') && areaOf(file) !== undefined && existsSync(join(root, file)),
  );
}

function mutate(given: Given): number {
  if (given.chosen.length === 0) {
    write('No file of an area is among these.');
    return 0;
  }
  install();
  mkdirSync(join(root, 'coverage/mutation'), { recursive: true });
  const scores: Score[] = [];
  for (const { area, files } of given.chosen) {
    const report = runArea(area, files, given);
    if (given.survivors) for (const line of survivors(report)) write(line);
    scores.push(scoreOf(area, report));
  }
  const sampled =
    given.sample === 100 ? 'all mutants' : `${given.sample} % of the mutants, seed ${given.seed}`;
  write(`\n${table(scores).join('\n')}\n\n${sampled}; Node ${process.version}`);
  return scores.some(({ percent, area: { least = 0 } }) => percent < least) ? 1 : 0;
}

function install(): void {
  if (existsSync(stryker)) return;
  // Without its peers: the Jest that Stryker drives is the project's own.
  const flags = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['ci', '--prefix', folder, ...flags], {
    stdio: 'inherit',
    timeout: installMsMax,
  });
  if (status !== 0) throw new Error('npm ci of Stryker failed');
}

function runArea(area: Area, files: readonly string[], { sample, seed, concurrency }: Given): Report {
  const name = area.name.replaceAll(/[^a-z]+/g, '-');
  const report = `coverage/mutation/${name}.json`;
  const { status } = spawnSync(
    process.execPath,
    [
      stryker,
      'run',
      'test/mutation/stryker.config.mjs',
      ...['--mutate', files.join(','), '--concurrency', String(concurrency), '--incremental'],
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: runMsMax,
      env: {
        ...process.env,
        ADTALLY_MUTATION_AREA: area.name,
        ADTALLY_MUTATION_SAMPLE: String(sample),
        ADTALLY_MUTATION_SEED: String(seed),
        ADTALLY_MUTATION_REPORT: report,
        // A mutant that a smaller sample left out is not known as tried.
        ADTALLY_MUTATION_KEPT: `coverage/mutation/${name}-kept-${sample}-${seed}.json`,
      },
    },
  );
  if (status !== 0)
    throw new Error(`Stryker failed in ${area.name}: the tests must pass before a mutant is tried`);
  return JSON.parse(readFileSync(join(root, report), 'utf8')) as Report;
}

await runCommand({
  name: 'mutate',
  usage,
  read: readOptions,
  run: (given) => Promise.resolve(mutate(given)),
});
