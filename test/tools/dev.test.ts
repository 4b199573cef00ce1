import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
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

interface Dev {
  /** What it and its servers have said so far. */
  readonly said: () => string;
  /** The address of each start of the server, from 0 on. */
  readonly urlOf: (start: number) => Promise<string>;
  readonly ended: Promise<unknown[]>;
  readonly end: () => Promise<void>;
}

async function dev(...more: string[]): Promise<Dev> {
  const { scripts } = JSON.parse(await readFile(join(product, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [, ...args] = scripts['dev']?.split(' ') ?? [];
  const child = spawn(process.execPath, [...args, ...more], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  return {
    said: () => said,
    urlOf: (start) =>
      eventually(`start ${start} of the server`, () =>
        Promise.resolve(Array.from(said.matchAll(/ready on (http:\S+)/g))[start]?.[1]),
      ),
    ended,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const ofServer = ['--port', '0', '--quiet', '--data', 'data'];

it('npm run dev restarts when a file changes, and keeps what was counted', async () => {
  const { urlOf, end, ended } = await dev(...ofServer);
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
    await end();
  }
  expect(await ended).toEqual([0, null]);
}, 120_000);

it('and starts again after a change that breaks the server, once a later change has mended it', async () => {
  const { said, urlOf, end } = await dev(...ofServer);
  const [there, away] = [join(folder, 'lib/core/streams.ts'), join(folder, 'away.ts')];
  try {
    await urlOf(0);
    // As in the middle of a checkout: a file that others import is gone.
    await rename(there, away);
    await eventually('the end of the broken server', () =>
      Promise.resolve(/ended with exit code 1; the next change/.exec(said())?.[0]),
    );
    await rename(away, there);
    expect((await fetch(`${await urlOf(1)}/health`)).status).toBe(200);
  } finally {
    await end();
  }
}, 120_000);

it.each([
  ['--help', 0, 'adtally in one process: npm start'],
  ['--no-such-option', 2, '--no-such-option is not an option.'],
])(
  'and ends by itself after %s',
  async (argument, code, text) => {
    const { said, ended } = await dev(argument);
    expect(await ended).toEqual([code, null]);
    expect(said()).toContain(text);
  },
  120_000,
);
