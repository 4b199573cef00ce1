import { nearestName } from '../../lib/options.ts';
import { version } from '../../lib/version.ts';

/** A command of `adtally`: the same program as the script of that name in the repository. */
interface Program {
  readonly about: string;
  /** Runs it on the arguments of this process. */
  readonly run: () => Promise<unknown>;
}

const programs: Readonly<Record<string, Program>> = {
  start: {
    about: 'runs the whole pipeline in this process; the default',
    run: () => import('../../bin/local.ts'),
  },
  demo: {
    about: 'puts load on a fresh pipeline and compares what was sent with what was counted',
    // The program of the load tests, with their client and their ledger.
    run: () => import('../../test/load/demo/main.ts'),
  },
  import: {
    about: 'creates or changes ads from a CSV or NDJSON file',
    run: () => import('../../bin/import.ts'),
  },
  export: {
    about: 'writes the live ads to a CSV or NDJSON file',
    run: () => import('../../bin/export.ts'),
  },
  tokens: {
    about: 'creates, lists, rotates and revokes API tokens',
    run: () => import('../../bin/tokens.ts'),
  },
  control: {
    about: 'changes settings while a stage runs',
    run: () => import('../../bin/control.ts'),
  },
  quarantine: {
    about: 'lists, shows, redrives and drops records that could not be processed',
    run: () => import('../../bin/quarantine.ts'),
  },
  health: {
    about: 'asks a running server whether it is ready',
    run: () => import('../../bin/health.ts'),
  },
  tail: {
    about: 'shows increments as they are counted',
    run: () => import('../../bin/tail.ts'),
  },
  audit: {
    about: 'recounts the log and compares every total',
    run: () => import('../../bin/audit.ts'),
  },
  rebuild: {
    about: 'rebuilds the ads from the change log and compares',
    run: () => import('../../bin/rebuild.ts'),
  },
  projection: {
    about: 'builds a second projection of the ads and moves readers to it',
    run: () => import('../../bin/projection.ts'),
  },
  backup: {
    about: 'copies a data folder while a server runs on it',
    run: () => import('../../bin/backup.ts'),
  },
  restore: {
    about: 'copies a restored table into a live table of a deployed stage',
    run: () => import('../../bin/restore.ts'),
  },
  config: {
    about: 'shows the settings of a stage and where each comes from',
    run: () => import('../../bin/config.ts'),
  },
  cost: {
    about: 'prints what a stage costs a month on AWS',
    run: () => import('../../bin/cost.ts'),
  },
  'trace:summary': {
    about: 'sums up the file of start --trace',
    run: () => import('../../bin/trace-summary.ts'),
  },
};

const names = Object.keys(programs);
const width = Math.max(...names.map((name) => name.length)) + 2;
const usage = `Serves targeted ads and counts increments exactly once: adtally [command] [options]

${names.map((name) => `  ${name.padEnd(width)}${programs[name]?.about ?? ''}\n`).join('')}
  adtally <command> --help   its options and exit codes
  adtally --version          the version
`;

const [node = '', launcher = '', ...args] = process.argv;
const [first = 'start', ...rest] = args;
const isHelp = (text: string | undefined): boolean => ['--help', '-h', 'help'].includes(text ?? '');

if (isHelp(first) && rest.length === 0) process.stdout.write(usage);
else if (first === '--version') process.stdout.write(`adtally ${version}\n`);
else if (first === 'help') await run(rest[0] ?? '', ['--help']);
else if (first.startsWith('-')) await run('start', args);
else await run(first, rest);

async function run(name: string, given: readonly string[]): Promise<void> {
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (program === undefined) {
    const nearest = nearestName(name, names);
    const meant = nearest === undefined ? '.' : `; did you mean ${nearest}?`;
    process.stderr.write(`${name} is not a command${meant}\nTry: adtally --help\n`);
    process.exitCode = 2;
    return;
  }
  process.argv = [node, launcher, ...given];
  await program.run();
}
