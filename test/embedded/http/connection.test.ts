import { createServer, request as nodeRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import type { HttpServer, HttpLimits } from '../../../lib/embedded/http/http-server.ts';
import type { HttpHandler } from '../../../lib/embedded/http/http-message.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { connect, openServer, stopServerAfterEach, until } from './open-server.ts';

let httpServer: HttpServer;
/** What was acted on. */
let seen: string[];
let handler: HttpHandler;

const echo: HttpHandler = ({ method, target, body }) =>
  Promise.resolve({
    statusCode: 200,
    headerLines: '',
    body: `${method} ${target} ${body.toString('latin1')}`,
  });

beforeEach(() => {
  seen = [];
  handler = echo;
});

stopServerAfterEach();

async function open(limits: Partial<HttpLimits> = {}): Promise<void> {
  httpServer = await openServer({
    limits,
    handler: (request) => {
      seen.push(`${request.method} ${request.target} ${request.body.toString('latin1')}`);
      return handler(request);
    },
  });
}

const post = (target: string, body: string, ...lines: string[]): string =>
  [`POST ${target} HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`, ...lines, '', body].join('\r\n');

const chunked = (...chunks: string[]): string =>
  `POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}`;

/** The status of each answer until the connection ends, and how it ended. */
async function answersOf(client: RawClient): Promise<(number | string)[]> {
  const found: (number | string)[] = [];
  for (;;) {
    try {
      found.push((await client.answer()).statusCode);
    } catch {
      return [...found, await client.end()];
    }
  }
}

describe('a connection that is counted is answered', () => {
  beforeEach(() => open());

  it.each([
    ['one byte more', '!'],
    ['an empty line', '\r\n'],
    ['another request', post('/2', 'b')],
    ['a megabyte more', 'x'.repeat(1_000_000)],
  ])('when %s follows a request that ends the connection', async (_, more) => {
    const client = connect().send(post('/1', 'a', 'Connection: close') + more);
    expect(await answersOf(client)).toEqual([200, 'end']);
    expect(seen).toEqual(['POST /1 a']);
  });

  // Covers ANSWERS.1 (docs/security.md).
  it.each([
    ['nonsense', 'NONSENSE\r\n\r\n', 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    ['a bad Host', post('/2', 'b', 'Host: b'), 400],
    ['a bad chunk', chunked('zz\r\n'), 400],
    ['a length that is too large', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n', 413],
    ['half a request, and the end', 'POST /2 HTTP/1.1\r\nHo', 400],
    ['half a body, and the end', post('/2', 'bb').slice(0, -1), 400],
  ])('before it is refused what follows: %s', async (_, next, statusCode) => {
    const client = connect().send(post('/1', 'a') + post('/2', 'b') + next);
    client.socket.end();
    expect(await answersOf(client)).toEqual([200, 200, statusCode, 'end']);
    expect(seen).toEqual(['POST /1 a', 'POST /2 b']);
  });

  it.each(['HEAD ', 'HEAD / HTTP/1.1\r\nHost: a\r\n'])(
    'without a body when a HEAD ends before its head is whole: %j',
    async (text) => {
      const client = connect().send(text);
      client.socket.end();
      await until(() => client.closed !== undefined);
      expect(client.received).toMatch(/^HTTP\/1\.1 400 [^]*\r\ncontent-length: [1-9][^]*\r\n\r\n$/i);
    },
  );

  it('also when the next request comes and is refused while the first is under way', async () => {
    let release = (): void => undefined;
    handler = (request) => new Promise((resolve) => (release = () => void echo(request).then(resolve)));
    const client = connect().send(post('/1', 'a'));
    await until(() => seen.length === 1);
    client.send('NONSENSE\r\n\r\n');
    await systemClock.sleep(20);
    release();
    expect(await answersOf(client)).toEqual([200, 400, 'end']);
  });

  it('when it has sent its end after several requests', async () => {
    const client = connect().send(post('/1', 'a') + chunked('1\r\nb\r\n0\r\n\r\n') + post('/3', 'c'));
    client.socket.end();
    expect(await answersOf(client)).toEqual([200, 200, 200, 'end']);
  });

  it('and one that resets in the middle does no harm', async () => {
    let release = (): void => undefined;
    handler = (request) => new Promise((resolve) => (release = () => void echo(request).then(resolve)));
    const client = connect().send(post('/1', 'a'));
    await until(() => seen.length === 1);
    client.socket.resetAndDestroy();
    await systemClock.sleep(20);
    release();
    handler = echo;
    expect((await connect().send(post('/2', 'b')).answer()).statusCode).toBe(200);
    expect(httpServer.stats.requestsUnderWay).toBe(0);
  });

  it('when the server stops while its body comes', async () => {
    const client = connect().send(post('/1', 'abc').slice(0, -1));
    await systemClock.sleep(20);
    const stopped = httpServer.stop();
    client.send('c');
    expect(await answersOf(client)).toEqual([200, 'end']);
    await stopped;
    await open();
  });
});

describe('a body that is too large', () => {
  const fiveMegabytes = 'x'.repeat(5_000_000);
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n';
  beforeEach(() => open());

  it('is refused before it comes', async () => {
    expect((await connect().send(`${head}\r\n`).answer()).statusCode).toBe(413);
    expect((await connect().send(`${head}Expect: 100-continue\r\n\r\n`).answer()).statusCode).toBe(413);
  });

  it('of any length, in digits that no number holds', async () => {
    const client = connect().send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${'9'.repeat(400)}\r\n\r\n`);
    expect((await client.answer()).statusCode).toBe(413);
  });

  it('may be sent to its end: the sender reads why, and sees the connection end in good order', async () => {
    const client = connect();
    client.socket.pause();
    client.send(`${head}\r\n`);
    for (let sent = 0; sent < 5; sent += 1) {
      client.send(fiveMegabytes.slice(0, 1_000_000));
      await systemClock.sleep(5);
    }
    await until(() => client.socket.writableLength === 0);
    client.socket.resume();
    expect(await answersOf(client)).toEqual([413, 'end']);
  });

  it('is refused in chunks once they are too many', async () => {
    const client = connect().send(chunked(`40000\r\n${'x'.repeat(0x40000)}\r\n`));
    await systemClock.sleep(20);
    expect(client.received).toBe('');
    client.send('1\r\n');
    expect(await answersOf(client)).toEqual([413, 'end']);
    expect(seen).toEqual([]);
  });

  it('is refused to the clients of Node in words that they read', async () => {
    const url = `http://127.0.0.1:${httpServer.port}/`;
    const response = await fetch(url, { method: 'POST', body: fiveMegabytes });
    expect([response.status, ((await response.json()) as { status: number }).status]).toEqual([413, 413]);
    const asked = nodeRequest(url, { method: 'POST' });
    asked.end(fiveMegabytes);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect([answer.statusCode, await textOf(answer)]).toEqual([413, expect.stringContaining('262144 bytes')]);
  });

  it('without an end is not read for ever', async () => {
    const client = connect().send(`${head}\r\n`);
    client.socket.on('error', () => undefined);
    let sent = 0;
    while (client.socket.writable && sent < 100) {
      client.socket.write(Buffer.alloc(1_000_000));
      sent += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => client.socket.destroyed);
    expect(seen).toEqual([]);
  });
});

describe('an answer to HEAD has the length of the body and not one byte of it', () => {
  it.each([
    ['let in', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', 200],
    ['of an unknown version', 'HEAD / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['of a bad Host', 'HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['of headers that are too large', `HEAD / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['of a body that is too large', 'HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n', 413],
    ['of a bad chunk', 'HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n', 400],
  ])('%s', async (_, text, statusCode) => {
    await open();
    const client = connect().send(text);
    client.socket.end();
    const answer = await client.answer({ headOnly: true });
    expect(answer.statusCode).toBe(statusCode);
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(5);
    await client.end();
    expect(client.received).toBe('');
  });
});

describe('a connection that goes on', () => {
  it('says so, and for how long', async () => {
    await open({ idleTimeoutMs: 76_000 });
    const kept = await connect().send(post('/', 'a')).answer();
    expect(kept.headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=75' });
    const last = await connect()
      .send(post('/', 'a', 'Connection: close'))
      .answer();
    expect(last.headers).not.toHaveProperty('keep-alive');
  });

  it('reads each body from its beginning, however many pieces it comes in', async () => {
    await open();
    const client = connect();
    const bodies = ['the first body', 'another', 'x'.repeat(50)];
    for (const body of bodies) {
      const request = post('/pieces', body);
      for (const piece of [request.slice(0, -5), request.slice(-5, -2), request.slice(-2)]) {
        client.send(piece);
        await systemClock.sleep(20);
      }
      expect((await client.answer()).body).toBe(`POST /pieces ${body}`);
    }
    expect(seen).toEqual(bodies.map((body) => `POST /pieces ${body}`));
    await client.destroy();
  });

  it('may be of HTTP/1.0 where the client asks for that', async () => {
    await open();
    const client = connect();
    for (const target of ['/1', '/2']) {
      client.send(`GET ${target} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
      expect(await client.answer()).toMatchObject({
        body: `GET ${target} `,
        headers: { connection: 'keep-alive' },
      });
    }
  });

  it('is closed once it has been silent for longer than that', async () => {
    await open({ idleTimeoutMs: 100 });
    const client = connect().send(post('/', 'a'));
    await client.answer();
    expect(await client.end()).toBe('end');
  });

  it('may have empty lines before a request', async () => {
    await open();
    const client = connect().send(`\r\n${post('/1', 'a')}\r\n\r\n`);
    await client.answer();
    expect(
      (
        await client
          .send('\r')
          .send(`\n${post('/2', 'b')}`)
          .answer()
      ).body,
    ).toBe('POST /2 b');
  });

  it('does not stay for empty lines alone', async () => {
    await open({ headTimeoutMs: 100 });
    const client = connect();
    for (let sent = 0; sent < 5000 && client.closed === undefined; sent += 1) {
      client.send('\r\n');
      await systemClock.sleep(10);
    }
    expect(client.closed).toBeDefined();
  });
});

describe('100 Continue', () => {
  const expecting = (version: string): string =>
    `POST /e HTTP/${version}\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
  beforeEach(() => open());

  it('is not sent to HTTP/1.0, nor when the body is there already', async () => {
    const old = connect().send(expecting('1.0'));
    await systemClock.sleep(20);
    expect(old.received).toBe('');
    expect((await old.send('abc').answer()).body).toBe('POST /e abc');
    expect(
      (
        await connect()
          .send(`${expecting('1.1')}abc`)
          .answer()
      ).body,
    ).toBe('POST /e abc');
  });

  it('is sent before chunks', async () => {
    const client = connect().send(
      'POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n',
    );
    expect((await client.answer()).statusCode).toBe(100);
    expect((await client.send('1\r\na\r\n0\r\n\r\n').answer()).body).toBe('POST /e a');
  });
});

describe('a body in chunks', () => {
  beforeEach(() => open());

  it.each([
    [
      'sizes in any hexadecimal',
      '3\r\nabc\r\n00a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n',
      'abc01234567890123456789',
    ],
    ['extensions', '3;a=b;c="d"\r\nabc\r\n0 ;e\r\n\r\n', 'abc'],
    ['trailer fields', '1\r\na\r\n0\r\nX: y\r\nContent-Length: 5\r\n\r\n', 'a'],
    ['nothing in it', '0\r\n\r\n', ''],
    ['line breaks in it', '2\r\n\r\n\r\n0\r\n\r\n', '\r\n'],
  ])('may have %s, and come in pieces of any size', async (_, body, expected) => {
    const text = chunked(body);
    for (let cut = text.length - body.length; cut < text.length; cut += 1) {
      const client = connect().send(text.slice(0, cut));
      await new Promise((resolve) => setImmediate(resolve));
      expect((await client.send(text.slice(cut)).answer()).body).toBe(`POST /c ${expected}`);
      await client.destroy();
    }
  });

  it('may be a whole body of one-byte chunks', async () => {
    const client = connect().send(chunked('1\r\nx\r\n'.repeat(262_144), '0\r\n\r\n'));
    expect((await client.answer()).body).toHaveLength('POST /c '.length + 262_144);
  });

  it.each([
    ['no size', '\r\nabc\r\n', 400],
    ['a negative size', '-1\r\nabc\r\n', 400],
    ['a size with a prefix', '0x1\r\na\r\n', 400],
    ['a bare line feed', '1\na\n', 400],
    ['more than its size', '1\r\nab\r\n', 400],
    ['a size that no number holds', `${'f'.repeat(300)}\r\n`, 413],
    ['extensions without end', `1;${'a'.repeat(2000)}`, 431],
    ['extensions that add up', `1;${'a'.repeat(900)}\r\na\r\n`.repeat(30), 431],
    ['trailer fields that add up', `0\r\n${`X: ${'a'.repeat(900)}\r\n`.repeat(30)}`, 431],
    ['a trailer that is none', '0\r\nX\r\n\r\n', 400],
    ['a folded trailer', '0\r\nX: y\r\n z\r\n\r\n', 400],
  ])('is refused with %s', async (_, body, statusCode) => {
    expect(await answersOf(connect().send(chunked(body)))).toEqual([statusCode, 'end']);
    expect(seen).toEqual([]);
  });
});

describe('beside node:http', () => {
  const piece = fc.constantFrom(
    ...[
      'GET / HTTP/1.1\r\n',
      'POST /p?q HTTP/1.1\r\n',
      'HEAD /h HTTP/1.0\r\n',
      'Host: a\r\n',
      'Host: a:80\r\n',
    ],
    ...[
      'Content-Length: 3\r\n',
      'Content-Length: 0\r\n',
      'Transfer-Encoding: chunked\r\n',
      'Connection: close\r\n',
    ],
    ...[
      '\r\n',
      '\r\n',
      '\r\n\r\n',
      'abc',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
      '0\r\n',
      '\n',
      '\r',
      ' ',
      ':',
      'X: y\r\n',
    ],
  );
  const requests = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc
      .tuple(
        fc.constantFrom(post('/1', 'abc'), chunked('3\r\nabc\r\n', '0\r\n\r\n')),
        fc.array(piece, { maxLength: 6 }),
      )
      .map(([whole, pieces]) => whole + pieces.join('')),
  );

  // Covers ANSWERS.2 (docs/security.md).
  it('nothing is acted on that node reads in another way', async () => {
    await open();
    const byNode: string[] = [];
    const server = createServer((request, response) => {
      // In the order of the requests: node does not wait for the body of one before it reads the next.
      const place = byNode.push('') - 1;
      void textOf(request).then(
        (body) => {
          byNode[place] = `${request.method ?? ''} ${request.url ?? ''} ${body}`;
          response.end();
        },
        () => undefined,
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ask = async (port: number, bytes: string): Promise<void> => {
      const client = connect(port).send(bytes);
      client.socket.end();
      await client.end();
    };
    try {
      await fc.assert(
        fc.asyncProperty(requests, async (bytes) => {
          seen.length = 0;
          byNode.length = 0;
          await Promise.all([
            ask(httpServer.port, bytes),
            ask((server.address() as AddressInfo).port, bytes),
          ]);
          expect(byNode.slice(0, seen.length)).toEqual(seen);
        }),
        { numRuns: 300 },
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
