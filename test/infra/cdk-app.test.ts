import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** What `npx cdk` says of the app. */

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'adtally-cdk-app-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function cdk(...args: readonly string[]) {
  const program = join('node_modules', 'aws-cdk', 'bin', 'cdk');
  const bin = join(process.cwd(), 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, CI: 'true' };
  // Once made, the templates are read again: to make them takes most of the time.
  const made = args.includes('deploy') ? ['--app', join(folder, 'cdk.out')] : [];
  const options = ['--output', join(folder, 'cdk.out'), '--no-notices', ...made];
  return spawnSync(process.execPath, [program, ...args, ...options], { encoding: 'utf8', env });
}

describe('the CDK app', () => {
  it('lists the stages, by the names that the other commands take', () => {
    const { status, stdout, stderr } = cdk('ls');
    expect([status, stderr.includes('    at ')]).toEqual([0, false]);
    expect(stdout.trim().split('\n').sort()).toEqual(['adtally-dev', 'adtally-prod', 'adtally-staging']);
  });

  it('says how to name a stage if a command needs one', () => {
    const { status, stdout, stderr } = cdk('deploy');
    expect(status).not.toBe(0);
    expect(stdout + stderr).toMatch(/specify which stacks to use[^]*adtally-dev/);
  });

  it.each([
    [
      'no-such',
      'The stage no-such is unknown. There are local, dev, staging, prod, localstack; define others in adtally.config.ts.',
    ],
    ['prdo', 'The stage prdo is unknown. Did you mean prod?'],
    [
      'local',
      'The stage local is not on AWS. Name one with -c stage=dev|staging|prod. (local is npm start.)',
    ],
  ])('says which stages there are if it is asked for %s', (stage, said) => {
    const { status, stderr } = cdk('ls', '-c', `stage=${stage}`);
    expect(status).not.toBe(0);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('    at ');
  });
});
