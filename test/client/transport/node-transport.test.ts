import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createClient, type Fetch } from '../../../client/index.ts';
import { createNodeGzip } from '../../../client/transport/node-gzip.ts';
import { nodeModules } from '../../../client/transport/node-modules.ts';
import { createNodeTransport } from '../../../client/transport/node-transport.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';
import { clientClock } from '../support/client-clock.ts';
import { rejection } from '../support/scripted-api.ts';

const opened: { close: () => Promise<unknown> }[] = [];

afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
});

async function listen(server: Server | TcpServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Arrived {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The port of the client: one for each connection. */
  readonly port: number | undefined;
}

/** A server that answers as it is told, and what arrived there. */
async function openServer(reply: (arrived: Arrived, response: ServerResponse) => void) {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { method, url, headers, socket } = request;
      const one = { method, url, headers, body, port: socket.remotePort };
      arrived.push(one);
      reply(one, response);
    });
  });
  return { url: `http://${await listen(server)}`, arrived };
}

function createTransport() {
  const clock = createVirtualClock();
  return { clock, fetch: createNodeTransport(nodeModules()!, clientClock(clock)) };
}

const get = (fetch: Fetch, url: string, options: Partial<Parameters<Fetch>[1]> = {}) =>
  fetch(url, { method: 'GET', headers: {}, ...options });

describe('in Node, a request', () => {
  it('arrives as it was made, and its answer comes back', async () => {
    const { url, arrived } = await openServer((_one, response) => {
      response.writeHead(207, { 'X-Some': 'Value', 'Content-Type': 'text/plain' }).end('ün');
    });
    const { fetch, clock } = createTransport();
    const body = new TextEncoder().encode('bytes ü');
    const headers = { Authorization: 'Bearer t' };
    const answer = await fetch(`${url}/a?b=c`, { method: 'POST', headers, body, connectTimeoutMs: 100 });
    expect(arrived).toMatchObject([
      {
        ...{ method: 'POST', url: '/a?b=c', body: 'bytes ü' },
        headers: { authorization: 'Bearer t', 'content-length': '8', 'accept-encoding': 'gzip' },
      },
    ]);
    expect([answer.status, await answer.text(), answer.headers.get('x-sOmE')]).toEqual([207, 'ün', 'Value']);
    expect(answer.headers.get('X-Other')).toBeNull();
    expect(clock.sleeping).toBe(0);
  });

  it('gets a compressed answer uncompressed, and none that is cut short or is not gzip', async () => {
    const bodies = [
      gzipSync('long '.repeat(500)),
      gzipSync('long').subarray(0, 12),
      Buffer.from('no'),
      Buffer.from(''),
    ];
    const { url } = await openServer((_one, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bodies.shift());
    });
    const { fetch } = createTransport();
    expect(await (await get(fetch, url)).text()).toBe('long '.repeat(500));
    for (let n = 0; n < 2; n++)
      expect(await rejection(get(fetch, url))).toMatchObject({ code: expect.stringMatching(/^Z_/) });
    expect(await (await get(fetch, url)).text()).toBe('');
  });

  it('gets no answer with more bytes than the most, as it is or uncompressed', async () => {
    const bodies = ['a'.repeat(100), gzipSync('a'.repeat(100)), 'a'.repeat(101), gzipSync('a'.repeat(101))];
    const { url } = await openServer((_one, response) => {
      if (bodies.length % 2 === 1) response.setHeader('Content-Encoding', 'gzip');
      response.end(bodies.shift());
    });
    const fetch = createNodeTransport(nodeModules()!, clientClock(createVirtualClock()), 100);
    for (let n = 0; n < 2; n++) expect(await (await get(fetch, url)).text()).toBe('a'.repeat(100));
    expect(await rejection(get(fetch, url))).toMatchObject({ message: 'the answer has more than 100 bytes' });
    expect(await rejection(get(fetch, url))).toMatchObject({ code: 'ERR_BUFFER_TOO_LARGE' });
  });

  it('fails when its answer ends early, and may have been sent', async () => {
    const { url } = await openServer((_one, response) => {
      response.writeHead(200, { 'Content-Length': '10' }).write('half', () => response.destroy());
    });
    const { fetch } = createTransport();
    expect(await rejection(get(fetch, url))).toMatchObject({ code: 'ECONNRESET' });
  });

  it('follows no redirect', async () => {
    const { url, arrived } = await openServer((_one, response) => {
      response.writeHead(301, { Location: '/b' }).end();
    });
    const { fetch } = createTransport();
    expect((await get(fetch, url)).status).toBe(301);
    expect(arrived).toHaveLength(1);
  });

  it('uses a connection of its class again, and none of another class', async () => {
    const { url, arrived } = await openServer((_one, response) => response.end('{}'));
    const { fetch } = createTransport();
    for (const operationClass of ['ads', 'ads', 'counters', 'increments', 'ads', 'counters'] as const)
      await get(fetch, url, { operationClass });
    const [first, second, third, fourth, fifth, sixth] = arrived.map(({ port }) => port);
    expect([second, fifth, sixth]).toEqual([first, first, third]);
    expect(new Set([first, third, fourth]).size).toBe(3);
  });

  it('was never sent if there is no connection', async () => {
    const closed = createTcpServer();
    const address = await listen(closed);
    for (const { close } of opened.splice(0)) await close();
    const { fetch, clock } = createTransport();
    const error = await rejection(get(fetch, `http://${address}`, { connectTimeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'NEVER_SENT', cause: { code: 'ECONNREFUSED' } });
    expect(clock.sleeping).toBe(0);
  });

  it('was never sent if the handshake takes longer than the time-out of a connection', async () => {
    const silent = createTcpServer();
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const address = await listen(silent);
    const { fetch, clock } = createTransport();
    let ended = false;
    const call = rejection(get(fetch, `HTTPS://${address}`, { connectTimeoutMs: 3000 })).finally(
      () => (ended = true),
    );
    await connected;
    await clock.advance(2999);
    expect([ended, clock.sleeping]).toEqual([false, 1]);
    await clock.advance(1);
    expect(await call).toMatchObject({
      code: 'NEVER_SENT',
      cause: { message: 'no connection within 3000 ms' },
    });
  });

  it('has no time-out of a connection that is open, nor of an answer', async () => {
    let release = (): void => undefined;
    const { url } = await openServer((_one, response) => {
      release = () => response.end('{}');
      arrive();
    });
    let arrive = (): void => undefined;
    const { fetch, clock } = createTransport();
    for (let use = 0; use < 2; use++) {
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      const call = get(fetch, url, { connectTimeoutMs: 10 });
      await arrived;
      expect(clock.sleeping).toBe(0);
      await clock.advance(60_000);
      release();
      expect((await call).status).toBe(200);
    }
  });

  it('that is aborted rejects: never sent before the connection is open, perhaps sent after', async () => {
    const { url, arrived } = await openServer(() => undefined);
    const { fetch, clock } = createTransport();
    const early = AbortSignal.abort(new Error('early'));
    expect(await rejection(get(fetch, url, { signal: early }))).toMatchObject({ code: 'NEVER_SENT' });
    const stop = new AbortController();
    const call = rejection(get(fetch, url, { signal: stop.signal, connectTimeoutMs: 1000 }));
    while (arrived.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('late'));
    expect(await call).toMatchObject({ message: 'late' });
    expect(arrived).toHaveLength(1);
    const silent = await listen(createTcpServer());
    const connecting = new AbortController();
    const waiting = rejection(
      get(fetch, `https://${silent}`, { signal: connecting.signal, connectTimeoutMs: 1000 }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    connecting.abort();
    expect(await waiting).toMatchObject({ code: 'NEVER_SENT' });
    expect(clock.sleeping).toBe(0);
  });
});

describe('in Node, the client', () => {
  it('reads while three writes hang on all connections that writes have', async () => {
    const { url, arrived } = await openServer((one, response) => {
      if (one.method === 'GET') response.setHeader('Content-Type', 'application/json').end('{"counters":[]}');
    });
    const client = createClient({ baseUrl: url, policy: { connections: { increments: 3 }, triesMax: 1 } });
    const stop = new AbortController();
    const write = () =>
      rejection(client.increment({ body: { key: 'k', value: 1 } }, { signal: stop.signal }));
    const writes = [write(), write(), write()];
    while (arrived.length < 3) await new Promise((resolve) => setImmediate(resolve));
    const fourth = write();
    for (let read = 0; read < 5; read++)
      expect((await client.getCounters({ key: ['k'] })).body).toEqual({ counters: [] });
    expect(client.facts().classes.increments).toMatchObject({ underWay: 4, waiting: 1 });
    expect(arrived.filter(({ method }) => method === 'POST')).toHaveLength(3);
    stop.abort();
    expect(
      (await Promise.all([...writes, fourth])).map((error) => (error as { ambiguous: boolean }).ambiguous),
    ).toEqual([...[true, true, true, false]]);
  });

  it('may send a write again that had no connection in time, even without a key', async () => {
    const silent = await listen(createTcpServer());
    const policy = { connectTimeoutMs: 20, triesMax: 2, backoff: { baseMs: 0 } };
    const client = createClient({ baseUrl: `https://${silent}`, policy });
    const body = { key: 'k', value: 1 };
    expect(await rejection(client.increment({ body }, { keyed: false }))).toMatchObject({
      ...{ code: 'not-connected', ambiguous: false, retryable: true, tries: 2 },
    });
    const hasty = createClient({ baseUrl: `https://${silent}`, policy: { triesMax: 1, tryTimeoutMs: 20 } });
    expect(await rejection(hasty.increment({ body }, { keyed: false }))).toMatchObject({
      ...{ code: 'not-connected', ambiguous: false, retryable: true, tries: 1 },
    });
  });

  it('says of a write that is aborted before it has a connection that it was certainly not written', async () => {
    const silent = createTcpServer();
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const client = createClient({ baseUrl: `https://${await listen(silent)}` });
    const stop = new AbortController();
    const body = { key: 'k', value: 1 };
    const write = rejection(client.increment({ body }, { signal: stop.signal, keyed: false }));
    await connected;
    stop.abort();
    expect(await write).toMatchObject({ code: 'aborted', ambiguous: false, retryable: false, tries: 1 });
  });

  it('sends a large batch as gzip', async () => {
    const { url, arrived } = await openServer((_one, response) => {
      response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"accepted":100}');
    });
    const increments = Array.from({ length: 100 }, (_, index) => ({ key: `ad-${index}/clicks`, value: 1 }));
    await createClient({ baseUrl: url }).incrementMany({ body: { increments } });
    const [{ headers }] = arrived as [Arrived];
    expect(headers['content-encoding']).toBe('gzip');
    expect(Number(headers['content-length'])).toBeLessThan(JSON.stringify({ increments }).length / 5);
  });
});

describe('gzip by zlib', () => {
  it('has the text, and rejects what is none', async () => {
    const gzip = createNodeGzip(nodeModules()!);
    expect(gunzipSync(await gzip('text ü')).toString()).toBe('text ü');
    await expect(gzip(7 as never)).rejects.toThrow('must be of type string');
  });
});

describe('the modules of Node', () => {
  it('are absent where there is no process, or one that does not give them', () => {
    expect(nodeModules({})).toBeUndefined();
    expect(nodeModules({ process: {} })).toBeUndefined();
    expect(Object.keys(nodeModules()!)).toEqual(['http', 'https', 'zlib']);
  });
});
