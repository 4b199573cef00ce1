import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLoopbackHost, parseAuthority } from '../../../lib/embedded/http/authority.ts';
import { ByteBuffer } from '../../../lib/embedded/http/byte-buffer.ts';
import { ChunkedBody } from '../../../lib/embedded/http/chunked-body.ts';
import { createDeadlines } from '../../../lib/embedded/http/deadlines.ts';
import { createDateLine } from '../../../lib/embedded/http/http-message.ts';
import { createLambdaContexts } from '../../../lib/embedded/http/lambda-context.ts';
import { createToProxyEvent } from '../../../lib/embedded/http/proxy-event.ts';
import { toHttpResponse } from '../../../lib/embedded/http/proxy-result.ts';
import { parseQueryString } from '../../../lib/embedded/http/query-string.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

/** The small parts of the HTTP server, each against a naive one or at its bounds. */

describe('a buffer of bytes', () => {
  it('gives back what came, in order, and what it gave does not change', () => {
    const step = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }).map((bytes) => ({ piece: Buffer.from(bytes) })),
      fc.double({ min: 0, max: 1, noNaN: true }).map((share) => ({ share })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const buffer = new ByteBuffer();
        let naive = Buffer.alloc(0);
        const taken: [Buffer, string][] = [];
        for (const one of steps) {
          if ('piece' in one) {
            buffer.append(one.piece);
            naive = Buffer.concat([naive, one.piece]);
          } else {
            const count = Math.round(one.share * naive.length);
            const bytes = buffer.take(count);
            expect(bytes.equals(naive.subarray(0, count))).toBe(true);
            taken.push([bytes, bytes.toString('hex')]);
            naive = naive.subarray(count);
          }
          expect(buffer.bytes.equals(naive)).toBe(true);
        }
        for (const [bytes, text] of taken) expect(bytes.toString('hex')).toBe(text);
        buffer.clear();
        expect(buffer.bytes.length).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a body in chunks', () => {
  const read = (body: ChunkedBody, ...pieces: (string | Buffer)[]): unknown => {
    const unread = new ByteBuffer();
    let result: ReturnType<ChunkedBody['read']>;
    for (const piece of pieces) {
      unread.append(Buffer.from(piece as string));
      result = body.read(unread);
      if (result !== undefined) break;
    }
    return result === undefined || Buffer.isBuffer(result) ? result : result.statusCode;
  };

  it('is the same, however it is divided and however it arrives', () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), fc.infiniteStream(fc.nat(60)), (chunks, cuts) => {
        const wire = Buffer.concat([
          ...chunks.flatMap((bytes) => [
            Buffer.from(`${bytes.length.toString(16)}\r\n`),
            bytes,
            Buffer.from('\r\n'),
          ]),
          Buffer.from('0\r\n\r\nNEXT'),
        ]);
        const pieces: Buffer[] = [];
        for (let at = 0; at < wire.length;) {
          const { value } = cuts.next() as { value: number };
          pieces.push(wire.subarray(at, at + 1 + value));
          at += 1 + value;
        }
        const body = read(new ChunkedBody(10_000), ...pieces);
        expect((body as Buffer).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  const sized = (size: number): string => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`;
  /** A line of this many bytes without its break, nearly all of them an extension. */
  const line = (bytes: number): string => `1;${'e'.repeat(bytes - 2)}\r\nx\r\n`;
  it.each<[string, string, number]>([
    ['as many bytes as there may be', `${sized(10)}0\r\n\r\n`, 200],
    ['one more', `${sized(11)}0\r\n\r\n`, 413],
    ['as many in two chunks', `${sized(4)}${sized(6)}0\r\n\r\n`, 200],
    ['one more in two chunks', `${sized(4)}${sized(7)}0\r\n\r\n`, 413],
    ['a line that is as long as it may be', `${line(1023)}0\r\n\r\n`, 200],
    ['a line that is too long', `${line(1024)}0\r\n\r\n`, 431],
    [
      'as many bytes of trailer fields as there may be',
      `0\r\n${`X: ${'y'.repeat(509)}\r\n`.repeat(32)}\r\n`,
      200,
    ],
    ['one more', `0\r\n${`X: ${'y'.repeat(509)}\r\n`.repeat(32)}X:\r\n\r\n`, 431],
    ['a break that is a line feed alone', '1\r\nx\n0\r\n\r\n', 400],
    ['a chunk that is longer than its size', '1\r\nxy\r\n0\r\n\r\n', 400],
    ['a chunk that is shorter than its size', '2\r\nx\r\n0\r\n\r\n', 400],
    ['capital digits', `A\r\n${'x'.repeat(10)}\r\n0\r\n\r\n`, 200],
    ['a space before the size', ' 1\r\nx\r\n0\r\n\r\n', 400],
    ['a space after the size', '1 \r\nx\r\n0\r\n\r\n', 200],
  ])('with %s', (_, wire, expected) => {
    const result = read(new ChunkedBody(10), wire);
    expect(Buffer.isBuffer(result) ? 200 : result).toBe(expected);
  });
});

describe('a query string', () => {
  it('is decoded as a form is, in names and in values', () => {
    const unit = fc.constantFrom(
      'a',
      'B',
      '1',
      '=',
      '&',
      '+',
      '%20',
      '%2B',
      '%26',
      '%3D',
      '%C3%BC',
      '%c3%bc',
      ';',
      '.',
      '%00',
    );
    const text = fc.array(unit, { maxLength: 20 }).map((units) => units.join(''));
    fc.assert(
      fc.property(text, (query) => {
        const expected = new Map<string, string[]>();
        for (const [name, value] of new URLSearchParams(query))
          expected.set(name, [...(expected.get(name) ?? []), value]);
        const parsed = parseQueryString(query);
        if (parsed === 'malformed') throw new Error('not malformed');
        // In any order: an object has names such as `1` first.
        expect(parsed.multi).toEqual(Object.fromEntries(expected));
        const last = [...expected].map(([name, values]) => [name, values.at(-1)]);
        expect(parsed.single).toEqual(Object.fromEntries(last));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['%', 'a=%', '%a=1', 'a=%zz', 'a=%c3', 'a=1&b=%ff', '%', 'a=%e2%82'])(
    '%s is malformed',
    (query) => {
      expect(parseQueryString(query)).toBe('malformed');
    },
  );
});

describe('an authority', () => {
  it.each<[string, string, number | undefined]>([
    ['a', 'a', undefined],
    ['A.Example', 'a.example', undefined],
    ['a:', 'a', undefined],
    ['a:0', 'a', 0],
    ['a:65535', 'a', 65_535],
    ['a:0000065535', 'a', 65_535],
    ['[::1]:80', '[::1]', 80],
    ['[::FFFF:1.2.3.4]', '[::ffff:1.2.3.4]', undefined],
    [':80', '', 80],
    ['', '', undefined],
    ['a%41', 'a%41', undefined],
  ])('%j is %j, port %s', (text, host, port) => {
    expect(parseAuthority(text)).toEqual({ host, port });
  });

  it.each([
    'a:65536',
    'a:00000065535',
    'a:-1',
    'a:b',
    'u@a',
    'a,b',
    'a b',
    'a/b',
    '[::1',
    '::1',
    '[1.2.3.4]',
    'a:1:2',
    '[::1]x',
  ])('%j is none', (text) => {
    expect(parseAuthority(text)).toBeUndefined();
  });

  it.each<[string, boolean]>([
    ['localhost', true],
    ['localhost.', true],
    ['a.localhost', true],
    ['127.0.0.1', true],
    ['127.255.255.255', true],
    ['[::1]', true],
    ['127.0.0.256', false],
    ['127.0.0', false],
    ['127.0.0.1.2', false],
    ['128.0.0.1', false],
    ['1127.0.0.1', false],
    ['localhost.example', false],
    ['notlocalhost', false],
    ['127.0.0.1.example', false],
    ['0.0.0.0', false],
    ['[::2]', false],
    ['', false],
  ])('%j is of this machine: %s', (host, expected) => {
    expect(isLoopbackHost(host)).toBe(expected);
  });
});

describe('the result of a function', () => {
  it.each<[unknown, number | undefined]>([
    [199, undefined],
    [200, 200],
    [599, 599],
    [600, undefined],
    [200.5, undefined],
    ['200', undefined],
  ])('with status %s', (statusCode, expected) => {
    expect(toHttpResponse({ statusCode, body: '' })?.statusCode).toBe(expected);
  });

  it('has a body of up to 6 MiB, and none may be missing', () => {
    const size = 6 * 1024 * 1024;
    expect(toHttpResponse({ statusCode: 200, body: 'x'.repeat(size) })?.body).toHaveLength(size);
    expect(toHttpResponse({ statusCode: 200, body: 'x'.repeat(size + 1) })).toBeUndefined();
    expect(toHttpResponse({ statusCode: 200 })?.body).toBe('');
    expect(toHttpResponse({ statusCode: 200, body: null })?.body).toBe('');
  });

  it('has the value of a header as it is now, whatever it was before', () => {
    const lines = (headers: object): string | undefined =>
      toHttpResponse({ statusCode: 200, headers })?.headerLines;
    for (const value of ['1', '2', '1', 'a b\t', '\xff', '', 3])
      expect(lines({ 'X-Now': value })).toBe(`X-Now: ${value}\r\n`);
    for (const value of ['a\r\nB: c', 'a\n', '\u0100', '\0', '\x7f']) {
      // Twice: what was refused is not known from then on.
      expect(lines({ 'X-Now': value })).toBeUndefined();
      expect(lines({ 'X-Now': value })).toBeUndefined();
    }
    expect(lines({ 'X-Now': '2' })).toBe('X-Now: 2\r\n');
    for (let index = 0; index < 500; index += 1)
      expect(lines({ [`X-${index}`]: 'v' })).toBe(`X-${index}: v\r\n`);
    for (const name of ['', 'A B', 'A:', 'Ä', 'A\r\n']) expect(lines({ [name]: '1' })).toBeUndefined();
  });
});

describe('time in an event, in the date and in a context', () => {
  it('names each month, and each second once', () => {
    let nowMs = 0;
    const toEvent = createToProxyEvent({
      stage: 'local',
      clock: { nowMs: () => nowMs },
    });
    const request = {
      ...{ method: 'GET', target: '/', headers: [], body: Buffer.alloc(0) },
      ...{ sourceIp: '', requestId: 'r' },
    };
    const match = { functionName: 'describe-api', resource: '/', pathParameters: null } as const;
    const timeOf = (at: string): string => {
      nowMs = Date.parse(at);
      return toEvent({ request, path: '/', query: undefined, match }).requestContext.requestTime ?? '';
    };
    const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
    for (const [index, month] of months.entries()) {
      const number = String(index + 1).padStart(2, '0');
      expect(timeOf(`2026-${number}-09T08:07:06.543Z`)).toBe(`09/${month}/2026:08:07:06 +0000`);
    }
    expect(timeOf('2026-12-31T23:59:59.999Z')).toBe('31/Dec/2026:23:59:59 +0000');
    expect(timeOf('2027-01-01T00:00:00.000Z')).toBe('01/Jan/2027:00:00:00 +0000');
  });

  it('of the Date header is that of this second', () => {
    let nowMs = Date.parse('2026-11-20T23:00:00.999Z');
    const line = createDateLine({ nowMs: () => nowMs });
    expect(line()).toBe('Date: Fri, 20 Nov 2026 23:00:00 GMT\r\n');
    nowMs += 1;
    expect(line()).toBe('Date: Fri, 20 Nov 2026 23:00:01 GMT\r\n');
    nowMs -= 1000;
    expect(line()).toBe('Date: Fri, 20 Nov 2026 23:00:00 GMT\r\n');
  });

  it('that is left to an invocation goes to nothing, and not below', async () => {
    const clock = createVirtualClock();
    const ids = { nonce: () => 'n'.repeat(32), uuidv7: () => '', random: () => 0 };
    const context = createLambdaContexts({ clock, ids }, stageSettings('local'))('authorize-request');
    expect(context).toMatchObject({
      functionName: 'authorize-request',
      memoryLimitInMB: '512',
      awsRequestId: 'n'.repeat(32),
      invokedFunctionArn: 'arn:aws:lambda:local:000000000000:function:authorize-request',
    });
    expect(context.getRemainingTimeInMillis()).toBe(5000);
    await clock.advance(4999);
    expect(context.getRemainingTimeInMillis()).toBe(1);
    await clock.advance(2);
    expect(context.getRemainingTimeInMillis()).toBe(0);
  });
});

describe('deadlines', () => {
  it('expire what is under way at its limit, within a second, and only that', async () => {
    const clock = createVirtualClock();
    const deadlines = createDeadlines(clock, 3000);
    const expired: string[] = [];
    const begin = (name: string) => deadlines.begin(() => expired.push(`${name} ${clock.monotonicMs()}`));
    begin('first');
    const ended = begin('ended');
    await clock.advance(500);
    begin('second');
    deadlines.end(ended);
    await clock.advance(2499);
    expect(expired).toEqual([]);
    await clock.advance(1);
    expect(expired).toEqual(['first 3000']);
    await clock.advance(1000);
    expect(expired).toEqual(['first 3000', 'second 4000']);
    expect(clock.sleeping).toBe(0);
    begin('third');
    await clock.advance(3000);
    expect(expired).toEqual(['first 3000', 'second 4000', 'third 7000']);
    begin('fourth');
    deadlines.close();
    await clock.advance(10_000);
    expect([expired.length, clock.sleeping]).toEqual([3, 0]);
  });
});
