import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canMount, onDisk, runStartFailure, startFailures, unshared } from '../support/start-failures.ts';

const server = [process.execPath, fileURLToPath(new URL('../../bin/local.ts', import.meta.url))];

describe('npm start refuses, in one line that says what to do,', () => {
  it.each(startFailures)('$name', async (failure) => {
    const { expected, ...ended } = await runStartFailure(server, failure);
    expect(ended).toEqual({ code: 1, stdout: '', stderr: expected });
  });

  it('and has a row for each in docs/operations.md', async () => {
    const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const [, table = ''] = /<!-- start failures -->(.*?)<!-- end of start failures -->/s.exec(page) ?? [];
    const said = Array.from(table.matchAll(/^\|([^|]*)\|/gm), ([, cell = '']) =>
      cell.matchAll(/`([^`]+)`/g),
    ).flatMap((quotes) => Array.from(quotes, ([, quote = '']) => quote.split('…')));
    const isIn = (text: string, parts: readonly string[]): boolean =>
      parts.every((part) => text.includes(part.trim()));
    const without = startFailures.filter(({ says }) => !said.some((parts) => isIn(says('/data', 80), parts)));
    expect(without.map(({ name }) => name)).toEqual([]);
  });
});

const tries = 600;
const pauseMs = 100;

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tried = 0; tried < tries; tried += 1) {
    if (await isSo()) return;
    await sleep(tried < 100 ? 0 : pauseMs);
  }
  throw new Error('it never came to that');
}

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { readonly port: number };
  taken.close();
  await once(taken, 'close');
  return port;
}

describe('npm start', () => {
  let folder: string;
  let children: ChildProcess[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-start-'));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL'))
        await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  });

  /** Starts it by words that go before its own, and waits until it answers. */
  async function start(under: readonly string[], options: readonly string[] = ['--quiet']) {
    const port = await freePort();
    const [file, ...args] = [...under, ...server, ...options, '--data', folder, '--port', String(port)];
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    const said = { stderr: '' };
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
    const url = `http://127.0.0.1:${port}`;
    const answer = async (path: string, body?: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
      const found = await fetch(url + path, init);
      return { status: found.status, body: (await found.json()) as Record<string, unknown> };
    };
    await until(() =>
      answer('/health').then(
        () => true,
        () => false,
      ),
    );
    return {
      said,
      answer,
      count: (key: string) => answer('/increment?mode=sync', { key, value: 1 }),
      isReady: async () => (await answer('/health')).body['ready'],
      async stop() {
        child.kill('SIGTERM');
        await once(child, 'exit');
        return child.exitCode;
      },
    };
  }

  it.each([
    ['closed', 'exec "$0" "$@" >&- 2>&-'],
    ['full', 'exec "$0" "$@" >/dev/full 2>/dev/full'],
  ])('counts although its standard output and error are %s', async (_, script) => {
    // Not quiet: it logs a line when it has started, and another when it stops.
    const started = await start(['sh', '-c', script], []);
    for (const total of [1, 2, 3]) expect((await started.count('k')).body).toEqual({ k: total });
    expect(await started.stop()).toBe(0);
  });

  if (canMount) {
    it('is not ready while its disk is full, reads, and is ready once there is room', async () => {
      const [file, ...args] = [...onDisk('size=60m')(folder), 'sh', '-c', 'echo mounted; exec sleep 600'];
      const holder = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] });
      children.push(holder);
      await once(holder.stdout, 'data');
      const filling = `/proc/${holder.pid}/root${folder}/fill`;
      const there = unshared(holder.pid ?? 0);

      const first = await start(there);
      expect(await first.isReady()).toBe(true);
      expect((await first.count('k')).body).toEqual({ k: 1 });
      const fill = (): void => {
        try {
          for (;;) appendFileSync(filling, Buffer.alloc(65_536));
        } catch (error) {
          expect(error).toMatchObject({ code: 'ENOSPC' });
        }
      };
      fill();
      // The data file has been given room in advance.
      let posted = 0;
      for (const size of [100, 1])
        await until(async () => {
          posted += 1;
          const key = `${posted} `.padEnd(250, 'x');
          const increments = Array.from({ length: size }, (_, one) => ({ key: `${key}${one}`, value: 1 }));
          return (await first.answer('/api/v1/increments', { increments })).status === 503;
        });
      expect(await first.isReady()).toBe(false);
      expect((await first.answer('/increment/k')).body).toEqual({ k: 1 });
      expect(await first.stop()).toBe(0);

      const second = await start(there);
      expect(await second.isReady()).toBe(false);
      expect((await second.answer('/increment/k')).body).toEqual({ k: 1 });
      expect(second.said.stderr).toBe(`adtally is not ready: the disk of ${folder} is full; make room.\n`);
      rmSync(filling);
      await until(() => second.said.stderr.includes('adtally is ready on'));
      expect(await second.isReady()).toBe(true);
      expect((await second.count('k')).body).toEqual({ k: 2 });
      expect(await second.stop()).toBe(0);
    });
  }
});
