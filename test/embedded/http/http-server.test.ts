import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { HttpServer, HttpLimits } from '../../../lib/embedded/http/http-server.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../../../lib/embedded/http/http-message.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { RawAnswer } from '../../support/raw-client.ts';
import { connect, openServer, stopServerAfterEach, until } from './open-server.ts';

let httpServer: HttpServer;
let seen: HttpRequest[];
let handler: HttpHandler;
let refusal: HttpResponse | undefined;

const echo: HttpHandler = (request) =>
  Promise.resolve({
    statusCode: 200,
    headerLines: 'Content-Type: text/plain\r\n',
    body: `${request.method} ${request.target} ${request.body.length}`,
  });

beforeEach(() => {
  seen = [];
  handler = echo;
  refusal = undefined;
});

stopServerAfterEach();

async function open(limits: Partial<HttpLimits> = {}, clock: Clock = systemClock): Promise<void> {
  httpServer = await openServer({
    browserRules: { refuse: () => refusal, linesFor: () => 'X-Own: yes\r\n' },
    ...{ limits, clock },
    handler: (request) => {
      seen.push(request);
      return handler(request);
    },
  });
}

const get = (target: string, ...headers: string[]): string => request('GET', target, '', ...headers);

function request(method: string, target: string, body = '', ...headers: string[]): string {
  const length = body === '' ? [] : [`Content-Length: ${body.length}`];
  return `${[`${method} ${target} HTTP/1.1`, 'Host: x', ...headers, ...length].join('\r\n')}\r\n\r\n${body}`;
}

function expectProblem(answer: RawAnswer, statusCode: number): void {
  expect(answer.statusCode).toBe(statusCode);
  expect(answer.headers).toMatchObject({ 'content-type': 'application/problem+json', 'x-own': 'yes' });
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'detail', 'errors']);
  expect(body['status']).toBe(statusCode);
}

function defer(): { hold: HttpHandler; release: () => void } {
  const waiting: (() => void)[] = [];
  return {
    hold: (request) => new Promise((resolve) => waiting.push(() => void echo(request).then(resolve))),
    release: () => waiting.shift()?.(),
  };
}

describe('a request', () => {
  it('is answered whole, and the connection goes on', async () => {
    await open();
    const client = connect().send(get('/a?b=%20'));
    const answer = await client.answer();
    expect(answer).toMatchObject({ statusCode: 200, body: 'GET /a?b=%20 0' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'content-length': '14' });
    expect(Math.abs(Date.parse(answer.headers['date'] ?? '') - Date.now())).toBeLessThan(10_000);
    client.send(request('POST', '/b', 'hello'));
    expect((await client.answer()).body).toBe('POST /b 5');
    expect(seen[1]).toMatchObject({ method: 'POST', target: '/b', sourceIp: '127.0.0.1' });
    expect(seen[1]?.body.toString()).toBe('hello');
    expect(seen[1]?.headers.slice(0, 2)).toEqual(['Host', 'x']);
  });

  it('gets a header sent twice twice, and text beyond ASCII as UTF-8', async () => {
    await open();
    handler = () => Promise.resolve({ statusCode: 200, headerLines: 'A: 1\r\nA: 2\r\n', body: 'ü€😀' });
    const client = connect().send(get('/'));
    await until(() => client.received.includes('\r\n\r\n'));
    expect(client.received).toContain('A: 1\r\nA: 2\r\n');
    expect((await client.answer()).body).toBe('ü€😀');
  });

  it('may be a HEAD: the length without the body', async () => {
    await open();
    const client = connect().send(request('HEAD', '/', ''));
    expect((await client.answer({ headOnly: true })).headers['content-length']).toBe('8');
    client.send(get('/next'));
    expect((await client.answer()).body).toBe('GET /next 0');
  });

  it.each([204, 304])('has neither body nor length when the answer is %i', async (statusCode) => {
    await open();
    handler = () => Promise.resolve({ statusCode, headerLines: 'ETag: "1"\r\n', body: 'ignored' });
    const client = connect().send(get('/'));
    expect((await client.answer()).headers).not.toHaveProperty('content-length');
    handler = echo;
    client.send(get('/next'));
    expect((await client.answer()).body).toBe('GET /next 0');
  });

  // Covers API4.3 (docs/security.md).
  it('may have a body of 256 KiB in many pieces, and not one byte more', async () => {
    await open();
    const client = connect().send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 262144\r\n\r\n');
    for (let piece = 0; piece < 16; piece += 1) {
      client.send(Buffer.alloc(16_384, piece));
      await systemClock.sleep(1);
    }
    expect((await client.answer()).body).toBe('POST / 262144');
    expect(
      seen[0]?.body.equals(Buffer.concat(Array.from({ length: 16 }, (_, i) => Buffer.alloc(16_384, i)))),
    ).toBe(true);
    client.send(request('POST', '/', 'x'.repeat(262_145)));
    const answer = await client.answer();
    expectProblem(answer, 413);
    expect(answer.headers['connection']).toBe('close');
    expect(await client.end()).toBe('end');
    expect(seen).toHaveLength(1);
  });

  it('may be pipelined: the answers come in order', async () => {
    await open();
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`);
    const client = connect().send(paths.map((path) => request('POST', path, 'ab')).join(''));
    for (const path of paths) expect((await client.answer()).body).toBe(`POST ${path} 2`);
  });

  it('is answered to a client that has sent its end already', async () => {
    await open();
    const { hold, release } = defer();
    handler = hold;
    const client = connect().send(get('/'));
    client.socket.end();
    await until(() => seen.length === 1);
    release();
    expect((await client.answer()).statusCode).toBe(200);
    expect(await client.end()).toBe('end');
  });

  it('may be abandoned without harm', async () => {
    await open();
    const { hold, release } = defer();
    handler = hold;
    const client = connect().send(get('/'));
    await until(() => seen.length === 1);
    await client.destroy();
    release();
    handler = echo;
    expect((await connect().send(get('/')).answer()).statusCode).toBe(200);
    expect(httpServer.stats.requestsUnderWay).toBe(0);
  });
});

describe('unusual requests', () => {
  beforeEach(() => open());

  it('come in pieces of any size', async () => {
    const text = request('POST', '/slow', 'body');
    for (let cut = 1; cut < text.length; cut += 7) {
      const client = connect().send(text.slice(0, cut));
      await systemClock.sleep(2);
      expect((await client.send(text.slice(cut)).answer()).body).toBe('POST /slow 4');
      await client.destroy();
    }
  });

  it('follow plain ones on the same connection, pipelined too', async () => {
    const chunked =
      'POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\n\r\n';
    const client = connect().send(get('/1') + get('/2') + chunked + get('/3'));
    const bodies = [
      await client.answer(),
      await client.answer(),
      await client.answer(),
      await client.answer(),
    ];
    expect(bodies.map(({ body }) => body)).toEqual(['GET /1 0', 'GET /2 0', 'POST /c 5', 'GET /3 0']);
  });

  it('may expect 100-continue', async () => {
    const client = connect().send(
      'PUT /e HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n',
    );
    expect((await client.answer()).statusCode).toBe(100);
    expect((await client.send('abc').answer()).body).toBe('PUT /e 3');
  });

  it('are told 413 instead of 100-continue when the body would be too large', async () => {
    const client = connect().send(
      'PUT /e HTTP/1.1\r\nHost: x\r\nContent-Length: 262145\r\nExpect: 100-continue\r\n\r\n',
    );
    expectProblem(await client.answer(), 413);
    expect(await client.end()).toBe('end');
  });

  it('are told 417 when they expect anything else', async () => {
    expectProblem(await connect().send(get('/', 'Expect: miracles')).answer(), 417);
  });

  it('are told 413 when chunks add up to too much', async () => {
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const client = connect().send(
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
      chunk.repeat(5),
      '0\r\n\r\n',
    );
    expectProblem(await client.answer(), 413);
    expect(seen).toEqual([]);
  });

  it('may end the connection, or come from an old client', async () => {
    const closing = connect().send(get('/', 'Connection: close'));
    expect((await closing.answer()).headers['connection']).toBe('close');
    expect(await closing.end()).toBe('end');
    const old = connect().send('GET /old HTTP/1.0\r\n\r\n');
    expect((await old.answer()).body).toBe('GET /old 0');
    expect(await old.end()).toBe('end');
  });

  it('may ask for another protocol, and get this one', async () => {
    const client = connect().send(get('/', 'Connection: Upgrade', 'Upgrade: h2c'));
    expect((await client.answer()).statusCode).toBe(200);
  });

  it.each([
    ['nonsense', 'NONSENSE\r\n\r\n', 400],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    ['a bad chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['a head over 16 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 431],
  ])('are refused as a problem: %s', async (_, text, statusCode) => {
    const client = connect().send(text);
    const answer = await client.answer();
    expectProblem(answer, statusCode);
    expect(answer.headers['connection']).toBe('close');
    expect(await client.end()).toBe('end');
    expect(seen).toEqual([]);
  });
});

describe('limits', () => {
  it('a head that stops is told 408', async () => {
    await open({ headTimeoutMs: 200, requestTimeoutMs: 400 });
    const client = connect().send('GET / HTTP/1.1\r\n');
    expectProblem(await client.answer(), 408);
    expect(await client.end()).toBe('end');
  });

  // Covers API4.4 (docs/security.md).
  it.each([
    ['head', 'GET / HTTP/1.1\r\nHost: x\r\nX: '],
    ['body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n'],
    ['chunk', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n'],
  ])('a %s that trickles in is told 408 once its time is over', async (_, start) => {
    let nowMs = 0;
    let looks = 0;
    const monotonicMs = (): number => {
      looks += 1;
      return nowMs;
    };
    // By the clock that the test moves: the socket's own timer measures pauses, and would take an hour.
    await open({ headTimeoutMs: 3_600_000, requestTimeoutMs: 3_600_000 }, { ...systemClock, monotonicMs });
    const client = connect();
    for (const [atMs, text] of [
      [0, start],
      [1_200_000, 'x'],
      [2_400_000, 'x'],
      [3_600_000, 'x'],
    ] as const) {
      nowMs = atMs;
      const before = looks;
      client.send(text);
      await until(() => looks > before);
      expect(client.received).toBe('');
    }
    nowMs = 3_600_001;
    client.send('x');
    expectProblem(await client.answer(), 408);
    expect(await client.end()).toBe('end');
    expect(seen).toEqual([]);
  });

  it.each(['Content-Length: 9', 'Transfer-Encoding: chunked'])(
    'a body that stops is told 408: %s',
    async (header) => {
      await open({ headTimeoutMs: 200, requestTimeoutMs: 200 });
      const client = connect().send(`POST / HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n1`);
      expectProblem(await client.answer(), 408);
      expect(await client.end()).toBe('end');
      expect(seen).toEqual([]);
    },
  );

  it('an idle connection is closed, but not one that waits for its answer', async () => {
    await open({ idleTimeoutMs: 100 });
    const { hold, release } = defer();
    handler = hold;
    const waiting = connect().send(get('/'));
    const idle = connect();
    await idle.end();
    await systemClock.sleep(100);
    release();
    expect((await waiting.answer()).statusCode).toBe(200);
    await waiting.end();
  });

  it('a client that does not read its answer is cut off', async () => {
    await open({ requestTimeoutMs: 200 });
    handler = () => Promise.resolve({ statusCode: 200, headerLines: '', body: 'x'.repeat(6_000_000) });
    const client = connect();
    client.socket.pause();
    client.send(get('/1') + get('/2') + get('/3'));
    await systemClock.sleep(1500);
    client.socket.resume();
    await client.end();
    expect(seen.length).toBeLessThan(3);
  });

  it('connections beyond the limit are closed', async () => {
    await open({ connectionsMax: 2 });
    const first = connect().send(get('/'));
    const second = connect().send(get('/'));
    await first.answer();
    await second.answer();
    await connect().end();
    expect((await first.send(get('/')).answer()).statusCode).toBe(200);
  });

  // Covers API4.5 (docs/security.md).
  it('requests beyond the limit are told 503, and again', async () => {
    await open({ requestsMax: 1 });
    const { hold, release } = defer();
    handler = hold;
    const first = connect().send(get('/'));
    await until(() => seen.length === 1);
    const second = connect();
    const refused = await second.send(get('/')).answer();
    expectProblem(refused, 503);
    expect(refused.headers['retry-after']).toBe('1');
    release();
    await first.answer();
    handler = echo;
    expect((await second.send(get('/')).answer()).statusCode).toBe(200);
  });
});

describe('a stop', () => {
  it('lets a request finish, ends idle connections and accepts no more', async () => {
    await open();
    const { hold, release } = defer();
    handler = hold;
    const busy = connect().send(get('/'));
    const idle = connect();
    await until(() => seen.length === 1);
    const stopped = httpServer.stop();
    await idle.end();
    await connect().end();
    release();
    const answer = await busy.answer();
    expect(answer).toMatchObject({ statusCode: 200, headers: { connection: 'close' } });
    await stopped;
    expect(await busy.end()).toBe('end');
  });

  it('waits only so long', async () => {
    await open({ stopTimeoutMs: 100 });
    handler = () => new Promise(() => undefined);
    const busy = connect().send(get('/'));
    const busyToo = connect().send(get('/'));
    await until(() => seen.length === 2);
    await httpServer.stop();
    expect([await busy.end(), await busyToo.end()]).toEqual(['end', 'end']);
    expect([busy.received, busyToo.received]).toEqual(['', '']);
  });
});
