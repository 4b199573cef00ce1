/**
 * Goals: every function of a synthesised stage, as it would be uploaded, under the runtime client of AWS's
 * managed runtime: its start, real events, frozen and thawed, out of time, with services that hang.
 * Non-goals: what API Gateway and the event source mappings do (test/localstack deploys), speed.
 * How to run: `npm run test:runtime -- --help`. Needs Java 17 for DynamoDB Local, and for the runtime client,
 * which it installs and compiles at the first run (a minute), make, cmake, a C++ compiler, Python 3 and the
 * headers of any Node from 20 on. What cannot run is named, and with CI=true that is a failure.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  installEmulators,
  missingForDynamodb,
  startDynamodbLocal,
  startKinesisLocal,
  type Emulator,
} from '../aws/support/emulators.ts';
import { endpointVariables } from '../aws/support/endpoints.ts';
import { runJest, runSuite } from '../support/run-suite.ts';
import { assemblyVariable } from './support/assembly.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const client = fileURLToPath(new URL('./client/', import.meta.url));
const installMsMax = 600_000;
const jestMsMax = 900_000;

await runSuite({
  name: 'test:runtime',
  about: `Runs every function of a synthesised stage under the runtime client of AWS's managed runtime.
Needs Java 17, make, cmake, a C++ compiler, Python 3 and the headers of Node.`,
  async run(args) {
    const missing = missingForDynamodb() ?? missingCompiler();
    if (missing === undefined) {
      installClient();
      installEmulators();
      return run(args);
    }
    console.log(`SKIPPED: test/runtime: ${missing}`);
    return process.env['CI'] === 'true' ? 1 : 0;
  },
});

async function run(args: readonly string[]): Promise<number> {
  const assembly = mkdtempSync(join(tmpdir(), 'adtally-runtime-'));
  const started: Emulator[] = [];
  try {
    const synthesise = fileURLToPath(new URL('./synthesise.ts', import.meta.url));
    execFileSync(process.execPath, [synthesise, assembly], { cwd: root, stdio: 'inherit' });
    const dynamodb = await startDynamodbLocal();
    started.push(dynamodb);
    const kinesis = await startKinesisLocal();
    started.push(kinesis);
    const environment = {
      [endpointVariables.dynamodb]: dynamodb.endpoint,
      [endpointVariables.kinesis]: kinesis.endpoint,
      [assemblyVariable]: assembly,
    };
    return runJest({ folder: 'runtime', args, msMax: jestMsMax, environment });
  } finally {
    for (const emulator of started) emulator.stop();
    rmSync(assembly, { recursive: true });
  }
}

function missingCompiler(): string | undefined {
  const absent = ['make', 'cmake', 'g++', 'python3'].filter(
    (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0,
  );
  if (absent.length > 0) return `not installed: ${absent.join(', ')}`;
  return nodeHeaders() === undefined ? 'the headers of Node are not installed' : undefined;
}

/** The prefix of an installed Node with its headers; without it node-gyp would download them. */
function nodeHeaders(): string | undefined {
  const commands = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, '..'));
  const folders = [process.env['npm_config_nodedir'] ?? '', ...commands];
  return folders.find((folder) => folder !== '' && existsSync(join(folder, 'include/node/node_api.h')));
}

/** From its own lockfile, where it is missing. */
function installClient(): void {
  if (existsSync(join(client, 'node_modules/aws-lambda-ric/rapid-client.node'))) return;
  const { status, error } = spawnSync('npm', ['ci', '--prefix', client, '--no-audit', '--no-fund'], {
    stdio: 'inherit',
    timeout: installMsMax,
    env: { ...process.env, npm_config_nodedir: nodeHeaders() },
  });
  if (status !== 0)
    throw new Error(`npm ci of the runtime client failed: ${error?.message ?? `exit ${status}`}`);
}
