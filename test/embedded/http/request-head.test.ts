import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { headerSectionBytesMax, targetBytesMax } from '../../../lib/api/request/http-limits.ts';
import {
  knownSectionLengthMax,
  KnownSections,
  knownSectionsMax,
} from '../../../lib/embedded/http/known-sections.ts';
import {
  readRequestHead,
  type FaultyHead,
  type RequestHead,
} from '../../../lib/embedded/http/request-head.ts';

type Read = RequestHead | FaultyHead | undefined;

const read = (text: string): Read => readRequestHead(Buffer.from(text, 'latin1'));
const withLine = (line: string): Read => read(`${line}\r\nHost: a\r\n\r\n`);
const withHeaders = (...lines: string[]): Read =>
  read(`POST / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);

function good(head: Read): RequestHead {
  expect(head).not.toHaveProperty('answer');
  return head as RequestHead;
}

/** `not yet`, `good`, or the status of the answer that refuses it. */
function outcome(head: Read): string | number {
  if (head === undefined) return 'not yet';
  return 'answer' in head ? head.answer.statusCode : 'good';
}

describe('the head of a request', () => {
  it('gives method, target, headers as sent, and lengths', () => {
    const text =
      'POST /increment?mode=sync HTTP/1.1\r\nHost: a:1\r\nX-Odd:\t v \xe9 \t\r\ncontent-length: 12\r\n\r\n';
    expect(read(`${text}{"key":"a"}!GET`)).toMatchObject({
      method: 'POST',
      target: '/increment?mode=sync',
      headers: ['Host', 'a:1', 'X-Odd', 'v \xe9', 'content-length', '12'],
      host: 'a:1',
      origin: undefined,
      byteLength: text.length,
      section: { contentLength: 12, chunked: false, expectsContinue: false, keepAlive: true },
    });
  });

  it('takes headers that are repeated byte for byte from one of the last heads of the connection', () => {
    const sections = new KnownSections();
    const next = (value: string | number, minor = 1): RequestHead => {
      const text = `PATCH /${value} HTTP/1.${minor}\r\nHost: a\r\nX: ${value}\r\n\r\n`;
      return good(readRequestHead(Buffer.from(text), 0, sections));
    };
    const first = next(0);
    for (let value = 1; value < knownSectionsMax; value += 1)
      expect(next(value).headers).toEqual(['Host', 'a', 'X', String(value)]);
    expect(next(0)).toMatchObject({ method: 'PATCH', target: '/0' });
    expect(next(0).headers).toBe(first.headers);
    // Another version of HTTP reads them in another way.
    expect(next(0, 0).section).toMatchObject({ minor: 0, keepAlive: false });
    // That was one more than are known.
    expect(next(0).headers).not.toBe(first.headers);
    expect(next(0).headers).toEqual(first.headers);
  });

  it('keeps no long headers', () => {
    const sections = new KnownSections();
    const long = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(knownSectionLengthMax)}\r\n\r\n`);
    const first = good(readRequestHead(long, 0, sections));
    expect(good(readRequestHead(long, 0, sections)).headers).not.toBe(first.headers);
  });

  it('keeps a no-break space at the end of a value', () => {
    expect(good(withHeaders('X: a\xa0 ')).headers[3]).toBe('a\xa0');
  });

  it.each([
    ['Connection: close', 1, false],
    ['Connection: x, ,Close', 1, false],
    ['Connection: Keep-Alive', 1, true],
    ['Connection: upgrade', 1, true],
    ['X: y', 1, true],
    ['X: y', 0, false],
    ['Connection: keep-alive', 0, true],
    ['Connection: keep-alive, close', 0, false],
  ])('says whether the connection goes on: %s, HTTP/1.%i: %s', (line, minor, expected) => {
    const head = good(read(`GET / HTTP/1.${minor}\r\nHost: a\r\n${line}\r\n\r\n`));
    expect(head.section.keepAlive).toBe(expected);
  });

  it('is of the server that a whole address names, whatever Host says', () => {
    const sections = new KnownSections();
    const whole = Buffer.from('GET http://b:80/x?y HTTP/1.1\r\nX: 1\r\nHost: a\r\n\r\n');
    const first = good(readRequestHead(whole, 0, sections));
    expect(first).toMatchObject({ target: '/x?y', host: 'b:80', headers: ['Host', 'b:80', 'X', '1'] });
    // And that of one request is not that of the next.
    const other = Buffer.from('GET /z HTTP/1.1\r\nX: 1\r\nHost: a\r\n\r\n');
    const next = good(readRequestHead(other, 0, sections));
    expect(next).toMatchObject({ target: '/z', host: 'a', headers: ['X', '1', 'Host', 'a'] });
  });
});

describe('the request line', () => {
  it.each([
    ['GET / HTTP/1.1', 'good'],
    ['GET /a?b#c HTTP/1.1', 400],
    ['GET /\xe9 HTTP/1.1', 400],
    ['GET /a%00b HTTP/1.1', 'good'],
    ['GET /\x00 HTTP/1.1', 400],
    ['GET  / HTTP/1.1', 400],
    ['GET / HTTP/1.1 ', 400],
    ['GET\t/ HTTP/1.1', 400],
    [' GET / HTTP/1.1', 400],
    ['GET /', 400],
    ['GET / http/1.1', 400],
    ['GET / HTTP/1.10', 400],
    ['GET / HTTP/11', 400],
    ['GET / XTTP/1.1', 400],
    ['GET / HTTP/1.0', 'good'],
    ['GET / HTTP/1.9', 'good'],
    ['GET / HTTP/0.9', 505],
    ['GET / HTTP/2.0', 505],
    ['GET / HTTP/3.1', 505],
    ['PRI * HTTP/2.0', 505],
    ['BREW /health HTTP/1.1', 501],
    ['get / HTTP/1.1', 501],
    ['CONNECT localhost:80 HTTP/1.1', 501],
    ['PROPFIND / HTTP/1.1', 'good'],
    ['TRACE / HTTP/1.1', 'good'],
    ['OPTIONS * HTTP/1.1', 'good'],
    ['OPTIONS http://a HTTP/1.1', 'good'],
    ['GET * HTTP/1.1', 400],
    ['GET health HTTP/1.1', 400],
    ['GET http://a HTTP/1.1', 'good'],
    ['GET http://a?b HTTP/1.1', 'good'],
    ['GET HTTP://A:8080/ HTTP/1.1', 'good'],
    ['GET http:/// HTTP/1.1', 400],
    ['GET http://:80/ HTTP/1.1', 400],
    ['GET http://u:p@a/ HTTP/1.1', 400],
    ['GET http://a:x/ HTTP/1.1', 400],
    ['GET http:a HTTP/1.1', 400],
    ['GET https://a/ HTTP/1.1', 421],
    ['GET ftp://a/ HTTP/1.1', 421],
    [`GET /${'a'.repeat(targetBytesMax - 1)} HTTP/1.1`, 'good'],
    [`GET /${'a'.repeat(targetBytesMax)} HTTP/1.1`, 414],
    [`${'G'.repeat(100)} / HTTP/1.1`, 501],
    ['\x16\x03\x01\x02\x00', 400],
  ])('%.60j: %s', (line, expected) => {
    expect(outcome(withLine(line))).toBe(expected);
  });

  it.each([
    ['OPTIONS http://a HTTP/1.1', '*'],
    ['GET http://a HTTP/1.1', '/'],
    ['GET http://a?b HTTP/1.1', '/?b'],
    ['OPTIONS http://a/ HTTP/1.1', '/'],
  ])('%s asks about %s', (line, target) => {
    expect(good(withLine(line)).target).toBe(target);
  });

  it('has room for 100 keys of 256 characters each, four bytes long and percent-encoded', () => {
    const keys = Array.from({ length: 100 }, () => `key=${encodeURIComponent('😀'.repeat(256))}`).join('&');
    expect(outcome(withLine(`GET /api/v1/counters?${keys} HTTP/1.1`))).toBe('good');
  });
});

describe('the header section', () => {
  it.each([
    ['Host: a\r\n X: folded', 400],
    ['Host: a\r\n\tX: folded', 400],
    [' Host: a', 400],
    ['Host : a', 400],
    ['Host: a\r\nX', 400],
    ['Host: a\r\n: x', 400],
    ['Host: a\r\nX(Y): z', 400],
    ['Host: a\r\nX\xe9: z', 400],
    ['Host: a\0', 400],
    ['Host: a\x7f', 400],
    ['Host: a\rX: b', 400],
    ['Host: a\nX: b', 400],
    ['Accept: *', 400],
    ['Host: a\r\nhost: a', 400],
    ['Host:', 400],
    ['Host: a b/c', 400],
    ['Host: a/b', 400],
    ['Host: u@a', 400],
    ['Host: http://a', 400],
    ['Host: a:b', 400],
    ['Host: a:-1', 400],
    ['Host: a:65536', 400],
    ['Host: a, b', 400],
    ['Host: :80', 400],
    ['Host: [::1', 400],
    ['Host: [::g]', 400],
    ['Host: [1:2]', 400],
    ['Host: ::1', 400],
    ['Host: a%zz', 400],
    ['Host: \xe9', 400],
    ['Host: a:', 'good'],
    ['Host: a:8080', 'good'],
    ['Host: a_b.example.', 'good'],
    ['Host: %61', 'good'],
    ['Host: 127.0.0.1:1', 'good'],
    ['Host: [::1]:80', 'good'],
    [`Host: a\r\nX: ${'a'.repeat(headerSectionBytesMax - 14)}`, 'good'],
    [`Host: a\r\nX: ${'a'.repeat(headerSectionBytesMax - 13)}`, 431],
  ])('%.40j: %s', (lines, expected) => {
    expect(outcome(read(`GET / HTTP/1.1\r\n${lines}\r\n\r\n`))).toBe(expected);
  });

  it.each([
    ['Content-Length: 0', 'good'],
    ['Content-Length: 007', 'good'],
    ['Content-Length: -1', 400],
    ['Content-Length: +1', 400],
    ['Content-Length: 0x10', 400],
    ['Content-Length: 1, 1', 400],
    ['Content-Length: 1 1', 400],
    ['Content-Length:', 400],
    ['Content-Length: 1e3', 400],
    ['Content-Length: 1\r\nContent-Length: 1', 400],
    ['Transfer-Encoding: chunked', 'good'],
    ['Transfer-Encoding: , Chunked ,', 'good'],
    ['Transfer-Encoding:', 400],
    ['Transfer-Encoding: identity', 400],
    ['Transfer-Encoding: xchunked', 400],
    ['Transfer-Encoding: chunked;a=b', 400],
    ['Transfer-Encoding: chunked, gzip', 400],
    ['Transfer-Encoding: chunked, chunked', 400],
    ['Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', 400],
    ['Transfer-Encoding: gzip, chunked', 501],
    ['Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked', 501],
    ['Transfer-Encoding: chunked\r\nContent-Length: 3', 400],
    ['Expect: 100-continue', 'good'],
    ['Expect: 100-Continue,', 'good'],
    ['Expect: miracles', 417],
    ['Expect: 100-continue, miracles', 417],
    ['Upgrade: h2c\r\nConnection: upgrade', 'good'],
  ])('says how long the body is and how it comes: %j: %s', (lines, expected) => {
    expect(outcome(withHeaders(lines))).toBe(expected);
  });

  it('may give a length that no number holds: it is too large all the same', () => {
    expect(good(withHeaders(`Content-Length: ${'9'.repeat(400)}`)).section.contentLength).toBe(Infinity);
  });

  it.each([
    ['Host: a\r\nExpect: 100-continue\r\nContent-Length: 1', 'good'],
    ['Host: a\r\nExpect: miracles', 'good'],
    ['Host: a\r\nTransfer-Encoding: chunked', 400],
    ['Accept: *', 'good'],
    ['Host: a b', 400],
    ['Host: a\r\nHost: a', 400],
  ])('of HTTP/1.0 has no Host perhaps, no chunks, and expects nothing: %j: %s', (lines, expected) => {
    const head = read(`POST / HTTP/1.0\r\n${lines}\r\n\r\n`);
    expect(outcome(head)).toBe(expected);
    if (expected === 'good') expect(good(head).section.expectsContinue).toBe(false);
  });
});

describe('a head that has not come to its end', () => {
  it.each([
    ['G', 'not yet'],
    ['GET /a', 'not yet'],
    ['GET / HTTP/1.1\r', 'not yet'],
    ['GET / HTTP/1.1\r\n', 'not yet'],
    ['GET / HTTP/1.1\r\nHost: a\r\n\r', 'not yet'],
    ['BREW / HTTP/1.1\r\n', 501],
    ['NONSENSE\r\n', 400],
    ['GET / HTTP/1.1\nHost: a\n\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\n\n', 400],
    ['\x16\x03\x01\x02\x00\x01', 400],
    [`G${'G'.repeat(100)}`, 501],
    [`GET /${'a'.repeat(targetBytesMax - 1)} HTTP/1.1\r`, 'not yet'],
    [`GET /${'a'.repeat(targetBytesMax + 20)}`, 414],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(headerSectionBytesMax + 20)}`, 431],
  ])('is refused as soon as it cannot become good: %.40j: %s', (text, expected) => {
    expect(outcome(read(text))).toBe(expected);
  });

  it('is read the same however it is cut', () => {
    const texts = [
      'POST /x HTTP/1.1\r\nHost: a\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n',
      'FOO / HTTP/1.1\r\n\r\n',
    ];
    for (const text of texts) {
      for (let cut = 1; cut < text.length; cut += 1) {
        const early = read(text.slice(0, cut));
        const late = early ?? readRequestHead(Buffer.from(text, 'latin1'), cut);
        expect([cut, outcome(late)]).toEqual([cut, outcome(read(text))]);
      }
    }
  });
});

it('any bytes at all are read without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, inHeaders) => {
      const start = inHeaders ? 'GET / HTTP/1.1\r\nHost: a\r\n' : '';
      readRequestHead(Buffer.concat([Buffer.from(start), bytes, Buffer.from('\r\n\r\n')]));
    }),
  );
});
