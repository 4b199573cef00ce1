import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readLocalOptions } from '../../lib/embedded/local-options.ts';
import { runCommand, type CommandAnswer } from '../support/run-command.ts';
import { ServerProcess, startServer } from '../support/server-process.ts';

const json = { 'content-type': 'application/json' };

describe('the arguments of npm start', () => {
  it('have defaults', () => {
    expect(readLocalOptions([])).toEqual({
      port: 3333,
      host: '127.0.0.1',
      folder: '.adtally',
      stage: 'local',
      quiet: false,
      timer: true,
      tokens: undefined,
      allowHosts: [],
      corsOrigins: [],
      keepAliveSeconds: 75,
      rate: undefined,
      ratePerAddress: undefined,
      trustedProxies: [],
      shards: undefined,
      shardLimits: false,
      keyFormat: undefined,
      defaultMode: undefined,
      trace: undefined,
    });
  });

  it('are all taken', () => {
    const args = ['--port=0', '--host', '::1', '--data', '/x', '--stage', 'prod', '--quiet', '--no-timer'];
    const shards = ['--shards', '8', '--shard-limits'];
    const keys = ['--key-format', 'uuid', '--default-mode', 'sync'];
    const proxies = ['--trusted-proxy', '10.0.0.1', '--trusted-proxy=::1', '--rate-per-address', '50'];
    const trace = ['--trace', 't.json', '--trace-max-bytes', '1000000'];
    const hosts = ['--allow-host', 'box', '--allow-host=[::2]', '--cors-origin', 'https://a.example:8443'];
    const web = [...hosts, '--cors-origin', 'http://b', '--keep-alive', '3600'];
    expect(
      readLocalOptions([
        ...args,
        ...web,
        '--tokens',
        '--rate',
        '200:1000',
        ...shards,
        ...keys,
        ...proxies,
        ...trace,
      ]),
    ).toEqual({
      ...{ port: 0, host: '::1', folder: '/x', stage: 'prod', quiet: true, timer: false },
      tokens: true,
      allowHosts: ['box', '[::2]'],
      corsOrigins: ['https://a.example:8443', 'http://b'],
      keepAliveSeconds: 3600,
      rate: { ratePerSecond: 200, burst: 1000 },
      ratePerAddress: { ratePerSecond: 50, burst: 250 },
      trustedProxies: ['10.0.0.1', '::1'],
      shards: 8,
      shardLimits: true,
      keyFormat: 'uuid',
      defaultMode: 'sync',
      trace: { file: 't.json', bytesMax: 1_000_000 },
    });
    expect(readLocalOptions(['--open', '--rate', '7'])).toMatchObject({
      tokens: false,
      rate: { ratePerSecond: 7, burst: 35 },
    });
    expect(readLocalOptions(['--host', 'localhost']).host).toBe('localhost');
    expect(readLocalOptions(['--host', '127.9.9.9']).tokens).toBeUndefined();
    // A server that others can reach requires tokens, whatever the data folder holds.
    for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.evil.example', '128.0.0.1']) {
      expect(readLocalOptions(['--host', host]).tokens).toBe(true);
    }
  });

  it.each([
    [['--port', '65536'], '--port must be a whole number from 0 to 65535; got 65536'],
    [['--port', '-1'], '--port must be a whole number from 0 to 65535; got -1'],
    [['--port', '80x'], '--port must be a whole number from 0 to 65535; got 80x'],
    [['--port', ''], '--port must be a whole number from 0 to 65535; got nothing'],
    [['--data', ''], '--data must be the name of a folder; got nothing'],
    [['--host', ''], '--host must be an address; got nothing'],
    [['--open', '--tokens'], '--tokens and --open exclude each other'],
    [['--open', '--host', '0.0.0.0'], '--open must not be given with --host 0.0.0.0, which others can reach'],
    [['--open', '--host', '127.evil.example'], '--open must not be given with --host 127.evil.example'],
    [['--shards', '0'], '--shards must be a whole number from 1 to 64; got 0'],
    [['--shards', '65'], '--shards must be a whole number from 1 to 64; got 65'],
    [['--shards', 'x'], '--shards must be a whole number from 1 to 64; got x'],
    [['--rate', '0'], '--rate must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 0'],
    [
      ['--rate', '10:0'],
      '--rate must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 10:0',
    ],
    [['--rate', '9'.repeat(20)], `each from 1 to 9999999; got ${'9'.repeat(20)}`],
    [
      ['--rate', '1.5'],
      '--rate must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 1.5',
    ],
    [['--allow-host', 'a:80'], '--allow-host must be a host name without a port; got a:80'],
    [['--allow-host', ''], '--allow-host must be a host name without a port; got nothing'],
    [['--allow-host', 'http://a'], '--allow-host must be a host name without a port; got http://a'],
    [['--cors-origin', '*'], '--cors-origin must be an origin, as in https://app.example; got *'],
    [
      ['--cors-origin', 'https://a/'],
      '--cors-origin must be an origin, as in https://app.example; got https://a/',
    ],
    [['--cors-origin', 'https://a:443'], '--cors-origin must be an origin'],
    [['--cors-origin', 'null'], '--cors-origin must be an origin'],
    [Array<string>(101).fill('--cors-origin=http://a'), '--cors-origin may be given 100 times at most'],
    [['--keep-alive', '0'], '--keep-alive must be a whole number from 1 to 3600; got 0'],
    [['--keep-alive', '3601'], '--keep-alive must be a whole number from 1 to 3600; got 3601'],
    [['--keep-alive', '1.5'], '--keep-alive must be a whole number from 1 to 3600; got 1.5'],
    [
      ['--rate-per-address', '1/5'],
      '--rate-per-address must be calls a second, as in 200 or 200:1000, each from 1 to 9999999; got 1/5',
    ],
    [['--trusted-proxy', 'proxy.example'], '--trusted-proxy must be an IP address; got proxy.example'],
    [['--trusted-proxy', '10.0.0.0/8'], '--trusted-proxy must be an IP address; got 10.0.0.0/8'],
    [['--default-mode', 'log'], '--default-mode must be one of eventual, sync; got log'],
    [['--key-format', 'int'], '--key-format must be one of any, uuid; got int'],
    [['--trace', ''], '--trace must be the name of a file; got nothing'],
    [['--trace-max-bytes', '65535'], '--trace-max-bytes must be a whole number from 65536'],
    [['--trace', 'x', '--trace-max-bytes', '64M'], '--trace-max-bytes must be a whole number from 65536'],
    [['--trace-max-bytes', '100000'], '--trace-max-bytes requires --trace, the file that it limits'],
    [['--colour'], '--colour is not an option'],
    [['--quiet=yes'], '--quiet takes no value; got yes'],
    [['start'], 'start is one argument too many'],
  ])('are refused: %j', (args, message) => {
    expect(() => readLocalOptions(args)).toThrow(message);
  });
});

describe('npm start', () => {
  let folder: string;
  let server: ServerProcess | undefined;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adtally-cli-'));
    server = undefined;
  });
  afterEach(async () => {
    await server?.kill();
    await rm(folder, { recursive: true });
  });

  const run = (...args: string[]): Promise<CommandAnswer> => runCommand('local', args);

  const start = async (preload?: string): Promise<ServerProcess> => {
    server = new ServerProcess({ folder, quiet: false, ...(preload !== undefined && { preload }) });
    await server.ready;
    return server;
  };

  it('explains itself and its mistakes', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--port <n>');
    const wrong = await run('--what');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toBe('--what is not an option.\nTry: npm start -- --help\n');
  });

  it('says what requires a token that the folder does not have', async () => {
    const create = `  npm run tokens -- create --name me --scopes admin --data ${folder}\n`;
    expect(await run('--data', folder, '--port', '0', '--tokens')).toMatchObject({
      code: 1,
      stderr: `--tokens requires a token, and ${folder} has none. Create one first:\n${create}`,
    });
    expect(await run('--data', folder, '--port', '0', '--host', '0.0.0.0')).toMatchObject({
      code: 1,
      stderr: `Listening on 0.0.0.0 requires a token, and ${folder} has none. Create one first:\n${create}`,
    });
  });

  it('says what is wrong with a data folder, without a stack', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const [data, why] of [
      [file, 'is a file; choose another folder'],
      [join(file, 'sub'), 'would be in a file; choose another folder'],
    ] as const) {
      expect(await run('--data', data, '--port', '0')).toMatchObject({
        code: 1,
        stderr: `Cannot start: the data folder ${data} ${why} (--data).\n`,
      });
    }
  });

  it('answers, refuses a second start on its folder or port, and stops when told', async () => {
    server = await startServer(folder);
    expect((await fetch(new URL('/health', server.url))).status).toBe(200);
    const second = await run('--data', folder, '--port', '0');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`${folder} is in use by the process with pid ${server.pid}`);
    const elsewhere = await run('--data', join(folder, 'other'), '--port', server.url.port);
    expect(elsewhere).toMatchObject({
      code: 1,
      stderr: `Port ${server.url.port} on 127.0.0.1 is in use. Choose another port with --port; 0 takes any free one.\n`,
    });
    expect((await server.stop()).code).toBe(0);
    server = await startServer(folder);
    expect((await server.stop()).code).toBe(0);
  });

  it('writes log lines alone to standard output, and its banner with the console to standard error', async () => {
    const { said, url } = await start();
    const named = (name: string): string =>
      new RegExp(`^  ${name} +(\\S+)`, 'm').exec(said.stderr)?.[1] ?? '';
    for (const page of ['console', 'demo', 'docs']) {
      expect(named(page)).toBe(`${url.origin}/${page}`);
      expect((await fetch(named(page))).status).toBe(200);
    }
    expect(named('data')).toBe(await realpath(folder));
    expect(await server?.stop()).toEqual({ code: 0, signal: null });
    const lines = said.stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toContain('stopped');
  });

  it('takes only UUIDs for counter keys if told to, and says so over HTTP', async () => {
    server = await startServer(folder, ['--key-format', 'uuid']);
    const { url } = server;
    const post = async (path: string, body: unknown): Promise<{ status: number; body: unknown }> => {
      const answer = await fetch(new URL(path, url), {
        method: 'POST',
        body: JSON.stringify(body),
        headers: json,
      });
      return { status: answer.status, body: await answer.json() };
    };
    const [key, nil] = ['0190A0A0-0000-7000-8000-00000000000a', '00000000-0000-0000-0000-000000000000'];
    const notUuid = 'must be a UUID in this stage, as crypto.randomUUID() makes them';
    const isNil = 'must not be the nil UUID, which names nothing; send the id that you mean';
    for (const [sent, message] of [
      ['ad-42', notUuid],
      [nil, isNil],
    ] as const) {
      const refused = (path: string) => ({
        status: 400,
        body: {
          type: 'urn:adtally:problem:invalid-request',
          title: 'The request is not valid',
          status: 400,
          detail: '1 invalid field; see errors.',
          errors: [{ path, message }],
        },
      });
      expect(await post('/increment', { key: sent, value: 1 })).toMatchObject(refused('key'));
      expect(await post('/increment?mode=sync', { key: sent, value: 1 })).toMatchObject(refused('key'));
      const increments = [key, sent].map((one) => ({ key: one, value: 1 }));
      expect(await post('/api/v1/increments', { increments })).toMatchObject(refused('increments.1.key'));
      expect((await fetch(new URL(`/increment/${sent}`, url))).status).toBe(400);
    }
    // Nothing of the refused batches was counted, and both cases of letters name one counter.
    for (const [sent, total] of [
      [key, 2],
      [key.toLowerCase(), 4],
    ] as const)
      expect(await post('/increment?mode=sync', { key: sent, value: 2 })).toEqual({
        status: 200,
        body: { '0190a0a0-0000-7000-8000-00000000000a': total },
      });
  });

  it('counts before the answer if that is its default, unless the request asks otherwise', async () => {
    server = await startServer(folder, ['--default-mode', 'sync']);
    const { url } = server;
    const post = (path: string, headers = {}): Promise<Response> =>
      fetch(new URL(path, url), {
        method: 'POST',
        body: JSON.stringify({ key: 'k', value: 2 }),
        headers: { ...json, ...headers },
      });
    const counted = await post('/increment');
    expect([counted.status, await counted.json()]).toEqual([200, { k: 2 }]);
    const minimal = await post('/increment', { prefer: 'return=minimal' });
    expect([minimal.status, await minimal.text()]).toEqual([204, '']);
    expect(minimal.headers.get('preference-applied')).toBe('return=minimal');
    const logged = await post('/increment?mode=eventual', { prefer: 'return=minimal' });
    expect([logged.status, await logged.json()]).toEqual([202, {}]);
    expect(logged.headers.get('preference-applied')).toBeNull();
    const read = await fetch(new URL('/increment/k', url), {
      headers: { 'consistency-token': logged.headers.get('consistency-token') ?? '' },
    });
    expect(await read.json()).toEqual({ k: 6 });
  });

  it('goes on counting when nobody reads what it writes any more', async () => {
    const unread = await start();
    unread.closeOutput();
    const { origin } = unread.url;
    // A sampled request makes a line when it is answered, and one when it is counted.
    const headers = { ...json, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
    const body = JSON.stringify({ key: 'unread', value: 1 });
    for (let sent = 0; sent < 20; sent += 1) {
      const answer = await fetch(`${origin}/increment`, { method: 'POST', body, headers });
      expect(answer.status).toBe(202);
      const counted = await fetch(`${origin}/increment/unread`, {
        headers: { 'consistency-token': answer.headers.get('consistency-token') ?? '' },
      });
      expect(await counted.json()).toEqual({ unread: sent + 1 });
    }
    expect(await unread.stop()).toEqual({ code: 0, signal: null });
  });

  it('ends with an error when the disk fails, having acknowledged nothing more', async () => {
    const preload = fileURLToPath(new URL('../support/lose-data-file.ts', import.meta.url));
    const broken = await start(preload);
    const increment = (key: string): Promise<Response> =>
      fetch(new URL('/increment', broken.url), {
        method: 'POST',
        body: JSON.stringify({ key, value: 1 }),
        headers: json,
      });
    expect((await increment('before')).status).toBe(202);
    broken.signal('SIGUSR2');
    let refused = await increment('after');
    for (let tries = 0; refused.ok && tries < 100; tries++) refused = await increment('after');
    expect(refused.status).toBe(503);
    // Either way a supervisor sees a failure: at its exit LMDB may abort the process, having no disk to
    // close to.
    const { code, signal } = await broken.exited;
    expect([1, 'SIGABRT']).toContain(code ?? signal);
    expect(broken.said.stdout).toContain('the disk failed: nothing can be written from here on');
  });
});
