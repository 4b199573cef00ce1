import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adBody, BookServer, json, wait, type BookAd } from './support/book-server.ts';

let server: BookServer;
let ad: BookAd;
const gzip = 'Accept-Encoding: gzip';
const long = 'Two for one. '.repeat(200);

beforeAll(async () => {
  server = await BookServer.open();
  ad = await server.createAd({ content: long });
  await server.createAd({ content: long });
});
afterAll(() => server.stop());

/** Same text, ids and instants apart. */
const shape = (text: string): string =>
  text.replace(/\d+/g, '0').replace(/"[0-9a-f]+(-[0-9a-f]+){4}"/g, '""');

const reads = (): readonly string[] => [
  ...['/docs', '/console', '/demo', '/openapi.json', '/api/v1/ad', '/api/v1/ads', ad.path],
];

it('an answer over 1 KB is compressed for who asks, and says on what that depends', async () => {
  for (const path of reads()) {
    const plain = await server.get(path);
    const small = await server.get(path, gzip);
    expect([path, small.headers['content-encoding'], small.status]).toEqual([path, 'gzip', 200]);
    expect([path, gunzipSync(small.bytes).equals(plain.bytes)]).toEqual([path, true]);
    expect(small.headers['content-length']).toBe(String(small.bytes.length));
    expect(small.bytes.length).toBeLessThan(plain.bytes.length);
    for (const { headers } of [plain, small])
      expect([path, headers['vary']]).toEqual([path, expect.stringMatching(/\bAccept-Encoding\b/)]);
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(small.headers['content-type']).toBe(plain.headers['content-type']);
  }
});

it('also one that tells how the server is', async () => {
  for (const path of ['/metrics', '/api/v1/stats']) {
    const answer = await server.get(path, gzip);
    expect([path, answer.headers['content-encoding']]).toEqual([path, 'gzip']);
    expect(gunzipSync(answer.bytes).length).toBeGreaterThan(1024);
    const plain = await server.get(path);
    expect([path, plain.headers['vary']]).toEqual([path, expect.stringMatching(/\bAccept-Encoding\b/)]);
  }
});

it('also one to a change, to a batch and to what is refused', async () => {
  const keys = Array.from({ length: 300 }, (_, index) => `compressed-${index}`);
  const increments = keys.map((key) => ({ key, value: 1 }));
  const faults = Object.fromEntries(keys.map((key) => [key, 1]));
  const asked: readonly [string, string, unknown, string][] = [
    ['PATCH', ad.path, {}, wait],
    ['POST', '/api/v1/ad', { ...adBody, content: long }, wait],
    ['POST', '/api/v1/increments', { increments }, 'Prefer: return=representation'],
    ['POST', '/increment', faults, wait],
  ];
  for (const [method, path, body, line] of asked) {
    const send = (...lines: string[]): ReturnType<BookServer['ask']> =>
      server.ask(method, path, [json, line, ...lines], JSON.stringify(body));
    const plain = await send();
    const small = await send(gzip);
    expect(plain.bytes.length).toBeGreaterThan(1024);
    expect([path, small.status, small.headers['content-encoding']]).toEqual([path, plain.status, 'gzip']);
    expect(shape(gunzipSync(small.bytes).toString())).toBe(shape(plain.text));
  }
});

it('a replayed answer is compressed if this request asks for it, as no earlier one did', async () => {
  const increments = Array.from({ length: 300 }, (_, index) => ({ key: `replayed-${index}`, value: 1 }));
  const body = JSON.stringify({ increments });
  for (const [key, lines] of [
    ['gzip-first', [[gzip], [], [gzip]]],
    ['plain-first', [[], [gzip], []]],
  ] as const) {
    const texts: string[] = [];
    for (const own of lines) {
      const head = [json, `Idempotency-Key: ${key}`, 'Prefer: return=representation', ...own];
      const answer = await server.ask('POST', '/api/v1/increments', head, body);
      const compressed = own.length > 0;
      expect([answer.status, answer.headers['content-encoding']]).toEqual([
        202,
        compressed ? 'gzip' : undefined,
      ]);
      texts.push(compressed ? gunzipSync(answer.bytes).toString() : answer.text);
    }
    expect(new Set(texts).size).toBe(1);
  }
});

it('a short answer is sent as it is', async () => {
  for (const path of ['/health', '/', '/favicon.ico', '/increment/none'])
    expect((await server.get(path, gzip)).headers).not.toHaveProperty('content-encoding');
});

it('HEAD is told the length of the compressed answer', async () => {
  const get = await server.get('/openapi.json', gzip);
  const head = await server.ask('HEAD', '/openapi.json', [gzip]);
  for (const name of ['content-length', 'content-encoding', 'etag', 'vary'])
    expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
});

describe('the compressed form', () => {
  it.each(['/docs', '/console', '/openapi.json', 'an ad'])(
    'of %s has a tag of its own, as strong as the other',
    async (name) => {
      const path = name === 'an ad' ? ad.path : name;
      const plain = (await server.get(path)).headers['etag']!;
      const small = (await server.get(path, gzip)).headers['etag']!;
      expect([plain, small]).toEqual([
        expect.stringMatching(/^"[^"]+"$/),
        expect.stringMatching(/^"[^"]+"$/),
      ]);
      expect(small).not.toBe(plain);
    },
  );

  it.each(['/docs', '/openapi.json', '/api/v1/ad', 'an ad'])('of %s is known by either tag', async (name) => {
    const path = name === 'an ad' ? ad.path : name;
    const plain = (await server.get(path)).headers['etag']!;
    const small = (await server.get(path, gzip)).headers['etag']!;
    for (const tag of [plain, small])
      for (const lines of [[], [gzip]]) {
        const answer = await server.get(path, `If-None-Match: ${tag}`, ...lines);
        expect([path, tag, answer.status, answer.headers['etag']]).toEqual([path, tag, 304, tag]);
        expect(answer.headers['vary']).toMatch(/\bAccept-Encoding\b/);
      }
  });

  it('lets an ad be read, changed and deleted under its tag', async () => {
    const own = await server.createAd({ content: long });
    const tagNow = async (): Promise<string> => (await server.get(own.path, gzip)).headers['etag']!;
    const first = await tagNow();
    expect((await server.get(own.path, `If-Match: ${first}`)).status).toBe(200);
    const change = (tag: string): ReturnType<BookServer['patch']> =>
      server.patch(own.path, { title: 'Coffee time' }, wait, `If-Match: "other", ${tag}`);
    expect((await change(first)).status).toBe(200);
    expect((await change(first)).status).toBe(412);
    const second = await tagNow();
    expect(second).not.toBe(first);
    const remove = (line: string): ReturnType<BookServer['ask']> =>
      server.ask('DELETE', own.path, [wait, line]);
    expect((await remove(`If-Match: ${first}`)).status).toBe(412);
    expect((await remove(`If-None-Match: ${second}`)).status).toBe(412);
    expect((await remove(`If-Match: ${second}`)).status).toBe(204);
  });

  it('of an older version matches nothing', async () => {
    const own = await server.createAd({ content: long });
    const before = (await server.get(own.path, gzip)).headers['etag']!;
    await server.patch(own.path, { title: 'Coffee time' }, wait);
    expect((await server.get(own.path, gzip, `If-None-Match: ${before}`)).status).toBe(200);
  });
});
