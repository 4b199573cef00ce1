import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { adBody, BookServer, json, wait, type BookAd } from './support/book-server.ts';

let server: BookServer;
let ad: BookAd;

beforeAll(async () => {
  server = await BookServer.open();
  ad = await server.createAd();
});
afterAll(() => server.stop());

const increment = '{"key":"body","value":1}';
const bytesMax = 256 * 1024;

/** Posts it as an increment. */
async function send(body: string | Buffer, ...lines: string[]): ReturnType<BookServer['ask']> {
  return server.ask('POST', '/increment', lines, body);
}

describe('a Content-Type', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json;',
    'application/json; charset=utf-8;',
    'application/json;;charset=utf-8',
    'application/json ; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json; charset=iso-8859-1',
    'application/json; a="b;c, \\" d"',
  ])('%s is JSON', async (mediaType) => {
    expect((await send(increment, `Content-Type: ${mediaType}`)).status).toBe(202);
  });

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['application/merge-patch+json'],
    ['application/jsonx'],
    ['application/json, text/plain'],
    ['application / json'],
    ['application/json; a="b'],
    [''],
  ])('%j is 415, and Accept says what is read', async (mediaType) => {
    const answer = await send(increment, `Content-Type: ${mediaType}`);
    expect([answer.status, answer.headers['accept']]).toEqual([415, 'application/json']);
    expect(answer.headers).not.toHaveProperty('accept-encoding');
  });

  it('that is not there is 415', async () => {
    expect((await send(increment)).status).toBe(415);
  });

  it('of a PATCH may be a merge patch; another is 415 with Accept-Patch (RFC 5789 2.2)', async () => {
    const patch = (mediaType: string): ReturnType<BookServer['ask']> =>
      server.ask('PATCH', ad.path, [`Content-Type: ${mediaType}`], '{}');
    expect((await patch('application/merge-patch+json;')).status).toBe(200);
    const refused = await patch('application/json-patch+json');
    expect(refused.status).toBe(415);
    for (const mediaType of ['application/json', 'application/merge-patch+json'])
      expect(refused.headers['accept-patch']).toContain(mediaType);
  });
});

describe('a body with Content-Encoding', () => {
  it.each(['gzip', 'GZIP', 'x-gzip', 'gzip, identity', 'identity, gzip', ', gzip,'])(
    '%s is inflated',
    async (coding) => {
      const body = `{"key":"inflated by ${coding}","value":7}`;
      expect((await send(gzipSync(body), json, `Content-Encoding: ${coding}`)).status).toBe(202);
      expect(await server.total(`inflated by ${coding}`)).toBe(7);
    },
  );

  it('gzip may be that of an ad and of a change of it', async () => {
    const lines = [json, 'Content-Encoding: gzip', wait];
    const created = await server.ask('POST', '/api/v1/ad', lines, gzipSync(JSON.stringify(adBody)));
    expect(created.status).toBe(201);
    const { id } = created.json as { id: string };
    const changed = await server.ask('PATCH', `/api/v1/ad/${id}`, lines, gzipSync('{"title":"Coffee time"}'));
    expect(changed.json).toMatchObject({ id, title: 'Coffee time' });
  });

  it('gzip may come in chunks', async () => {
    const body = gzipSync('{"key":"in chunks","value":3}');
    const head = ['POST /increment HTTP/1.1', 'Host: localhost', 'Connection: close', json];
    const answer = await server.send(
      [...head, 'Content-Encoding: gzip', 'Transfer-Encoding: chunked', '', ''].join('\r\n'),
      ...[body.subarray(0, 7), body.subarray(7)].flatMap((part) => [
        `${part.length.toString(16)}\r\n`,
        part,
        '\r\n',
      ]),
      '0\r\n\r\n',
    );
    expect(answer.status).toBe(202);
    expect(await server.total('in chunks')).toBe(3);
  });

  it.each([
    ['br', increment],
    ['deflate', deflateSync(increment)],
    ['zstd', increment],
    ['gzip, gzip', gzipSync(gzipSync(increment))],
    ['gzip, br', gzipSync(increment)],
    ['gzip;q=1', gzipSync(increment)],
  ])('%s is 415, and Accept-Encoding says what is read', async (coding, body) => {
    const answer = await send(body, json, `Content-Encoding: ${coding}`);
    expect([answer.status, answer.headers['accept-encoding']]).toEqual([415, 'gzip']);
    expect(answer.headers).not.toHaveProperty('accept');
  });

  it('in two lines is read as one list', async () => {
    const lines = [json, 'Content-Encoding: gzip', 'Content-Encoding: br'];
    expect((await send(gzipSync(increment), ...lines)).status).toBe(415);
  });

  it.each([
    ['no gzip at all', Buffer.from(increment)],
    ['cut off', gzipSync(increment).subarray(0, -4)],
    ['a head alone', gzipSync(increment).subarray(0, 10)],
    ['followed by something else', Buffer.concat([gzipSync(increment), Buffer.from('!')])],
    ['with a wrong checksum', Buffer.concat([gzipSync(increment).subarray(0, -8), Buffer.alloc(8)])],
  ])('gzip that is %s is 400', async (_, body) => {
    expect((await send(body, json, 'Content-Encoding: gzip')).status).toBe(400);
  });

  it('gzip holds 256 KiB and not one byte more', async () => {
    const body = (bytes: number): Buffer => gzipSync(increment.padEnd(bytes));
    expect((await send(body(bytesMax), json, 'Content-Encoding: gzip')).status).toBe(202);
    expect((await send(body(bytesMax + 1), json, 'Content-Encoding: gzip')).status).toBe(413);
  });

  it('gzip that is a bomb is 413', async () => {
    const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(bytesMax);
    expect((await send(bomb, json, 'Content-Encoding: gzip')).status).toBe(413);
  });
});

describe('JSON', () => {
  it('may begin with a byte order mark', async () => {
    expect((await send('\ufeff{"key":"marked","value":5}', json)).status).toBe(202);
    expect(
      (await send(gzipSync('\ufeff{"key":"marked","value":6}'), json, 'Content-Encoding: gzip')).status,
    ).toBe(202);
    expect(await server.total('marked')).toBe(11);
  });

  it.each([
    '\ufeff\ufeff{"key":"k","value":1}',
    ' \ufeff{"key":"k","value":1}',
    '{"key":"k","value":1}\ufeff',
    '\ufeff',
  ])('has a byte order mark nowhere else: %j', async (body) => {
    expect((await send(body, json)).status).toBe(400);
  });

  it('in UTF-16 is none, whatever its byte order mark says', async () => {
    expect((await send(Buffer.from(`\ufeff${increment}`, 'utf16le'), json)).status).toBe(400);
  });

  it('keeps a mark that is part of a text', async () => {
    const answer = await server.post('/api/v1/ad', { ...adBody, content: '\ufeffx' }, wait);
    expect(answer.json).toMatchObject({ content: '\ufeffx' });
  });
});

describe('content', () => {
  it.each([
    ['two lines', 'one\r\ntwo', 'one\ntwo'],
    ['a line end alone', '\r\n', '\n'],
    ['line ends of both kinds', 'one\n\r\n\ttwo', 'one\n\n\ttwo'],
    // The limit is of what is kept.
    ['10,000 line ends', '\r\n'.repeat(10_000), '\n'.repeat(10_000)],
  ])('of %s in CRLF is kept with line feeds', async (_, content, kept) => {
    const created = await server.post('/api/v1/ad', { ...adBody, content }, wait);
    expect(created.status).toBe(201);
    const changed = await server.patch(ad.path, { content }, wait);
    expect(changed.status).toBe(200);
    for (const { json: written } of [created, changed])
      expect((written as { content: string }).content === kept).toBe(true);
  });

  it.each([
    ['a carriage return alone', 'one\rtwo'],
    ['one too many', 'one\r\r\ntwo'],
    ['NUL', 'one\u0000'],
    ['NEL', 'one\u0085'],
    ['10,001 line ends', '\r\n'.repeat(10_001)],
  ])('with %s is refused', async (_, content) => {
    const answer = await server.post('/api/v1/ad', { ...adBody, content });
    expect(answer.status).toBe(400);
    expect(answer.errors).toEqual([expect.stringMatching(/^content: /)]);
  });

  it('that differs in its line ends alone is another request to an Idempotency-Key', async () => {
    const create = (content: string): ReturnType<BookServer['post']> =>
      server.post('/api/v1/ad', { ...adBody, content }, 'Idempotency-Key: line-ends');
    expect((await create('a\r\nb')).status).toBe(202);
    expect((await create('a\nb')).status).toBe(422);
    expect((await create('a\r\nb')).headers['idempotent-replayed']).toBe('true');
  });
});
