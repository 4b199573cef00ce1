/**
 * Goals: run every port's contract suite on AWS's own protocols, and the adapters against servers that
 * misbehave. Non-goals: deploying anything (test/localstack does); speed.
 * How to run: `npm run test:aws -- --help`. Installs the emulators (80 MB) at the first run. What cannot run is
 * named, and with CI=true that is a failure.
 */
import { runJest, runSuite } from '../support/run-suite.ts';
import {
  installEmulators,
  missingForDynamodb,
  startDynamodbLocal,
  startKinesisLocal,
  type Emulator,
} from './support/emulators.ts';
import { endpointVariables } from './support/endpoints.ts';

const jestMsMax = 900_000;

await runSuite({
  name: 'test:aws',
  about: "Runs the contracts of the ports on emulators of AWS's protocols; DynamoDB Local needs Java 17.",
  run,
});

async function run(args: readonly string[]): Promise<number> {
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
    const without = missing === undefined ? [] : ['--testPathIgnorePatterns', 'dynamodb'];
    status = runJest({ folder: 'aws', args: [...without, ...args], msMax: jestMsMax, environment });
  } finally {
    for (const emulator of started) emulator.stop();
  }
  if (missing === undefined) return status;
  console.log(`SKIPPED: the suites on DynamoDB Local: ${missing}`);
  return process.env['CI'] === 'true' ? 1 : status;
}
