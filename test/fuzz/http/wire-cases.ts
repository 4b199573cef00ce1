import fc from 'fast-check';
import type { ApiDocument } from './api-document.ts';
import type { Draft, FuzzRequest } from './draft.ts';
import { bodyHeaders, headBytes, sentBody, toBytes } from './draft.ts';
import { validDrafts } from './valid-drafts.ts';

export interface Written {
  readonly parts: readonly Buffer[];
  readonly pauseMs: number;
  readonly then: 'wait' | 'end' | 'reset';
  /** Longest wait for the answers; default the lane's. */
  readonly timeoutMs?: number;
}

/** Bytes that no HTTP library would send in this way. */
export interface WireCase {
  readonly what: string;
  /** The requests in them, as far as there are any. */
  readonly drafts: readonly Draft[];
  readonly write: (requests: readonly FuzzRequest[], host: string) => Written;
  /**
   * `each`: they are right, and answered in order; `refusal`: never accepted, and nothing takes effect;
   * `any`: an answer to the first or none, and only an accepted one takes effect.
   */
  readonly answers: 'each' | 'refusal' | 'any';
}

/**
 * A counter that is named only where nobody may look: in what a confused server takes for a second request.
 */
export const smuggledKey = 'smuggled';

export function wireCases(document: ApiDocument): fc.Arbitrary<WireCase> {
  // Several changes of one ad at a time have no order that a client could know.
  const calls = document.calls.filter(({ method }) => method === 'GET' || method === 'POST');
  const drafts = fc.constantFrom(...calls).chain((call) => validDrafts(document, call).map(onTheWire));
  const writes = drafts.filter(({ body }) => body !== undefined);
  return fc.oneof(
    { weight: 60, arbitrary: inPieces(drafts) },
    { weight: 60, arbitrary: chunked(writes) },
    { weight: 60, arbitrary: pipelined(drafts) },
    { weight: 60, arbitrary: truncated(drafts) },
    { weight: 60, arbitrary: twoLengths(writes) },
    { weight: 60, arbitrary: injected(drafts) },
    { weight: 40, arbitrary: requestLines },
    { weight: 40, arbitrary: damaged(drafts) },
    { weight: 20, arbitrary: noise },
    { weight: 20, arbitrary: large(writes) },
    { weight: 20, arbitrary: expecting(writes) },
    { weight: 1, arbitrary: stalled(writes) },
  );
}

function onTheWire(draft: Draft): Draft {
  return { ...draft, kind: 'wire', mayLag: true };
}

const wait = { pauseMs: 0, then: 'wait' } as const;

/** Cut anywhere and sent with pauses: the same as in one piece. */
function inPieces(drafts: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc
    .tuple(drafts, fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 5 }))
    .map(([draft, cuts, pauseMs]) => ({
      what: 'sent in pieces',
      drafts: [{ ...draft, what: 'sent in pieces' }],
      answers: 'each',
      write: ([request], host) => {
        const bytes = toBytes(request as FuzzRequest, host);
        const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
        const parts = [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
        return { parts, pauseMs, then: 'wait' };
      },
    }));
}

/** With the longest extension, less than the headers of a request may have. */
const chunksMax = 1000;

function chunked(writes: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  const extension = fc.constantFrom('', '', ';a', ';name=value', ';q="x;y"');
  const trailer = fc.constantFrom('', '', 'X-Trailer: 1\r\n', 'Idempotency-Key: late\r\n');
  return fc
    .tuple(writes, fc.integer({ min: 1, max: 200 }), extension, trailer)
    .map(([draft, size, ext, last]) => ({
      what: 'chunked',
      drafts: [{ ...draft, what: 'chunked body' }],
      answers: 'each',
      write: ([request], host) => {
        const body = sentBody(request as FuzzRequest) ?? Buffer.alloc(0);
        const chunks: Buffer[] = [];
        // A server bounds what extensions may weigh together (RFC 9112, 7.1.1).
        const step = Math.max(size, Math.ceil(body.length / chunksMax));
        for (let from = 0; from < body.length; from += step) {
          const chunk = body.subarray(from, from + step);
          chunks.push(Buffer.from(`${chunk.length.toString(16)}${ext}\r\n`), chunk, Buffer.from('\r\n'));
        }
        const head = headBytes(request as FuzzRequest, host, [['Transfer-Encoding', 'chunked']]);
        return { ...wait, parts: [Buffer.concat([head, ...chunks, Buffer.from(`0\r\n${last}\r\n`)])] };
      },
    }));
}

function pipelined(drafts: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc.array(drafts, { minLength: 2, maxLength: 8 }).map((list) => ({
    what: 'pipelined',
    drafts: list.map((draft) => ({ ...draft, what: 'pipelined' })),
    answers: 'each',
    write: (requests, host) => ({
      ...wait,
      parts: [Buffer.concat(requests.map((one) => toBytes(one, host)))],
    }),
  }));
}

/** Ends before the request does. */
function truncated(drafts: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc
    .tuple(
      drafts,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom('end' as const, 'reset' as const),
    )
    .map(([draft, share, then]) => ({
      what: 'truncated',
      drafts: [draft],
      answers: 'refusal',
      write: ([request], host) => {
        const bytes = toBytes(request as FuzzRequest, host);
        return { parts: [bytes.subarray(0, Math.floor(share * (bytes.length - 1)))], pauseMs: 0, then };
      },
    }));
}

const smuggledBody = JSON.stringify({ key: smuggledKey, value: 1 });
const smuggled = `POST /increment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${smuggledBody.length}\r\n\r\n${smuggledBody}`;

/** Two ways to tell where the body ends: the classic of request smuggling. */
const lengthPairs: readonly (readonly [string, string][])[] = [
  [
    ['Content-Length', '5'],
    ['Transfer-Encoding', 'chunked'],
  ],
  [
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '0'],
  ],
  [
    ['Content-Length', '0'],
    ['Content-Length', '5'],
  ],
  [['Content-Length', '5, 6']],
  [['Content-Length', '-1']],
  [['Content-Length', '+5']],
  [['Content-Length', '0x5']],
  [['Content-Length', '5 5']],
  [['Content-Length', '']],
  [['Content-Length', '99999999999999999999999']],
  [['Transfer-Encoding', 'xchunked']],
  [['Transfer-Encoding', 'chunked, identity']],
  [['Transfer-Encoding', 'identity']],
  [['Transfer-Encoding', 'gzip, chunked, chunked']],
  [['Transfer-Encoding', '\x0bchunked']],
  [['Transfer-Encoding ', 'chunked']],
  [
    ['Transfer-Encoding', 'chunked'],
    ['Transfer-Encoding', 'identity'],
  ],
  [
    ['Content-Length ', '0'],
    ['Content-Length', '5'],
  ],
];

function twoLengths(writes: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc.tuple(writes, fc.constantFrom(...lengthPairs)).map(([draft, pair]) => ({
    what: `lengths ${pair.map((header) => header.join(': ')).join(' and ')}`,
    drafts: [draft],
    answers: 'refusal',
    write: ([request], host) => {
      const head = headBytes(request as FuzzRequest, host, pair);
      return { parts: [Buffer.concat([head, Buffer.from(`0\r\n\r\n${smuggled}`)])], pauseMs: 0, then: 'end' };
    },
  }));
}

/** Header lines that are none, and the ones that hide others. Without effect: the request reads only. */
const badLines = [
  ...[
    'X-A: 1\nX-Injected: 1',
    'X-A: 1\rX-Injected: 1',
    'X-A: a\x00b',
    'X-A : 1',
    ' X-A: 1',
    'X-A',
    ': 1',
    'X(A): 1',
  ],
  ...[
    'X-A: 1\r\n folded',
    'X-\xe9: 1',
    'X-A:\x7f',
    'Host: other',
    `X-Long: ${'x'.repeat(17_000)}`,
    '\r\n',
    '\u0000',
  ],
  Array.from({ length: 1500 }, (_, i) => `X-${i}: 1`).join('\r\n'),
  Array.from({ length: 600 }, (_, i) => `X${i}:`).join('\r\n'),
];

function injected(drafts: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc
    .tuple(
      drafts.filter(({ method }) => method === 'GET'),
      fc.constantFrom(...badLines),
      fc.boolean(),
    )
    .map(([draft, line, first]) => ({
      what: `header line ${JSON.stringify(line.slice(0, 30))}`,
      drafts: [draft],
      answers: 'any',
      write: ([request], host) => {
        const text = headBytes(request as FuzzRequest, host, []).toString('latin1');
        const at = first ? text.indexOf('\r\n') + 2 : text.length - 2;
        const bytes = Buffer.from(`${text.slice(0, at)}${line}\r\n${text.slice(at)}`, 'latin1');
        return { parts: [bytes], pauseMs: 0, then: 'end' };
      },
    }));
}

const lines = [
  ...[
    'GET /health',
    'GET /health HTTP/1.0',
    'GET /health HTTP/0.9',
    'GET /health HTTP/2.0',
    'GET /health HTTP/1.9',
  ],
  ...[
    'get /health HTTP/1.1',
    'GET  /health HTTP/1.1',
    'GET\t/health HTTP/1.1',
    'GET /hea lth HTTP/1.1',
    ' GET / HTTP/1.1',
  ],
  ...[
    'GET HTTP/1.1',
    'GET health HTTP/1.1',
    'GET * HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'CONNECT localhost:80 HTTP/1.1',
  ],
  ...['CONNECT / HTTP/1.1', 'TRACE /health HTTP/1.1', 'FOO /health HTTP/1.1', 'GET http://x/health HTTP/1.1'],
  ...[
    'GET https://u:p@x:1/health?a=1 HTTP/1.1',
    'GET http:///health HTTP/1.1',
    'GET ftp://x/health HTTP/1.1',
  ],
  ...['GET //health HTTP/1.1', 'GET /./health HTTP/1.1', 'GET /../health HTTP/1.1', 'GET /health#f HTTP/1.1'],
  ...[
    'GET \\health HTTP/1.1',
    'GET /h\xe9alth HTTP/1.1',
    'GET /health\x00 HTTP/1.1',
    'GET /health%00 HTTP/1.1',
  ],
  ...[
    `GET /${'x'.repeat(9000)} HTTP/1.1`,
    `GET /${'x'.repeat(12_000)} HTTP/1.1`,
    `GET /${'x'.repeat(70_000)} HTTP/1.1`,
  ],
  ...[
    `${'G'.repeat(5000)} / HTTP/1.1`,
    'GET /health HTTP/1.1\r',
    'GET /health http/1.1',
    'GET /health XTTP/1.1',
    '',
  ],
];

const requestLines: fc.Arbitrary<WireCase> = fc
  .tuple(fc.constantFrom(...lines), fc.boolean())
  .map(([line, host]) => ({
    what: `request line ${JSON.stringify(line.slice(0, 40))}`,
    drafts: [onTheWire(plainGet(line))],
    answers: 'any',
    write: (_requests, name) => {
      const text = `${line}\r\n${host ? `Host: ${name}\r\n` : ''}Connection: close\r\n\r\n`;
      return { parts: [Buffer.from(text, 'latin1')], pauseMs: 0, then: 'end' };
    },
  }));

function plainGet(line: string): Draft {
  const [method = 'GET', target = '/'] = line.trim().split(/[ \t]+/);
  return {
    ...{
      kind: 'wire',
      what: 'request line',
      call: undefined,
      method,
      path: [target],
      query: '',
      headers: [],
    },
    ...{ body: undefined, expect: { type: 'any' }, mayLag: true },
  };
}

/**
 * One byte of the head changed, or taken away. A read, because what is left may be another request; and not in
 * the target, because `/api/v1/ads` without its last letter is another call, whose answers differ.
 */
function damaged(drafts: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  const reads = drafts.filter(({ method }) => method === 'GET');
  return fc.tuple(reads, fc.nat(2000), fc.nat(255), fc.boolean()).map(([draft, place, byte, cut]) => ({
    what: 'one byte damaged',
    drafts: [draft],
    answers: 'any',
    write: ([request], host) => {
      const bytes = toBytes(request as FuzzRequest, host);
      const [from, to] = [bytes.indexOf(' ') + 1, bytes.indexOf(' HTTP/')];
      const outside = place % (bytes.length - (to - from));
      const at = outside < from ? outside : outside + (to - from);
      const changed = Buffer.concat([
        bytes.subarray(0, at),
        cut ? Buffer.alloc(0) : Buffer.from([byte]),
        bytes.subarray(at + 1),
      ]);
      return { parts: [changed], pauseMs: 0, then: 'end' };
    },
  }));
}

const noise: fc.Arbitrary<WireCase> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from('160301020001000001fc0303', 'hex'),
      Buffer.from('\r\n'.repeat(100)),
      Buffer.alloc(20_000, 'A'),
      Buffer.alloc(5000),
    ),
  )
  .map((bytes) => ({
    what: 'noise',
    drafts: [onTheWire(plainGet('NOISE /'))],
    answers: 'any',
    write: () => ({ parts: [bytes], pauseMs: 0, then: 'end' }),
  }));

/** Longer than the server gives a request, head and body together. */
const stallTimeoutMs = 40_000;

/**
 * Begun and never ended: told so in time (408), and without effect. Few, because each takes the time that it
 * is given.
 */
function stalled(writes: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc.tuple(writes, fc.boolean()).map(([draft, inHead]) => ({
    what: inHead ? 'stalled in the head' : 'stalled in the body',
    drafts: [draft],
    answers: 'refusal',
    write: ([request], host) => {
      const bytes = toBytes(request as FuzzRequest, host);
      const end = inHead ? bytes.indexOf('\r\n\r\n') : bytes.length - 1;
      return { parts: [bytes.subarray(0, end)], pauseMs: 0, then: 'wait', timeoutMs: stallTimeoutMs };
    },
  }));
}

/** Around the limit of a body, and far beyond. */
function large(writes: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  const over = fc.constantFrom(262_145, 300_000, 1_000_000);
  return fc.tuple(writes, over).map(([draft, bytes]) => ({
    what: 'too large',
    drafts: [
      {
        ...draft,
        what: 'too large a body',
        body: Buffer.concat([Buffer.from(draft.body ?? ''), Buffer.alloc(bytes, ' ')]),
        expect: { type: 'refused', statuses: [413] },
      },
    ],
    answers: 'each',
    write: ([request], host) => ({ ...wait, parts: [toBytes(request as FuzzRequest, host)] }),
  }));
}

function expecting(writes: fc.Arbitrary<Draft>): fc.Arbitrary<WireCase> {
  return fc.tuple(writes, fc.constantFrom('100-continue', '100-Continue')).map(([draft, value]) => ({
    what: 'Expect: 100-continue',
    drafts: [{ ...draft, what: 'Expect: 100-continue' }],
    answers: 'each',
    write: ([request], host) => {
      const one = request as FuzzRequest;
      const head = headBytes(one, host, [...bodyHeaders(one), ['Expect', value]]);
      return { parts: [head, sentBody(one) ?? Buffer.alloc(0)], pauseMs: 2, then: 'wait' };
    },
  }));
}
