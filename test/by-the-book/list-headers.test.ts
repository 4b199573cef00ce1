import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adBody, BookServer, json, type BookAd } from './support/book-server.ts';

/** RFC 9110 5.6.1.2: empty elements of a list are skipped, and a list may come in several lines. */
let server: BookServer;
let ad: BookAd;

beforeAll(async () => {
  server = await BookServer.open();
  ad = await server.createAd();
});
afterAll(() => server.stop());

const withTag = (line: string): string => line.replaceAll('TAG', ad.tag);

describe('If-None-Match', () => {
  it.each([
    ['If-None-Match: , TAG,', 304],
    ['If-None-Match: ,,  ,TAG', 304],
    ['If-None-Match:\t"other"\t,\tTAG\t', 304],
    ['If-None-Match: "other",TAG', 304],
    ['If-None-Match: "with,comma", TAG', 304],
    ['If-None-Match: "other"\r\nIf-None-Match: TAG', 304],
    ['If-None-Match: ,', 200],
    ['If-None-Match:', 200],
  ])('%j is answered %i', async (line, status) => {
    expect((await server.get(ad.path, withTag(line))).status).toBe(status);
  });
});

describe('If-Match', () => {
  it.each([
    ['If-Match: , TAG,', 200],
    ['If-Match: "other", ,TAG', 200],
    ['If-Match: "with,comma", TAG', 200],
    ['If-Match: "other"\r\nIf-Match: TAG', 200],
    ['If-Match: , "other" ,', 412],
    ['If-Match: W/TAG, "other"', 412],
  ])('%j is answered %i, to a change as to a read', async (line, status) => {
    expect((await server.get(ad.path, withTag(line))).status).toBe(status);
    expect((await server.patch(ad.path, {}, withTag(line))).status).toBe(status);
  });
});

describe('Prefer', () => {
  it.each([
    ['Prefer: wait=3', 'wait=3'],
    ['Prefer: , wait=4,', 'wait=4'],
    ['Prefer: foo, , wait=4', 'wait=4'],
    ['Prefer: foo\r\nPrefer: wait=4', 'wait=4'],
    ['Prefer: WAIT=4', 'wait=4'],
    ['Prefer: wait = 4', 'wait=4'],
    ['Prefer: wait="4"', 'wait=4'],
    ['Prefer: wait=4;foo=bar', 'wait=4'],
    ['Prefer: foo="a, b", wait=4', 'wait=4'],
    ['Prefer: foo="a \\", b", wait=4', 'wait=4'],
    // RFC 7240 2: of one preference given twice, the first counts.
    ['Prefer: wait=3, wait=7', 'wait=3'],
    ['Prefer: wait=60', 'wait=10'],
    ['Prefer: wait=99999999999999999999999', 'wait=10'],
  ])('%j waits, and Preference-Applied says %s', async (line, applied) => {
    const answer = await server.post('/api/v1/ad', adBody, line);
    expect([answer.status, answer.headers['preference-applied']]).toEqual([201, applied]);
  });

  it('is said of a change and of a deletion too', async () => {
    const own = await server.createAd();
    const line = 'Prefer: foo, , WAIT="60"';
    const changed = await server.patch(own.path, { title: 'Coffee time' }, line);
    const deleted = await server.ask('DELETE', own.path, [line]);
    for (const [answer, status] of [
      [changed, 200],
      [deleted, 204],
    ] as const)
      expect([answer.status, answer.headers['preference-applied']]).toEqual([status, 'wait=10']);
  });

  it.each([
    'Prefer: foo="a, wait=3, b"',
    'Prefer: foo="a\\", wait=3, b"',
    'Prefer: foo; wait=3',
    'Prefer: "wait=3"',
    'Prefer: foo="not closed, wait=3',
    'Prefer: wait=-1',
    'Prefer: wait=1.5',
    'Prefer: wait=soon',
    'Prefer: wait',
    'Prefer: ,',
    'Prefer:',
  ])('%j does not wait, and nothing is said to be applied', async (line) => {
    const answer = await server.post('/api/v1/ad', adBody, line);
    expect(answer.status).toBe(202);
    expect(answer.headers).not.toHaveProperty('preference-applied');
  });

  it.each([
    ['return=representation', true],
    [', return=representation ,', true],
    ['return="representation"', true],
    ['foo="return=representation"', false],
    ['return=minimal', false],
  ])('%s of a batch', async (preference, applied) => {
    const body = { increments: [{ key: 'preferred', value: 1 }] };
    const answer = await server.post('/api/v1/increments', body, `Prefer: ${preference}`);
    expect(answer.status).toBe(202);
    expect(Object.keys(answer.json as object)).toEqual(applied ? ['accepted', 'tokens'] : ['accepted']);
    expect(answer.headers['preference-applied']).toBe(applied ? 'return=representation' : undefined);
  });
});

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['GZIP', true],
    ['x-gzip', true],
    ['br, , gzip,', true],
    ['br;q=1.0, gzip;q=0.8, *;q=0.1', true],
    ['*', true],
    ['*;q=0, gzip', true],
    ['gzip;q=0.001', true],
    ['gzip ; q=1.000', true],
    ['gzip;q=0', false],
    ['gzip;q=0.000', false],
    ['gzip;q=0, *', false],
    ['*;q=0', false],
    ['deflate, br', false],
    ['notgzip', false],
    [',', false],
    ['', false],
    // 12.5.3: the coding with the highest weight is preferred.
    ['identity, gzip;q=0.5', false],
    ['gzip;q=0.5, identity;q=0.8', false],
  ])('%j: compressed is %s', async (value, compressed) => {
    const plain = await server.get('/openapi.json');
    const answer = await server.get('/openapi.json', `Accept-Encoding: ${value}`);
    expect(answer.headers['content-encoding']).toBe(compressed ? 'gzip' : undefined);
    const body = compressed ? gunzipSync(answer.bytes) : answer.bytes;
    expect(body.equals(plain.bytes)).toBe(true);
  });

  it('may come in several lines', async () => {
    const answer = await server.get('/openapi.json', 'Accept-Encoding: br', 'Accept-Encoding: gzip');
    expect(answer.headers['content-encoding']).toBe('gzip');
  });
});

describe('Consistency-Token', () => {
  const tokens = async (count: number): Promise<string[]> => {
    const increments = Array.from({ length: count }, (_, index) => ({ key: `token-${index}`, value: 1 }));
    const answer = await server.post('/api/v1/increments', { increments }, 'Prefer: return=representation');
    return Object.values((answer.json as { tokens: Record<string, string> }).tokens);
  };
  const read = (...lines: string[]): ReturnType<BookServer['get']> =>
    server.get('/api/v1/counters?key=token-0', ...lines);

  it('may have empty elements, and come in several lines', async () => {
    const [first, second] = await tokens(2);
    for (const lines of [
      [`Consistency-Token: , ${first!},, ${second!},`],
      [`Consistency-Token: ${first!}`, `Consistency-Token: ${second!}`],
      ['Consistency-Token: ,'],
      ['Consistency-Token:'],
    ])
      expect((await read(...lines)).status).toBe(200);
  });

  it('may have 20 tokens, beside any number of empty elements, and no more', async () => {
    const many = await tokens(21);
    expect((await read(`Consistency-Token: ${many.slice(1).join(', , ')}`)).status).toBe(200);
    const refused = await read(`Consistency-Token: ${many.join(',')}`);
    expect(refused.status).toBe(400);
    expect(refused.errors).toEqual([expect.stringMatching(/^Consistency-Token: .*20/)]);
  });

  it('of another stage is refused as what it is', async () => {
    const { headers } = await server.post('/increment', { key: 'token-0', value: 1 });
    const foreign = headers['consistency-token']!.replace('.local.', '.prod.');
    const answer = await read(`Consistency-Token: ${foreign}`);
    expect(answer.status).toBe(400);
    expect(answer.errors).toEqual([expect.stringMatching(/^Consistency-Token: .*prod.*local/)]);
  });

  it.each(['nonsense', 'a2.local', '"a2.local.0.none.0.0"', 'a9.local.0.none.0.0'])(
    '%s is none',
    async (token) => {
      expect((await read(`Consistency-Token: ${token}`)).status).toBe(400);
    },
  );
});

describe('Content-Encoding', () => {
  it.each([', identity ,', ',', ''])('%j is that of a plain body', async (value) => {
    const answer = await server.ask(
      'POST',
      '/increment',
      [json, `Content-Encoding: ${value}`],
      '{"key":"k","value":1}',
    );
    expect(answer.status).toBe(202);
  });
});

describe('Accept', () => {
  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html; charset=utf-8'],
    [', text/html,', 'text/html; charset=utf-8'],
    ['TEXT/HTML', 'text/html; charset=utf-8'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['text/html;q=0, */*', 'application/json'],
    ['application/json, text/html;q=0.5', 'application/json'],
    ['text/html;q=0.4, application/json;q=0.9', 'application/json'],
  ])('%s of / gets %s', async (accept, mediaType) => {
    const answer = await server.get('/', `Accept: ${accept}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, mediaType]);
    expect(answer.headers['vary']).toMatch(/\bAccept\b(?!-)/);
  });

  it.each([
    ['application/x-ndjson', 'application/x-ndjson'],
    [' , application/x-ndjson;q=1.0 , application/json;q=0.999', 'application/x-ndjson'],
    ['application/json, application/x-ndjson', 'application/json'],
    ['application/x-ndjson;q=2', 'application/json'],
  ])('%s of the list of ads gets %s', async (accept, mediaType) => {
    const answer = await server.get('/api/v1/ads', `Accept: ${accept}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, mediaType]);
    expect(answer.headers['vary']).toMatch(/\bAccept\b(?!-)/);
  });
});
