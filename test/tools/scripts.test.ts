import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/**
 * Each script of package.json that runs a program of ours, as npm runs it. The others hand their arguments to
 * the tool that they name, which has help of its own.
 */
const product = resolve(import.meta.dirname, '../..');
const { scripts } = JSON.parse(await readFile(join(product, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
const own = Object.entries(scripts).filter(([, text]) => /^node [^&|]*\.ts( --\w+)?$/.test(text));
const ofTools = ['test', 'check', 'format', 'format:fix', 'lint', 'types', 'deps', 'knip', 'test:tools'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-scripts-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** In an empty folder, with no service in reach that it could install from or deploy to. */
function run(script: string, ...more: string[]): Promise<Ended> {
  const [, ...args] = script.split(' ').map((arg) => (arg.endsWith('.ts') ? join(product, arg) : arg));
  const env = { PATH: '', HOME: folder, npm_config_offline: 'true' };
  return new Promise((done) => {
    // A program that does not end must not outlive its test, and slow all that follow.
    const run = { cwd: folder, env, timeout: 100_000 };
    execFile(process.execPath, [...args, ...more], run, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

it('are either ours or of a tool', () => {
  expect([...own.map(([name]) => name), ...ofTools].sort()).toEqual(Object.keys(scripts).sort());
});

describe.each(own)('npm run %s', (name, script) => {
  it('shows its help, and does nothing else', async () => {
    const { code, stdout, stderr } = await run(script, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`npm ${name === 'start' || name === 'dev' ? 'start' : `run ${nameOf(name)}`}`);
    expect(stdout).toMatch(/exit codes?:|--help/i);
    expect(await readdir(folder)).toEqual([]);
  }, 120_000);

  it('refuses an option that it does not have, in a sentence', async () => {
    const { code, stdout, stderr } = await run(script, '--no-such-option');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^--no-such-option is not an option\.\nTry: npm [^\n]+ -- --help\n$/);
    expect(await readdir(folder)).toEqual([]);
  }, 120_000);
});

it.each(own)('npm run %s prints the version', async (_name, script) => {
  expect(await run(script, '--version')).toEqual({ code: 0, stdout: 'adtally 0.1.0\n', stderr: '' });
});

/** The same program with an option that is set. */
function nameOf(name: string): string {
  return name === 'simulate:defects' ? 'plant' : name;
}

it.each([
  ['nowhere.json', 'nowhere.json does not exist; npm start -- --trace FILE writes one.\n'],
  ['.', '. is a folder; give the file that npm start -- --trace FILE wrote.\n'],
  [join(product, 'README.md'), `${join(product, 'README.md')} is not a trace of npm start -- --trace.\n`],
])('npm run trace:summary says in a sentence why it cannot read %s', async (file, text) => {
  expect(await run(scripts['trace:summary'] ?? '', file)).toEqual({ code: 1, stdout: '', stderr: text });
});
