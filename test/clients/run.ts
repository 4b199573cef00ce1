/**
 * Goals: what others make of /openapi.json. Five generators make a client, which is compiled and used;
 * schemathesis calls everything that the document describes, on an open server and with a token; two linters
 * read it. Non-goals: our own client (test/client does); hostile bytes on the wire (`npm run fuzz` does);
 * speed. How to run: `npm run test:clients -- [--seconds N]`, N seconds of schemathesis for each kind of
 * server (default 60); other arguments are handed to Jest. Needs Java 17 with Maven, Go 1.23 and Python 3.10;
 * installs the rest into test/clients/tools at the first run (330 MB). What cannot run is named, and with
 * CI=true that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { secondsVariable } from './support/schemathesis.ts';
import { installTools, type ToolName } from './support/tools.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const jestMsMax = 1_800_000;

/** The suites, and what they need. */
const suites: Readonly<Record<string, readonly ToolName[]>> = {
  go: ['java', 'go'],
  java: ['java'],
  python: ['java', 'python'],
  'openapi-typescript': ['npm'],
  'hey-api': ['npm'],
  document: ['npm'],
  'schemathesis-open': ['python'],
  'schemathesis-guarded': ['python'],
};

const { seconds, rest } = readArguments(process.argv.slice(2));
const started = performance.now();
const missing = await installTools();
const installed = performance.now();
const skipped = Object.entries(suites).filter(([, needs]) => needs.some((tool) => missing.has(tool)));
let status = runJest(skipped.map(([suite]) => suite));
for (const [tool, reason] of missing) console.log(`missing: ${tool}: ${reason}`);
for (const [suite] of skipped) console.log(`SKIPPED: test/clients/${suite}.test.ts`);
if (skipped.length > 0 && process.env['CI'] === 'true') status = 1;
const asSeconds = (ms: number): number => Math.round(ms / 1000);
console.log(
  `test:clients took ${asSeconds(performance.now() - installed)} s, and before that ${asSeconds(installed - started)} s to install`,
);
process.exitCode = status;

function runJest(without: readonly string[]): number {
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--config',
    'test/clients/jest.config.mjs',
    '--maxWorkers=2',
  ];
  const ignored = without.flatMap((suite) => ['--testPathIgnorePatterns', `test/clients/${suite}\\.test`]);
  const result = spawnSync(process.execPath, [...jest, ...ignored, ...rest], {
    cwd: root,
    env: { ...process.env, [secondsVariable]: String(seconds) },
    stdio: 'inherit',
    timeout: jestMsMax,
  });
  return result.status ?? 1;
}

function readArguments(args: readonly string[]): {
  readonly seconds: number;
  readonly rest: readonly string[];
} {
  const at = args.indexOf('--seconds');
  if (at === -1) return { seconds: 60, rest: args };
  const seconds = Number(args[at + 1]);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 3600)
    throw new Error(`--seconds ${args[at + 1] ?? ''}: not a number of seconds, 1 to 3600`);
  return { seconds, rest: args.toSpliced(at, 2) };
}
