import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { buildImage, type Container, type Image } from './engine.ts';

const dockerfile = readFileSync(join(resolve(import.meta.dirname, '../..'), 'Dockerfile'), 'utf8');

let image: Image;
let container: Container;
beforeAll(async () => {
  image = await buildImage(dockerfile);
}, 600_000);
afterAll(() => image.remove());
beforeEach(async () => {
  container = await image.start();
});
afterEach(() => container.remove());

const adtally = (...args: readonly string[]) => container.run([...image.entrypoint, ...args]);
const health = () => container.run(image.healthCheck);

/** As an engine starts it; the token makes the address 0.0.0.0 possible. */
async function startServer() {
  const created = await adtally(
    'tokens',
    'create',
    '--name',
    'me',
    '--scopes',
    'admin',
    '--data',
    '/data',
    '--json',
  );
  const { token } = JSON.parse(created.stdout) as { readonly token: string };
  const child = container.spawn([...image.entrypoint, ...image.command]);
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (said.text += chunk.toString()));
  for (let tries = 0; tries < 300 && !said.text.includes('adtally is ready on'); tries += 1) await sleep(100);
  expect(said.text).toContain('adtally is ready on http://0.0.0.0:3333');
  return { token, child, said };
}

/** Asks the server from inside the container, whose network no other process reaches. */
async function post(token: string, body: unknown, path = '/increment?mode=sync'): Promise<unknown> {
  const program = `const answer = await fetch('http://127.0.0.1:3333' + process.argv[1], { method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer ' + process.argv[2] }, body: process.argv[3] });
    console.log(answer.status, await answer.text());`;
  const { stdout } = await container.run([
    'node',
    '--input-type=module',
    '-e',
    program,
    path,
    token,
    JSON.stringify(body),
  ]);
  return stdout.trim();
}

describe('a container of the image', () => {
  it('requires a token, and says in one step how to make it', async () => {
    const { code, stderr } = await container.run([...image.entrypoint, ...image.command]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Listening on 0.0.0.0 requires a token, and /data has none. Create one first:\n' +
        '  adtally tokens create --name me --scopes admin --data /data\n',
    );
  });

  it('counts as a user without rights, writes its volume alone, and stops when told', async () => {
    const { token, child } = await startServer();
    expect(await health()).toMatchObject({ code: 0, stdout: 'http://127.0.0.1:3333: ready\n' });
    expect(await post(token, { key: 'a', value: 7 })).toBe('200 {"a":7}');
    const owner = await container.run(['stat', '-c', '%u:%g', '/data/data.mdb']);
    expect(owner.stdout).toBe('1000:1000\n');
    for (const path of ['/x', '/tmp/x', '/opt/adtally/x', '/usr/local/bin/x'])
      for (const as of [undefined, 'root'] as const)
        expect((await container.run(['touch', path], as)).stderr).toContain('Read-only file system');
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    const again = await startServer();
    expect(await post(again.token, { key: 'a', value: 1 })).toBe('200 {"a":8}');
  });

  it('is unhealthy before it runs, while its disk is full, and after it has stopped', async () => {
    await container.remove();
    container = await image.start({ volumeSize: '50m' });
    expect(await health()).toMatchObject({ code: 1, stdout: 'http://127.0.0.1:3333: no answer\n' });
    const { token, child } = await startServer();
    expect((await health()).code).toBe(0);
    await container.run(['dd', 'if=/dev/zero', 'of=/data/fill', 'bs=64k']);
    for (let batch = 0, answer = ''; !answer.startsWith('503'); batch += 1) {
      expect(batch).toBeLessThan(400);
      const increments = Array.from({ length: 300 }, (_, one) => ({
        key: `${batch}-${one}`.padEnd(250, 'x'),
        value: 1,
      }));
      answer = String(await post(token, { increments }, '/api/v1/increments'));
    }
    expect(await health()).toMatchObject({
      code: 1,
      stdout: 'http://127.0.0.1:3333: alive, but not ready\n',
    });
    await container.run(['rm', '/data/fill']);
    expect((await health()).code).toBe(0);
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect((await health()).code).toBe(1);
  });

  it('has no network, no installer and no tool of the build', async () => {
    const links = await container.run(['ip', '-brief', 'link']);
    expect(links.stdout).toMatch(/^lo [^\n]*\n$/);
    for (const program of ['npm', 'npx', 'corepack', 'yarn', 'tsc', 'esbuild'])
      expect({ program, ...(await container.run(['sh', '-c', `command -v ${program}`])) }).toMatchObject({
        code: 127,
      });
    const packages = (await container.run(['ls', '/opt/adtally/node_modules'])).stdout.trim().split('\n');
    expect(packages).toContain('adtally');
    for (const name of ['typescript', 'esbuild', 'zod', 'jest']) expect(packages).not.toContain(name);
    const bytes = (await container.run(['du', '-sb', '/opt/adtally'], 'root')).stdout;
    // What the image adds to its base.
    expect(Number.parseInt(bytes, 10)).toBeLessThan(40_000_000);
  });
});
