import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const repository = resolve(import.meta.dirname, '../..');

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let program: string;
let made: Ended;

function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((done) => {
    execFile(file, args, { cwd, env, maxBuffer: 32e6 }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-sea-test-'));
  program = join(folder, 'adtally');
  const script = join(repository, 'packages/single-executable.ts');
  made = await run(process.execPath, [script, '--out', program], repository, process.env);
});
afterAll(() => rm(folder, { recursive: true }));

/** Without a Node, or anything else, that it could find. */
const environment = (): NodeJS.ProcessEnv => ({ PATH: '', HOME: folder });
const use = (...args: readonly string[]): Promise<Ended> => run(program, args, folder, environment());

async function start(data: string): Promise<{ readonly url: string; readonly server: ChildProcess }> {
  const args = ['--port', '0', '--quiet', '--data', data];
  const server = spawn(program, args, {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const url = await new Promise<string>((done, fail) => {
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, found] = /^adtally is ready on (\S+)$/m.exec(said) ?? [];
      if (found !== undefined) done(found);
    });
    server.on('exit', () => {
      fail(new Error(said));
    });
  });
  return { url, server };
}

describe('the single executable', () => {
  it('is made, and its size and times to start are told', () => {
    expect({ ...made, stdout: '' }).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(made.stdout).toMatch(
      /adtally: \d+\.\d MiB; ready after \d+ ms, and \d+ ms once it is unpacked\n$/,
    );
    process.stderr.write(made.stdout);
  });

  it('unpacks itself once, also if two first commands run at the same time', async () => {
    const both = await Promise.all([use('--version'), use('--version'), use('--version')]);
    for (const one of both) expect(one).toEqual({ code: 0, stdout: 'adtally 0.1.0\n', stderr: '' });
    expect(await readdir(join(folder, '.cache/adtally'))).toEqual([
      expect.stringMatching(/^0\.1\.0-[0-9a-f]{12}$/),
    ]);
  });

  it('counts, keeps what it counted after kill -9, serves the console, and stops with 0', async () => {
    const first = await start('data');
    const count = async (url: string): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ key: 'a', value: 7 });
      return (await fetch(`${url}/increment?mode=sync`, { method: 'POST', headers, body })).json();
    };
    expect(await count(first.url)).toEqual({ a: 7 });
    first.server.kill('SIGKILL');
    await once(first.server, 'exit');
    const second = await start('data');
    expect(await count(second.url)).toEqual({ a: 14 });
    expect(await (await fetch(`${second.url}/console`)).text()).toContain('<!doctype html>');
    second.server.kill('SIGTERM');
    expect(await once(second.server, 'exit')).toEqual([0, null]);
  });

  it('runs a command that starts a server of its own', async () => {
    const few = [
      '--ads',
      '10',
      '--queries',
      '100',
      '--increments',
      '200',
      '--keys',
      '10',
      '--connections',
      '4',
    ];
    const { code, stdout } = await use('demo', ...few, '--port', '0', '--data', 'demo');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('200') });
  });

  it("reads a stage of one's own, which imports what types it", async () => {
    const stage =
      "import { defineStage } from 'adtally';\nexport default defineStage({ name: 'shop', extends: 'local', counters: { keyFormat: 'uuid' } });\n";
    await writeFile(join(folder, 'adtally.config.ts'), stage);
    const { code, stdout } = await use('config', 'show', '--stage', 'shop');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^counters\.keyFormat +"uuid" +adtally\.config\.ts, stage shop$/m);
  });

  it.each([
    ['ADTALLY_CACHE', '', '.cache/adtally'],
    ['ADTALLY_CACHE', 'own', 'own'],
    ['XDG_CACHE_HOME', '', '.cache/adtally'],
    ['XDG_CACHE_HOME', 'relative', '.cache/adtally'],
  ])('unpacks itself with %s=%s into %s', async (name, value, there) => {
    const home = await mkdtemp(join(folder, 'home-'));
    const env = { PATH: '', HOME: home, [name]: value };
    const ended = await run(program, ['--version'], home, env);
    expect(ended).toEqual({ code: 0, stdout: 'adtally 0.1.0\n', stderr: '' });
    expect(await readdir(join(home, there))).toHaveLength(1);
  });

  it('says in a sentence where it cannot unpack itself', async () => {
    await mkdir(join(folder, 'x'));
    await writeFile(join(folder, 'x/file'), '');
    const env = { ...environment(), ADTALLY_CACHE: join(folder, 'x/file') };
    expect(await run(program, ['--version'], folder, env)).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^adtally cannot unpack itself: ENOTDIR[^\n]*; name a folder that this user can write with ADTALLY_CACHE\.\n$/,
      ),
    });
  });
});
