import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BookServer, json, wait, type BookAd } from './support/book-server.ts';

/** RFC 9110 13: conditions hold for every method, in the order of 13.2.2. */
let server: BookServer;
let ad: BookAd;

beforeAll(async () => {
  server = await BookServer.open();
});
afterAll(() => server.stop());
beforeEach(async () => {
  ad = await server.createAd();
});

const unknownAd = '/api/v1/ad/01900000-0000-7000-8000-000000000000';
const withTag = (line: string): string => line.replaceAll('TAG', ad.tag);

describe('a read', () => {
  it.each([
    ['If-None-Match: TAG', 304],
    ['If-None-Match: W/TAG', 304],
    ['If-None-Match: *', 304],
    ['If-None-Match: "other"', 200],
    ['If-Match: TAG', 200],
    ['If-Match: *', 200],
    ['If-Match: "other"', 412],
    ['If-Match: W/TAG', 412],
  ])('with %s is answered %i, HEAD as GET', async (line, status) => {
    const get = await server.get(ad.path, withTag(line));
    const head = await server.ask('HEAD', ad.path, [withTag(line)]);
    expect([get.status, head.status]).toEqual([status, status]);
  });

  it('is 412 where If-Match fails, though If-None-Match would make it 304', async () => {
    const answer = await server.get(ad.path, 'If-Match: "other"', `If-None-Match: ${ad.tag}`);
    expect(answer.status).toBe(412);
  });

  it('goes on to If-None-Match where If-Match holds', async () => {
    const answer = await server.get(ad.path, `If-Match: ${ad.tag}`, `If-None-Match: ${ad.tag}`);
    expect(answer.status).toBe(304);
  });

  it('that is 304 has the tag, the caching and the Vary of the 200, and no body', async () => {
    const whole = await server.get(ad.path);
    const short = await server.get(ad.path, `If-None-Match: ${ad.tag}`);
    for (const name of ['etag', 'cache-control', 'vary'])
      expect([name, short.headers[name]]).toEqual([name, whole.headers[name]]);
    expect(short.headers).not.toHaveProperty('content-type');
    expect(short.bytes).toHaveLength(0);
  });

  it('is not made conditional by a date, as nothing here says when it was changed', async () => {
    for (const line of ['If-Modified-Since', 'If-Unmodified-Since'])
      expect((await server.get(ad.path, `${line}: Sat, 28 Nov 2020 22:04:29 GMT`)).status).toBe(200);
  });

  it.each(['/api/v1/ad?limit=1', '/docs', '/console', '/demo', '/openapi.json', '/favicon.ico'])(
    'of %s is 304 under its own tag',
    async (path) => {
      const { etag } = (await server.get(path)).headers;
      expect(etag).toMatch(/^(W\/)?"[^"]+"$/);
      const again = await server.get(path, `If-None-Match: ${etag ?? ''}`);
      expect([again.status, again.headers['etag']]).toEqual([304, etag]);
    },
  );

  it.each([
    ...['/', '/health', '/docs', '/console', '/demo', '/openapi.json', '/metrics'],
    ...['/api/v1/ad', '/api/v1/ads'],
    ...['/api/v1/ad/explain', '/api/v1/hot-counters', '/api/v1/counters?key=a', '/api/v1/stats'],
  ])('of %s is 412 where no tag of If-Match is its own, and 304 under If-None-Match: *', async (path) => {
    expect((await server.get(path, 'If-Match: "other"')).status).toBe(412);
    expect((await server.get(path, 'If-Match: *')).status).toBe(200);
    expect((await server.get(path, 'If-None-Match: *')).status).toBe(304);
    expect((await server.get(path, 'If-None-Match: "other"')).status).toBe(200);
  });
});

describe('a change', () => {
  const change: Readonly<Record<string, (line: string) => ReturnType<BookServer['ask']>>> = {
    DELETE: (line) => server.ask('DELETE', ad.path, [wait, withTag(line)]),
    PATCH: (line) => server.patch(ad.path, { title: 'Coffee time' }, wait, withTag(line)),
  };

  describe.each(['DELETE', 'PATCH'] as const)('by %s', (method) => {
    it.each([
      'If-None-Match: *',
      'If-None-Match: TAG',
      'If-None-Match: W/TAG',
      'If-Match: "other"',
      'If-Match: W/TAG',
      'If-Match: TAG\r\nIf-None-Match: TAG',
      'If-Match: "other"\r\nIf-None-Match: "other"',
    ])('is 412 with %j, and nothing is changed', async (line) => {
      expect((await change[method]!(line)).status).toBe(412);
      await server.runtime.idle();
      const after = await server.get(ad.path);
      expect([after.status, after.headers['etag']]).toEqual([200, ad.tag]);
    });

    it.each([
      'If-None-Match: "other"',
      'If-Match: TAG',
      'If-Match: *',
      'If-Match: TAG\r\nIf-None-Match: "other"',
    ])('is done with %j', async (line) => {
      expect((await change[method]!(line)).status).toBe(method === 'DELETE' ? 204 : 200);
    });

    it.each(['If-Match: *', 'If-Match: "1"', 'If-None-Match: *'])(
      'of an ad that is not there is 404, whatever %s says',
      async (line) => {
        const body = method === 'PATCH' ? '{"title":"Coffee time"}' : undefined;
        expect((await server.ask(method, unknownAd, [json, line], body)).status).toBe(404);
      },
    );
  });

  it('is answered when it is decided, though the caller did not ask to wait', async () => {
    const changed = await server.patch(ad.path, { title: 'Coffee time' }, `If-Match: ${ad.tag}`);
    expect([changed.status, changed.json]).toEqual([200, expect.objectContaining({ title: 'Coffee time' })]);
    const deleted = await server.ask('DELETE', ad.path, [`If-Match: ${changed.headers['etag'] ?? ''}`]);
    expect(deleted.status).toBe(204);
    for (const { headers } of [changed, deleted]) expect(headers).not.toHaveProperty('preference-applied');
  });

  it('that two send at once under one tag is done for one of them', async () => {
    const titles = ['The first', 'The second', 'The third'];
    const answers = await Promise.all(
      titles.map((title) => server.patch(ad.path, { title }, wait, `If-Match: ${ad.tag}`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });
});

describe('a call that makes something new', () => {
  const calls = [
    ['/increment', { key: 'conditional', value: 1 }],
    ['/increment?mode=sync', { key: 'conditional', value: 1 }],
    ['/api/v1/increments', { increments: [{ key: 'conditional', value: 1 }] }],
    [
      '/api/v1/ad',
      { title: 'Tea time', content: 'x', start_at: '2026-01-01T00:00:00Z', end_at: '2036-01-01T00:00:00Z' },
    ],
  ] as const;

  it.each(calls)(
    'at %s is 412 where no tag of If-Match is that of its path, and does nothing',
    async (path, body) => {
      const ads = (await server.get('/api/v1/ad')).headers['catalog-version'];
      expect((await server.post(path, body, 'If-Match: "other"')).status).toBe(412);
      expect(await server.total('conditional')).toBe(0);
      expect((await server.get('/api/v1/ad')).headers['catalog-version']).toBe(ads);
    },
  );

  it('is 412 under If-None-Match: * where its path answers GET', async () => {
    expect((await server.post('/api/v1/ad', calls[3][1], 'If-None-Match: *')).status).toBe(412);
  });

  it('is done under If-None-Match: * where its path has no GET', async () => {
    const answer = await server.post('/increment', { key: 'new', value: 1 }, 'If-None-Match: *');
    expect(answer.status).toBe(202);
    expect(await server.total('new')).toBe(1);
  });
});

describe('no precondition is looked at', () => {
  it.each([
    ['a path that is not there', 'GET', '/nothing', 404],
    ['a method that the path lacks', 'PUT', '/health', 405],
    ['a question that is not valid', 'GET', '/api/v1/ad?limit=0', 400],
    ['a counter that is not there', 'GET', '/increment/none', 404],
    ['OPTIONS', 'OPTIONS', '/api/v1/ad', 204],
  ])('for %s', async (_, method, path, status) => {
    for (const line of ['If-Match: "other"', 'If-None-Match: *'])
      expect((await server.ask(method, path, [line])).status).toBe(status);
  });
});

describe('an answer 412 names the header that failed, and speaks of an ad only where there is one', () => {
  it.each([
    ['GET', '/health', 'If-Match: "other"'],
    ['POST', '/increment', 'If-Match: *'],
    ['GET', '/docs', 'If-Match: "other"'],
  ])('%s %s with %s', async (method, path, line) => {
    const body = method === 'POST' ? '{"key":"k","value":1}' : undefined;
    const { status, text } = await server.ask(method, path, [json, line], body);
    expect(status).toBe(412);
    expect(text).toContain('If-Match');
    expect(text).not.toMatch(/\bad\b/);
  });

  it('DELETE with If-None-Match', async () => {
    const { status, text } = await server.ask('DELETE', ad.path, ['If-None-Match: *']);
    expect(status).toBe(412);
    expect(text).toContain('If-None-Match');
  });
});
