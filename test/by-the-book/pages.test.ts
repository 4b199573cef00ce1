import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BookServer, json } from './support/book-server.ts';

let server: BookServer;
const browser = 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

beforeAll(async () => {
  server = await BookServer.open();
});
afterAll(() => server.stop());

describe('a page ignores queries', () => {
  const queries = [
    '?',
    '?x=1',
    '?_=1795903491',
    '?x',
    '?x&x=1&x=2',
    '?__proto__=1',
    '?a=%20&b=+',
    '??',
    '?%zz',
    '?%ff',
    '?x=%E0%A4%A',
  ];

  it.each(['/', '/health', '/docs', '/console', '/demo', '/openapi.json', '/favicon.ico'])(
    '%s',
    async (path) => {
      const { headers, bytes } = await server.get(path);
      for (const query of queries) {
        const answer = await server.get(path + query);
        expect([query, answer.status, answer.headers['content-type']]).toEqual([
          query,
          200,
          headers['content-type'],
        ]);
        // The uptime in /health goes on.
        if (path !== '/health') expect([query, answer.bytes.equals(bytes)]).toEqual([query, true]);
      }
    },
  );

  it('also when it is asked with HEAD or of what it allows', async () => {
    for (const path of ['/', '/health', '/docs', '/console', '/demo']) {
      expect((await server.ask('HEAD', `${path}?x=1`)).status).toBe(200);
      expect((await server.ask('OPTIONS', `${path}?x=1`)).status).toBe(204);
    }
  });

  it('but a call does not', async () => {
    for (const path of ['/api/v1/ads', '/api/v1/stats', '/api/v1/hot-counters', '/api/v1/quarantine'])
      expect((await server.get(`${path}?x=1`)).errors).toEqual(['x: is not known']);
  });
});

describe('/', () => {
  it('leads a browser to docs and console', async () => {
    const answer = await server.get('/', browser);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.text).toMatch(/^<!doctype html>/i);
    const links = [...answer.text.matchAll(/<a [^>]*href="([^"]+)"/g)].map((match) => match[1]!);
    expect(links).toEqual(
      expect.arrayContaining([expect.stringMatching(/docs$/), expect.stringMatching(/console$/)]),
    );
    for (const link of links) expect([link, (await server.get(atRoot(link))).status]).toEqual([link, 200]);
  });

  it('gives a JSON caller the links, each of which answers', async () => {
    for (const lines of [[], ['Accept: */*'], ['Accept: application/json']]) {
      const answer = await server.get('/', ...lines);
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
      const { name, docs, openapi, console, health } = answer.json as Record<string, string>;
      expect(name).toBe('adtally');
      for (const link of [docs, openapi, console, health])
        expect([link, (await server.get(atRoot(link ?? 'nothing'))).status]).toEqual([link, 200]);
    }
  });

  it('says that it depends on Accept, so that no cache gives the one for the other', async () => {
    for (const lines of [[], [browser]])
      expect((await server.get('/', ...lines)).headers['vary']).toMatch(/\bAccept\b(?!-)/);
  });

  it('has its two forms under different tags', async () => {
    const page = (await server.get('/', browser)).headers['etag']!;
    expect((await server.get('/', browser, `If-None-Match: ${page}`)).status).toBe(304);
    expect((await server.get('/', 'Accept: application/json', `If-None-Match: ${page}`)).status).toBe(200);
  });
});

const atRoot = (link: string): string => new URL(link, 'http://localhost/').pathname;

it('a browser gets an icon, and may keep it', async () => {
  const answer = await server.get('/favicon.ico', 'Accept: image/avif,image/webp,*/*');
  expect(answer.status).toBe(200);
  expect(answer.headers['content-type']).toMatch(/^image\//);
  expect(answer.bytes.length).toBeGreaterThan(0);
  expect(answer.headers['cache-control']).toMatch(/max-age=[1-9]/);
});

it('an address with a slash more is that of the page, or 404, and never another page', async () => {
  for (const path of ['/docs/', '/console/', '/demo/', '/health/']) {
    const answer = await server.get(path);
    const page = await server.get(path.slice(0, -1));
    expect([200, 404]).toContain(answer.status);
    expect(answer.status === 404 || answer.headers['content-type'] === page.headers['content-type']).toBe(
      true,
    );
  }
});

it('a page takes no changes', async () => {
  const documents = ['/', '/health', '/docs', '/console', '/demo', '/openapi.json', '/favicon.ico'];
  for (const path of [...documents, '/metrics'])
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await server.ask(method, path, [json], '{}');
      expect([path, answer.status, answer.headers['allow']]).toEqual([path, 405, 'GET, HEAD, OPTIONS']);
    }
});
