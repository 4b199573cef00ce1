/**
 * Goals: run every port's contract suite on AWS's own protocols, and the adapters against servers that
 * misbehave. Non-goals: deploying anything (test/localstack does); speed.
 * How to run: `npm run test:aws`; arguments are handed to Jest. Needs Java 17 for DynamoDB Local; installs
 * the emulators (80 MB) at the first run. What cannot run is named, and with CI=true that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  installEmulators,
  missingForDynamodb,
  startDynamodbLocal,
  startKinesisLocal,
  type Emulator,
} from './support/emulators.ts';
import { endpointVariables } from './support/endpoints.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const jestMsMax = 900_000;

installEmulators();
const missing = missingForDynamodb();
const started: Emulator[] = [];
let status: number;
try {
  const kinesis = await startKinesisLocal();
  started.push(kinesis);
  const environment: Record<string, string> = { [endpointVariables.kinesis]: kinesis.endpoint };
  if (missing === undefined) {
    const dynamodb = await startDynamodbLocal();
    started.push(dynamodb);
    environment[endpointVariables.dynamodb] = dynamodb.endpoint;
  }
  status = runJest(environment, missing === undefined ? [] : ['--testPathIgnorePatterns', 'dynamodb']);
} finally {
  for (const emulator of started) emulator.stop();
}
if (missing !== undefined) {
  console.log(`SKIPPED: the suites on DynamoDB Local: ${missing}`);
  if (process.env['CI'] === 'true') status = 1;
}
process.exitCode = status;

function runJest(environment: Readonly<Record<string, string>>, args: readonly string[]): number {
  const jest = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
  ];
  const result = spawnSync(
    process.execPath,
    [...jest, '--config', 'test/aws/jest.config.mjs', ...args, ...process.argv.slice(2)],
    { cwd: root, env: { ...process.env, ...environment }, stdio: 'inherit', timeout: jestMsMax },
  );
  return result.status ?? 1;
}
