import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

/** The command `adtally`, as its launcher starts it from the sources. */
const launcher = resolve(import.meta.dirname, '../../packages/adtally/bin/adtally.cjs');
const commands = [
  ...[
    'start',
    'demo',
    'import',
    'export',
    'tokens',
    'keys',
    'goals',
    'control',
    'quarantine',
    'health',
    'tail',
    'audit',
  ],
  ...[
    'rebuild',
    'projection',
    'backup',
    'restore',
    'config',
    'account',
    'cost',
    'trace:summary',
    'completion',
  ],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-command-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const env = { PATH: '', HOME: folder };
    execFile(process.execPath, [launcher, ...args], { cwd: folder, env }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

it('lists its commands, each with what it does', async () => {
  const { code, stdout, stderr } = await run('--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const listed = Array.from(stdout.matchAll(/^ {2}([a-z:]+) {2,}[a-z]/gm), ([, name]) => name);
  expect(listed).toEqual(commands);
});

it.each([['--version'], ['start', '--version'], ['cost', '--version']])(
  '%s %s prints it',
  async (...args) => {
    expect(await run(...args)).toEqual({ code: 0, stdout: 'adtally 0.1.0\n', stderr: '' });
  },
);

describe.each(commands)('adtally %s', (name) => {
  it('shows its help, and does nothing else', async () => {
    const { code, stdout, stderr } = await run(name, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`adtally ${name}`);
    expect(stdout).toMatch(/exit codes?:|--help/i);
    expect(stdout).not.toMatch(/npm (run|start)/);
    expect(await run('help', name)).toEqual({ code, stdout, stderr });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses an option that it does not have, in a sentence', async () => {
    expect(await run(name, '--no-such-option')).toEqual({
      code: 2,
      stdout: '',
      stderr: `--no-such-option is not an option.\nTry: adtally ${name} --help\n`,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});

it.each([
  [['start', '--port', '70000'], '--port must be a whole number from 0 to 65535; got 70000.'],
  [['start', '--prot', '1'], '--prot is not an option; did you mean --port?'],
  [['demo', '--ads', 'many'], '--ads must be a whole number from 1 to 10000000; got many.'],
  [['import'], 'The file of ads is missing.'],
  [['export', '--country', 'Taiwan'], '--country must be two upper-case letters'],
  [['tokens', 'creat'], 'creat'],
  [['tokens', 'create', '--scopes', 'all'], '--scopes must be some of'],
  [['control', 'set', 'rate'], 'rate'],
  [['quarantine', 'show'], 'an id is missing; adtally quarantine list prints them.'],
  [['health', '--url', 'localhost'], '--url must be the address of an API'],
  [['tail'], '--key'],
  [['audit', '--state', 'nowhere/x'], '--state must be the name of a file in a folder that exists'],
  [['rebuild', 'x'], 'x is one argument too many.'],
  [['projection', 'strat'], 'strat'],
  [['backup'], '--to'],
  [['restore', '--stage', 'local'], '--stage'],
  [['cost', '--queries', '5'], '--queries must be a rate up to'],
  [['account'], '--stage is missing; it must be the name of a stage.'],
  [['config', 'shw'], 'shw is not a command: show or stages.'],
  [['trace:summary'], 'The file of a trace is missing.'],
])('%j is refused with what is wrong, and changes nothing', async (args, said) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(said);
  expect(stderr).toMatch(/^[^\n]+[.?]\nTry: adtally [a-z:]+ --help\n$/);
  expect(await readdir(folder)).toEqual([]);
});

it.each([
  ['strat', 'strat is not a command; did you mean start?'],
  ['frobnicate', 'frobnicate is not a command.'],
  ['constructor', 'constructor is not a command.'],
])('adtally %s names the nearest command', async (name, said) => {
  expect(await run(name)).toEqual({ code: 2, stdout: '', stderr: `${said}\nTry: adtally --help\n` });
});

it('says in one sentence that Node is too old, without a word of its own parser', async () => {
  const older = join(folder, 'older.cjs');
  const source = await readFile(launcher, 'utf8');
  // The version is all that an older Node would change up to there.
  const text = source
    .replace('process.versions.node.split', "'22.12.0'.split")
    .replace('#!/usr/bin/env node', '');
  await writeFile(older, text);
  const ended = await new Promise<Ended>((done) => {
    execFile(process.execPath, [older], (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
  await rm(older);
  expect(ended).toEqual({
    code: 1,
    stdout: '',
    stderr: `adtally needs Node 24 or later and this is ${process.version}. Install it, or try: npx -p node@24 -p adtally adtally\n`,
  });
});
