import { beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpHandler } from '../../../lib/embedded/http/http-message.ts';
import { connect, openServer, stopServerAfterEach } from './open-server.ts';

const made = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
let seen: string[];

const handler: HttpHandler = ({ requestId, target }) => {
  seen.push(requestId);
  const statusCode = Number(target.slice(1));
  return Promise.resolve({ statusCode, headerLines: '', body: statusCode === 204 ? '' : 'x' });
};
const refusal = { statusCode: 421, headerLines: '', body: 'no' };

beforeEach(async () => {
  seen = [];
  await openServer({
    handler,
    browserRules: {
      refuse: ({ host }) => (host === 'evil.example' ? refusal : undefined),
      linesFor: () => '',
    },
    limits: { headTimeoutMs: 100, requestTimeoutMs: 100 },
  });
});
stopServerAfterEach();

async function idOf(text: string, headOnly = false): Promise<string> {
  const { headers } = await connect().send(text).answer({ headOnly });
  return headers['x-request-id'] ?? '';
}
const ask = (target: string, ...lines: string[]): string =>
  [`GET ${target} HTTP/1.1`, 'Host: x', ...lines, '', ''].join('\r\n');

describe('the request id of an answer', () => {
  it.each(['a', '!~', '0190-x_y.z:1/2', 'x'.repeat(128), ','])('is the client’s: %s', async (id) => {
    expect(await idOf(ask('/200', `x-request-id:  ${id}\t`))).toBe(id);
    expect(seen).toEqual([id]);
  });

  it.each([
    ['none', []],
    ['an empty one', ['X-Request-Id:']],
    ['a blank in it', ['X-Request-Id: a b']],
    ['characters beyond ASCII', ['X-Request-Id: \xfc']],
    ['129 characters', [`X-Request-Id: ${'x'.repeat(129)}`]],
    ['two', ['X-Request-Id: a', 'X-Request-Id: a']],
    ['three', ['X-Request-Id: a', 'X-Request-Id: b', 'X-Request-Id: c']],
  ])('is a new one for %s, which the handler knows too', async (_name, lines) => {
    const id = await idOf(ask('/200', ...lines));
    expect(id).toMatch(made);
    expect(seen).toEqual([id]);
  });

  it('differs from request to request, also on one connection with equal headers', async () => {
    const client = connect();
    const ids = new Set<string | undefined>();
    for (let count = 0; count < 20; count += 1) {
      ids.add((await client.send(ask('/200')).answer()).headers['x-request-id']);
    }
    expect(ids.size).toBe(20);
  });

  it.each([
    ['404', 'GET /404 HTTP/1.1'],
    ['500', 'GET /500 HTTP/1.1'],
    ['204 to OPTIONS', 'OPTIONS /204 HTTP/1.1'],
    ['304', 'GET /304 HTTP/1.1'],
  ])('is there with %s', async (_name, line) => {
    expect(await idOf(`${line}\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n`)).toBe('mine');
  });

  it('is there with the answer to a HEAD', async () => {
    expect(await idOf('HEAD /200 HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n', true)).toBe('mine');
  });

  it.each([
    ['a request that browsers may not send', 'GET / HTTP/1.1\r\nHost: evil.example', '', 421],
    ['a body that is too large', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 262145', '', 413],
    ['chunks that are none', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked', 'z\r\n', 400],
    ['a body that ends early', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9', 'abc', 408],
  ])('is the client’s in the refusal of %s', async (_name, head, body, status) => {
    const client = connect().send(`${head}\r\nX-Request-Id: mine\r\n\r\n${body}`);
    const { statusCode, headers } = await client.answer();
    expect(statusCode).toBe(status);
    expect(headers['x-request-id']).toBe('mine');
    expect(seen).toEqual([]);
  });

  it.each([
    ['a line that is none', 'nonsense\r\n\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['another version', 'GET / HTTP/3.0\r\nHost: x\r\n\r\n', 505],
    ['a head that is too large', ask('/200', `X: ${'x'.repeat(20_000)}`), 431],
    ['a head that does not end', 'GET / HTTP/1.1\r\nHost: x\r\n', 408],
  ])('is a new one in the refusal of %s', async (_name, text, status) => {
    const { statusCode, headers } = await connect().send(text).answer();
    expect(statusCode).toBe(status);
    expect(headers['x-request-id']).toMatch(made);
  });

  it('is that of each request when they are pipelined', async () => {
    const client = connect().send(
      ask('/200', 'X-Request-Id: a'),
      ask('/200'),
      ask('/200', 'X-Request-Id: c'),
    );
    const ids: (string | undefined)[] = [];
    for (let count = 0; count < 3; count += 1) ids.push((await client.answer()).headers['x-request-id']);
    expect(ids).toEqual(['a', expect.stringMatching(made), 'c']);
  });
});
