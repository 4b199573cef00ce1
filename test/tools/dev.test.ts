import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../contracts/eventually.ts';

/** The command on a copy of the product, in which the test changes a file. */
const product = resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adtally-dev-'));
  for (const part of ['bin', 'client', 'console', 'functions', 'lib', 'package.json', 'tsconfig.json'])
    await cp(join(product, part), join(folder, part), { recursive: true });
  await mkdir(join(folder, 'test'));
  await symlink(join(product, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('npm run dev restarts when a file changes, and keeps what was counted', async () => {
  const { scripts } = JSON.parse(await readFile(join(product, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [, ...args] = scripts['dev']?.split(' ') ?? [];
  const child = spawn(process.execPath, [...args, '--port', '0', '--quiet', '--data', 'data'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  const urlOf = (start: number) =>
    eventually(`start ${start} of the server`, () =>
      Promise.resolve(Array.from(said.matchAll(/ready on (http:\S+)/g))[start]?.[1]),
    );
  try {
    const first = await urlOf(0);
    const answer = await fetch(`${first}/increment?mode=sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"key":"a","value":3}',
    });
    expect(answer.status).toBe(200);
    await appendFile(join(folder, 'lib/core/streams.ts'), '\n// changed\n');
    const second = await urlOf(1);
    expect(await (await fetch(`${second}/increment/a`)).json()).toEqual({ a: 3 });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}, 120_000);
