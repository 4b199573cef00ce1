import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { readPlainHead } from '../../../lib/embedded/http/request-head.ts';

const read = (text: string) => readPlainHead(Buffer.from(text, 'latin1'));
const withHeaders = (...lines: string[]) =>
  read(`GET / HTTP/1.1\r\nHost: a\r\n${lines.map((l) => `${l}\r\n`).join('')}\r\n`);

describe('the short path reads a plain head', () => {
  it('gives method, target, headers as sent, and lengths', () => {
    const text =
      'POST /increment?mode=sync HTTP/1.1\r\nHost: a:1\r\nX-Odd:\t v \xe9 \t\r\ncontent-length: 12\r\n\r\n';
    expect(read(`${text}{"key":"a"}!GET`)).toEqual({
      method: 'POST',
      target: '/increment?mode=sync',
      headers: ['Host', 'a:1', 'X-Odd', 'v \xe9', 'content-length', '12'],
      headerText: 'Host: a:1\r\nX-Odd:\t v \xe9 \t\r\ncontent-length: 12\r\n',
      contentLength: 12,
      byteLength: text.length,
    });
  });

  it('accepts keep-alive in any spelling and an empty value', () => {
    expect(withHeaders('Connection: Keep-Alive', 'Accept:')?.headers.slice(2)).toEqual([
      'Connection',
      'Keep-Alive',
      'Accept',
      '',
    ]);
  });

  it('takes headers that are repeated byte for byte from the head before', () => {
    const first = withHeaders('X: 1');
    const text = (value: string): Buffer => Buffer.from(`POST /2 HTTP/1.1\r\nHost: a\r\nX: ${value}\r\n\r\n`);
    const same = readPlainHead(text('1'), first);
    expect(same).toMatchObject({ method: 'POST', target: '/2' });
    expect(same?.headers).toBe(first?.headers);
    expect(readPlainHead(text('2'), first)?.headers).toEqual(['Host', 'a', 'X', '2']);
  });

  it('keeps a no-break space at the end of a value', () => {
    expect(withHeaders('X: a\xa0 ')?.headers[3]).toBe('a\xa0');
  });
});

describe('everything else is left to node:http', () => {
  const others: Record<string, string> = {
    'an incomplete head': 'GET / HTTP/1.1\r\nHost: a\r\n',
    'HTTP/1.0': 'GET / HTTP/1.0\r\nHost: a\r\n\r\n',
    'an unknown method': 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n',
    'a lower-case method': 'get / HTTP/1.1\r\nHost: a\r\n\r\n',
    'an absolute target': 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n',
    'the target *': 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
    'a fragment': 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n',
    'a target beyond ASCII': 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n',
    'two spaces in the request line': 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n',
    'bare line feeds': 'GET / HTTP/1.1\nHost: a\n\n',
    'no Host': 'GET / HTTP/1.1\r\nAccept: *\r\n\r\n',
    'two Hosts': 'GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n',
    'a folded line': 'GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n',
    'a space before the colon': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
    'a line without a colon': 'GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n',
    'a zero byte': 'GET / HTTP/1.1\r\nHost: a\0\r\n\r\n',
    'a bare carriage return': 'GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n',
  };
  it.each(Object.entries(others))('%s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });

  it.each([
    'Transfer-Encoding: chunked',
    'tRANSFER-eNCODING: identity',
    'Expect: 100-continue',
    'Upgrade: h2c',
    'Trailer: X',
    'Connection: close',
    'Connection: keep-alive, X',
    'Content-Length: -1',
    'Content-Length: +1',
    'Content-Length: 0x10',
    'Content-Length: 1, 1',
    'Content-Length:',
    'Content-Length: 1e3',
    'Content-Length: 1234567890123456',
  ])('%s', (line) => {
    expect(withHeaders(line)).toBeUndefined();
  });

  it('two lengths, even equal ones', () => {
    expect(withHeaders('Content-Length: 1', 'Content-Length: 1')).toBeUndefined();
  });

  it('a head over 16 KiB', () => {
    expect(withHeaders(`X: ${'a'.repeat(16_000)}`)).toBeDefined();
    expect(withHeaders(`X: ${'a'.repeat(17_000)}`)).toBeUndefined();
  });

  it('hostile heads cost linear time', () => {
    const startedMs = performance.now();
    for (const line of [
      ' '.repeat(16_000),
      ':'.repeat(16_000),
      `a:${' '.repeat(15_900)}\0`,
      'a'.repeat(16_000),
    ]) {
      withHeaders(line);
    }
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('any bytes at all, without a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readPlainHead(
          Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n'), bytes, Buffer.from('\r\n\r\n')]),
        );
      }),
    );
  });
});
