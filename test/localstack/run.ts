import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runJest, runSuite } from '../support/run-suite.ts';
import { startMinistack } from './ministack.ts';

/**
 * Goal: the template that goes to AWS, deployed by the real CDK to a LocalStack-compatible endpoint and used
 * from outside over HTTP. Not a goal: to prove what the endpoint itself does not do (docs/emulators.md).
 *
 * How to run: `npm run test:localstack -- --help`.
 */
const cache = join(process.cwd(), 'node_modules', '.cache', 'adtally');
const jestMsMax = 1_800_000;

await runSuite({
  name: 'test:localstack',
  about: `Deploys the stage localstack to AWS_ENDPOINT_URL and uses it; without that variable it installs and
starts MiniStack, and stops it at the end.`,
  run,
});

async function run(args: readonly string[]): Promise<number> {
  mkdirSync(cache, { recursive: true });
  const given = process.env['AWS_ENDPOINT_URL'];
  const started = performance.now();
  const endpoint =
    given === undefined || given === ''
      ? await startMinistack(cache)
      : { url: given, stop: (): Promise<void> => Promise.resolve() };
  let status: number;
  try {
    status = testAgainst(endpoint.url, args);
  } finally {
    await endpoint.stop();
  }
  console.log(
    `test:localstack took ${Math.round((performance.now() - started) / 1000)} s against ${given ?? 'MiniStack'}`,
  );
  return status;
}

function testAgainst(url: string, args: readonly string[]): number {
  const environment = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    CDK_OUTPUTS: join(cache, 'outputs.json'),
  };
  const cdk = (...args: string[]): number =>
    node(environment, join('node_modules', 'aws-cdk', 'bin', 'cdk'), ...args);
  const output = ['--output', join(cache, 'cdk.out')];
  const bootstrapped = cdk('bootstrap', 'aws://000000000000/us-east-1', '-c', 'stage=localstack', ...output);
  if (bootstrapped !== 0) return bootstrapped;
  const deploy = (): number =>
    cdk(
      'deploy',
      '-c',
      'stage=localstack',
      '--require-approval',
      'never',
      '--outputs-file',
      environment.CDK_OUTPUTS,
      ...output,
    );
  const deployed = deploy();
  if (deployed !== 0) return deployed;
  const outputs = JSON.parse(readFileSync(environment.CDK_OUTPUTS, 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  return runJest({
    folder: 'localstack',
    args: ['--runInBand', ...args],
    msMax: jestMsMax,
    environment: {
      ...environment,
      ADTALLY_OUTPUTS: JSON.stringify(outputs['adtally-localstack']),
      ADTALLY_BUNDLES: join(cache, 'cdk.out', 'functions'),
    },
  });
}

function node(environment: NodeJS.ProcessEnv, ...args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return status ?? 1;
}
