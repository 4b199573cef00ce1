/**
 * Goals: what others make of /openapi.json. Five generators make a client, which is compiled and used;
 * schemathesis calls everything that the document describes, on an open server and with a token; two linters
 * read it. Non-goals: our own client (test/client does); hostile bytes on the wire (`npm run fuzz` does);
 * speed. How to run: `npm run test:clients -- --help`. Installs most of what it needs into test/clients/tools at
 * the first run (330 MB). What cannot run is named, and with CI=true that is a failure.
 */
import { runJest, runSuite } from '../support/run-suite.ts';
import { secondsVariable } from './support/schemathesis.ts';
import { installTools, type ToolName } from './support/tools.ts';

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

await runSuite({
  name: 'test:clients',
  about: `Makes clients of the API's document with five generators, and calls all that it describes with schemathesis.
Needs Java 17 with Maven, Go 1.23 and Python 3.10.`,
  seconds: { about: 'of schemathesis for each kind of server', default: 60 },
  run,
});

async function run(args: readonly string[], seconds: number): Promise<number> {
  const started = performance.now();
  const missing = await installTools();
  const installed = performance.now();
  const skipped = Object.entries(suites).filter(([, needs]) => needs.some((tool) => missing.has(tool)));
  const ignored = skipped.flatMap(([suite]) => ['--testPathIgnorePatterns', `test/clients/${suite}\\.test`]);
  const status = runJest({
    folder: 'clients',
    args: ['--maxWorkers=2', ...ignored, ...args],
    msMax: jestMsMax,
    environment: { [secondsVariable]: String(seconds) },
  });
  for (const [tool, reason] of missing) console.log(`missing: ${tool}: ${reason}`);
  for (const [suite] of skipped) console.log(`SKIPPED: test/clients/${suite}.test.ts`);
  const asSeconds = (ms: number): number => Math.round(ms / 1000);
  console.log(
    `test:clients took ${asSeconds(performance.now() - installed)} s, and before that ${asSeconds(installed - started)} s to install`,
  );
  return skipped.length > 0 && process.env['CI'] === 'true' ? 1 : status;
}
