import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseOptions, runCommand, UsageError, whole } from '../../lib/options.ts';

export interface Suite {
  /** The script of package.json: `test:aws`. */
  readonly name: string;
  /** What it tests and what it needs; lines of at most 110 characters. */
  readonly about: string;
  /** The option `--seconds`, if it has one: what takes so long, and the default. */
  readonly seconds?: { readonly about: string; readonly default: number };
  /** Prepares what the tests need, runs Jest, and resolves to the exit code. `args`: Jest's. */
  readonly run: (args: readonly string[], seconds: number) => number | Promise<number>;
}

/** What goes on to Jest; any other option is a mistake, which is better found before anything is installed. */
const jestOptions: ReadonlySet<string> = new Set([
  ...['-t', '--testNamePattern', '-u', '--updateSnapshot', '-i', '--runInBand', '-w', '--maxWorkers'],
  ...['--bail', '--ci', '--json', '--outputFile', '--verbose', '--silent', '--testTimeout', '--listTests'],
  ...['--testPathIgnorePatterns', '--passWithNoTests', '--testSequencer', '--reporters', '--cacheDirectory'],
]);

/** Runs a suite that has a Jest configuration of its own: `npm run <name> -- [options] [file]...`. */
export function runSuite({ name, about, seconds, run }: Suite): Promise<void> {
  const own = seconds && `  --seconds <n>  ${seconds.about} (default ${seconds.default})\n`;
  return runCommand({
    name,
    usage: `${about}
npm run ${name} -- [options] [part of a file's name]...

${own ?? ''}  -t <text>      only tests whose names have this text
  --help         this text
Jest takes also ${[...jestOptions].slice(1).join(', ')}.
Exit codes: 0 all passed, 1 not all, or with CI=true a part was skipped, 2 wrong arguments.
`,
    read: (args) => readArguments(args, seconds?.default),
    run: async (given) => run(given.args, given.seconds),
  });
}

function readArguments(
  args: readonly string[],
  secondsDefault: number | undefined,
): { readonly args: readonly string[]; readonly seconds: number } {
  const at = secondsDefault === undefined ? -1 : args.indexOf('--seconds');
  const rest = at === -1 ? args : args.toSpliced(at, 2);
  for (const arg of rest) {
    const [option = ''] = arg.split('=');
    if (option.startsWith('-') && !jestOptions.has(option))
      throw new UsageError(`${option} is not an option`);
  }
  if (at === -1) return { args: rest, seconds: secondsDefault ?? 0 };
  const { values } = parseOptions(args.slice(at, at + 2), secondsOption);
  return { args: rest, seconds: values.seconds ?? 0 };
}

const secondsOption = { seconds: whole({ about: '', min: 1, max: 3600 }) };

export interface JestRun {
  /** Of its configuration, in `test/`. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly msMax: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs Jest in a process of its own; returns its exit code. */
export function runJest({ folder, args, msMax, environment }: JestRun): number {
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--config',
    `test/${folder}/jest.config.mjs`,
  ];
  const result = spawnSync(process.execPath, [...jest, ...args], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: { ...process.env, ...environment },
    stdio: 'inherit',
    timeout: msMax,
  });
  return result.status ?? 1;
}
