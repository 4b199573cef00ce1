import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMinistack } from './ministack.ts';

/**
 * Goal: the template that goes to AWS, deployed by the real CDK to a LocalStack-compatible endpoint and used
 * from outside over HTTP. Not a goal: to prove what the endpoint itself does not do (docs/emulators.md).
 *
 * `npm run test:localstack`: uses AWS_ENDPOINT_URL if it is set; otherwise installs and starts MiniStack, and
 * stops it at the end. Arguments go on to Jest.
 */
const cache = join(process.cwd(), 'node_modules', '.cache', 'adtally');
mkdirSync(cache, { recursive: true });

const given = process.env['AWS_ENDPOINT_URL'];
const started = performance.now();
const endpoint =
  given === undefined || given === ''
    ? await startMinistack(cache)
    : { url: given, stop: (): Promise<void> => Promise.resolve() };
try {
  process.exitCode = testAgainst(endpoint.url);
} finally {
  await endpoint.stop();
}
console.log(
  `test:localstack took ${Math.round((performance.now() - started) / 1000)} s against ${given ?? 'MiniStack'}`,
);

function testAgainst(url: string): number {
  const environment = {
    ...process.env,
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
  return node(
    { ...environment, ADTALLY_OUTPUTS: JSON.stringify(outputs['adtally-localstack']) },
    '--disable-warning=ExperimentalWarning',
    '--experimental-vm-modules',
    join('node_modules', 'jest', 'bin', 'jest.js'),
    '--config',
    join('test', 'localstack', 'jest.config.mjs'),
    '--runInBand',
    ...process.argv.slice(2),
  );
}

function node(environment: NodeJS.ProcessEnv, ...args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: environment });
  return status ?? 1;
}
