import fc from 'fast-check';
import type { ApiDocument, Call } from './api-document.ts';
import type { Draft } from './draft.ts';
import { validDrafts } from './valid-drafts.ts';

/** Requests that no client sends by mistake. The answer only has to be one that the document allows. */
export function hostileDrafts(document: ApiDocument, call: Call): fc.Arbitrary<Draft> {
  const valid = validDrafts(document, call);
  const names = memberNames(document, call);
  const change = (what: string, changes: fc.Arbitrary<Partial<Draft>>): fc.Arbitrary<Draft> =>
    fc.tuple(valid, changes).map(([draft, changed]) => ({
      ...draft,
      ...changed,
      headers: [...draft.headers, ...(changed.headers ?? [])],
      kind: 'hostile' as const,
      what,
      expect: { type: 'any' as const },
      mayLag: true,
    }));
  return fc.oneof(
    {
      weight: 6,
      arbitrary: change(
        'strange body',
        strangeBodies(names).map((body) => ({ body })),
      ),
    },
    {
      weight: 2,
      arbitrary: change(
        'strange headers',
        strangeHeaders.map((headers) => ({ headers })),
      ),
    },
    {
      weight: 2,
      arbitrary: change(
        'strange query',
        strangeQueries.map((query) => ({ query })),
      ),
    },
    {
      weight: 2,
      arbitrary: change(
        'strange path',
        strangePaths(call).map((path) => ({ path: [path] })),
      ),
    },
    {
      weight: 2,
      arbitrary: change(
        'another method',
        methods.map((method) => ({ method })),
      ),
    },
    {
      weight: 1,
      arbitrary: change(
        'body where none belongs',
        fc.json().map((body) => ({ body })),
      ),
    },
    { weight: 1, arbitrary: unknownPaths },
  );
}

function memberNames(document: ApiDocument, call: Call): readonly string[] {
  const content = Object.values(call.operation.requestBody?.content ?? {});
  const schema = document.resolve(content[0]?.schema ?? {});
  return Object.keys(schema['properties'] ?? {});
}

function strangeBodies(members: readonly string[]): fc.Arbitrary<string | Buffer> {
  const names = fc.oneof(
    fc.constantFrom(...members, '__proto__', 'constructor', 'toString', ''),
    fc.string(),
  );
  const values = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>(
      '2026-12-01 00:00:00',
      '2026-12-01 00:00:00 +0800 CST',
      'M',
      'TW',
      1,
      1e21,
      -1e21,
      [[]],
    ),
    fc.array(fc.dictionary(names, fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double()))),
  );
  return fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(names, values).map((body) => JSON.stringify(body)) },
    { weight: 2, arbitrary: fc.json({ maxDepth: 6 }) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.nat(60).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) },
    { weight: 1, arbitrary: fc.nat(2000).map((count) => `[${'{"key":"x","value":1},'.repeat(count)}1]`) },
    {
      weight: 1,
      arbitrary: fc
        .nat(3000)
        .map((count) => `{${Array.from({ length: count + 1 }, (_, i) => `"m${i}":0`).join(',')}}`),
    },
  );
}

/**
 * What a header may hold at all: visible characters, spaces, tabs and bytes of other alphabets (RFC 9110,
 * 5.5).
 */
const fieldValue = fc.stringMatching(/^[!-~\x80-\xff]([ \t!-~\x80-\xff]{0,60}[!-~\x80-\xff])?$/);
const known = [
  ...[
    'Idempotency-Key',
    'If-Match',
    'If-None-Match',
    'Consistency-Token',
    'Prefer',
    'Content-Type',
    'Accept',
  ],
  ...[
    'Authorization',
    'X-Api-Key',
    'Origin',
    'traceparent',
    'X-Forwarded-For',
    'X-HTTP-Method-Override',
    'Range',
  ],
  ...[
    'Content-Encoding',
    'Accept-Encoding',
    'Cookie',
    'Via',
    'Upgrade',
    'Forwarded',
    '__proto__',
    'constructor',
  ],
];
const headerLine = fc.tuple(
  fc
    .oneof(fc.constantFrom(...known), fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,20}$/))
    .filter(isHarmless),
  fc.oneof(
    fieldValue,
    fc.constantFrom(
      '*',
      '"',
      '""',
      'W/',
      '"1"',
      '"99999999999999999999"',
      'wait=-1',
      'wait=1e9',
      'wait=5;wait',
      'null',
    ),
    fc.constantFrom(
      'a2.local.1.shardId-000000000000.99999999.1',
      'c2.local.1.s.1.1.%ff',
      'c2.local.1.s.1.1.%0d%0a',
      'gzip',
      'Bearer x',
    ),
  ),
);
const strangeHeaders = fc.array(headerLine, { minLength: 1, maxLength: 6 });

/** Those that decide where a request ends, or what becomes of the connection, are for wire-cases.ts. */
function isHarmless(name: string): boolean {
  return !/^(content-length|transfer-encoding|connection|expect|host|te|trailer|upgrade)$/i.test(name);
}

const queryText = fc.stringMatching(/^[!"$-~]{0,30}$/);
const strangeQueries = fc.oneof(
  queryText,
  fc.array(queryText, { maxLength: 5 }).map((parts) => parts.join('&')),
  fc.constantFrom(
    '&&&',
    '=',
    '=1',
    'limit',
    'limit=%31',
    'limit=1&limit=1',
    '%6cimit=1',
    'key=%00',
    'key=%ff',
    'a=%',
  ),
  fc.nat(12_000).map((length) => `key=${'x'.repeat(length)}`),
  fc.nat(400).map((count) => Array.from({ length: count }, (_, i) => `key=${i}`).join('&')),
);

function strangePaths(call: Call): fc.Arbitrary<string> {
  const segment = fc.oneof(
    fc.stringMatching(/^[%0-9a-fA-F]{0,12}$/),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
    fc.constantFrom(
      '.',
      '..',
      '%2e%2e',
      '%252e',
      '%2F',
      ';',
      ':',
      '@',
      '*',
      '[',
      '{',
      '%5c',
      '\\',
      '+',
      '~',
      "'",
    ),
    fc.nat(11_000).map((length) => 'y'.repeat(length)),
  );
  const filled = segment.map((text) => call.path.replace(/\{[^}]+\}/, text));
  const more = segment.map((text) => `${call.path.replace(/\{[^}]+\}/, 'x')}/${text}`);
  const absolute = filled.map((path) => `http://elsewhere.example:80${path}`);
  return fc.oneof(filled, more, absolute).filter((path) => !/[?#]/.test(path));
}

const methods = fc.oneof(
  fc.constantFrom(
    'GET',
    'HEAD',
    'OPTIONS',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'TRACE',
    'PROPFIND',
    'PURGE',
    'QUERY',
  ),
);

const unknownPaths: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.array(fc.stringMatching(/^[!$-.0->@-~]{0,10}$/), { minLength: 1, maxLength: 5 }),
    fc.constantFrom('GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD'),
  )
  .map(([segments, method]) => ({
    kind: 'hostile',
    what: 'unknown path',
    call: undefined,
    method,
    path: [`/${segments.join('/')}`],
    query: [],
    headers: [],
    body: undefined,
    expect: { type: 'any' },
    mayLag: true,
  }));
