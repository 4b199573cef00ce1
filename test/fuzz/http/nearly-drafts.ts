import fc from 'fast-check';
import { bodyBytesMax } from '../../../lib/api/request/json-body.ts';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import type { Parameter } from '../../../lib/api/document/openapi.ts';
import { isBeaconPath } from '../../../lib/api/document/openapi-document.ts';
import type { ApiDocument, Call } from './api-document.ts';
import { bombs, brokenCodings, otherCodings } from './codings.ts';
import type { Draft, Text } from './draft.ts';
import { badEntityTags, badHosts, foreignHosts, foreignOrigins } from './header-values.ts';
import { replaceAt, toJsonText } from './raw-json.ts';
import { schemaArbitrary } from './schema-arbitrary.ts';
import { breaksOf } from './schema-breaks.ts';
import { isPage, parametersIn, validDrafts } from './valid-drafts.ts';

/** A valid request with one error, which the answer must name. */
export function nearlyValidDrafts(document: ApiDocument, call: Call): fc.Arbitrary<Draft> {
  const spoilers = [
    ...bodySpoilers(document, call),
    ...mediaTypeSpoilers(call),
    ...parametersIn(call, 'query').flatMap(querySpoilers),
    ...parametersIn(call, 'path').flatMap((parameter) => pathSpoilers(call, parameter)),
    ...parametersIn(call, 'header').flatMap(headerSpoilers),
    ...codingSpoilers(call),
    ...preconditionSpoilers(call),
    ...hostSpoilers(document),
    // Beacons and clicks pass over parameters that others append.
    ...(isPage(call) || isBeaconPath(call.path)
      ? []
      : strangers.map((name) => addQuery('unknown parameter', name, ['1']))),
  ];
  return fc
    .tuple(validDrafts(document, call), fc.oneof(...spoilers))
    .map(([draft, spoil]) => spoil({ ...draft, kind: 'nearly valid' }));
}

type Spoil = (draft: Draft) => Draft;
type Spoiler = fc.Arbitrary<Spoil>;

function refused(draft: Draft, what: string, path: string | undefined, statuses = [400]): Draft {
  return { ...draft, what, expect: { type: 'refused', statuses, ...(path !== undefined && { path }) } };
}

function bodySpoilers(document: ApiDocument, call: Call): readonly Spoiler[] {
  const schema = Object.values(call.operation.requestBody?.content ?? {})[0]?.schema;
  if (schema === undefined) return [];
  const full = schemaArbitrary(document, schema, { full: true });
  const constraints = breaksOf(document, schema).map(({ what, place, path, change }) =>
    fc.tuple(full, change).map(([value, apply]): Spoil => (draft) => {
      const body = toJsonText(replaceAt(value, place, apply));
      // Too many entries may be too many bytes, which is said first.
      const isTooLarge = Buffer.byteLength(body) > bodyBytesMax;
      return { ...(isTooLarge ? refused(draft, what, undefined, [413]) : refused(draft, what, path)), body };
    }),
  );
  const texts = full
    .chain((value) => malformed(JSON.stringify(value)))
    .map(([what, body]): Spoil => (draft) => ({ ...refused(draft, what, ''), body }));
  // As many times as there are constraints of a kind, so that neither hides the other.
  return [...constraints, ...Array.from({ length: 12 }, () => texts)];
}

/** What is not JSON as RFC 8259 has it, or deeper than the API takes. */
function malformed(json: string): fc.Arbitrary<readonly [string, string | Buffer]> {
  const nest = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  return fc.constantFrom<readonly [string, string | Buffer]>(
    ['empty body', ''],
    ['blank body', ' \r\n\t'],
    ['cut off', json.slice(0, -1)],
    ['trailing comma', json.replace(/\}$/, ',}')],
    ['NaN', json.replace(/:.*$/s, ':NaN}')],
    ['single quotes', json.replaceAll('"', "'")],
    ['comment', `/**/${json}`],
    ['two byte order marks', `\ufeff\ufeff${json}`],
    ['two values', `${json}${json}`],
    ['not UTF-8', Buffer.from([...Buffer.from(json.slice(0, 2)), 0xff, ...Buffer.from(json.slice(2))])],
    [
      'overlong UTF-8',
      Buffer.concat([Buffer.from('{"key":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ],
    ['UTF-16', Buffer.from(json, 'utf16le')],
    ['33 levels', nest(33)],
    ['100,000 levels', '['.repeat(100_000)],
    ['leading zero', '{"value":01}'],
    ['raw control character', '{"a":"\u0001"}'],
  );
}

function mediaTypeSpoilers(call: Call): readonly Spoiler[] {
  if (call.operation.requestBody === undefined) return [];
  const wrong = [
    'text/plain',
    'application/json; charset',
    'application/json; charset="utf-8',
    'application/json; charset = utf-8',
    'application/json/x',
    'application/jsonx',
    'application/json, text/html',
  ];
  return ['', ...wrong, 'multipart/form-data; boundary=x'].map((value) =>
    fc.constant((draft: Draft) => ({
      ...refused(draft, 'media type', undefined, [415]),
      headers: [
        ...draft.headers.filter(([name]) => name !== 'Content-Type'),
        ...(value === '' ? [] : [['Content-Type', value] as const]),
      ],
    })),
  );
}

/** Said before a body is looked at, whatever else is wrong with it. */
function codingSpoilers(call: Call): readonly Spoiler[] {
  if (call.operation.requestBody === undefined) return [];
  const spoil = (what: string, codings: typeof bombs, status: number): Spoiler[] =>
    Array.from({ length: 4 }, () =>
      codings.map((coding): Spoil => (draft) => ({ ...refused(draft, what, undefined, [status]), coding })),
    );
  return [
    ...spoil('unknown coding', otherCodings, 415),
    ...spoil('broken gzip', brokenCodings, 400),
    ...spoil('gzip bomb', bombs, 413),
  ];
}

/** Any call has them. A read passes over an If-None-Match that it cannot read. */
function preconditionSpoilers({ method }: Call): readonly Spoiler[] {
  const names = method === 'GET' ? ['If-Match'] : ['If-Match', 'If-None-Match'];
  return names.flatMap((name) => badEntityTags.map((value) => setHeader(name, [value])));
}

/** What an open server keeps out, whatever is asked. */
function hostSpoilers({ isOpen }: ApiDocument): readonly Spoiler[] {
  if (!isOpen) return [];
  const host = (what: string, status: number, hosts: readonly string[]): readonly Spoiler[] =>
    hosts.map((name) =>
      fc.constant((draft) => ({ ...refused(draft, what, undefined, [status]), host: name })),
    );
  return [
    ...host('foreign host', 421, foreignHosts),
    ...host('faulty host', 400, badHosts),
    ...foreignOrigins.map((origin) => setHeader('Origin', [origin], 'foreign origin', [403])),
  ];
}

/** The header alone, as many times as there are values. */
function setHeader(
  name: string,
  values: readonly string[],
  what = `faulty ${name}`,
  statuses = [400],
): Spoiler {
  return fc.constant((draft) => ({
    ...refused(draft, what, statuses[0] === 400 ? name : undefined, statuses),
    headers: [
      ...draft.headers.filter(([other]) => other !== name),
      ...values.map((value) => [name, value] as const),
    ],
  }));
}

const strangers = ['colour', '__proto__', 'constructor', 'AGE', 'limit[]', 'a.b', 'ключ'];

function addQuery(what: string, name: string, values: readonly string[], path = name): Spoiler {
  return fc.constant((draft) => ({
    ...refused(draft, `${what} ${name}`, path),
    query: [
      ...(draft.query as readonly (readonly [string, Text])[]).filter(([other]) => other !== name),
      ...values.map((value) => [name, value] as const),
    ],
  }));
}

function querySpoilers({ name, schema, required }: Parameter): readonly Spoiler[] {
  const repeated = schema['type'] === 'array';
  const one = (value: string): Spoiler => addQuery('faulty parameter', name, [value]);
  return [
    one(''),
    ...badValues(repeated ? (schema['items'] as JsonSchema) : schema).map(one),
    addQuery('repeated parameter', name, repeated ? ['same', 'same'] : ['1', '2']),
    ...(repeated
      ? [
          addQuery(
            'too many of',
            name,
            Array.from({ length: Number(schema['maxItems']) + 1 }, (_, i) => `k${i}`),
          ),
        ]
      : []),
    ...(required ? [addQuery('missing parameter', name, [])] : []),
  ];
}

/** Texts that a parameter of this schema refuses. */
function badValues(schema: JsonSchema): readonly string[] {
  const { enum: values, type, minimum, maximum, maxLength } = schema;
  if (Array.isArray(values))
    return ['XX', 'constructor', ` ${String(values[0])}`, String(values[0]).repeat(2)];
  if (type === 'integer') {
    const written = [
      'abc',
      '+1',
      '-1',
      '1.5',
      '1.0',
      ' 1',
      '1 ',
      '1e1',
      '0x1',
      '１',
      '1_0',
      'NaN',
      'Infinity',
      '-0',
    ];
    return [...written, String(Number(minimum) - 1), String(Number(maximum) + 1), '9'.repeat(40)];
  }
  const long = maxLength === undefined ? [] : ['x'.repeat(Number(maxLength) + 1)];
  if (schema['minLength'] === undefined) return long;
  const pattern = new RegExp(typeof schema['pattern'] === 'string' ? schema['pattern'] : '$.', 'u');
  return [...long, ...['a\u0000b', 'a\nb', '\u007f', '\u0085'].filter((text) => !pattern.test(text))];
}

function pathSpoilers(call: Call, { name, schema }: Parameter): readonly Spoiler[] {
  const [before = '', after = ''] = call.path.split(`{${name}}`);
  const at = (what: string, segment: string, path?: string): Spoiler =>
    fc.constant((draft) => ({ ...refused(draft, what, path), path: [`${before}${segment}${after}`] }));
  const encoding = ['%', '%zz', '%ff', '%c0%af', '%ed%a0%80', '%f4%90%80%80'].map((segment) =>
    at('malformed percent-encoding', segment),
  );
  const bad =
    schema['format'] === 'uuid'
      ? ['1', 'x'.repeat(36), '019a0000-0000-7000-8000-00000000000', '{id}', '..%2F..', '%00']
      : ['%00', '%0d%0aX-Injected:%201', '%7f', 'x'.repeat(257), '%F0%9F%98%80'.repeat(257)];
  return [...encoding, ...bad.map((segment) => at('faulty path parameter', segment, name))];
}

function headerSpoilers({ name }: Parameter): readonly Spoiler[] {
  const set = (...values: readonly string[]): Spoiler => setHeader(name, values);
  switch (name) {
    case 'Idempotency-Key':
      return [
        ...['', '""', '"', '"abc', '"a"b"', String.raw`"a\b"`, '"a b"', 'a b', '\xe9', '"\xe9"'].map((key) =>
          set(key),
        ),
        set('x'.repeat(keyLengthMax + 1)),
        set(`"${'x'.repeat(keyLengthMax + 1)}"`),
        set('a', 'b'),
        set('"a"', 'a'),
      ];
    case 'Consistency-Token':
      return [
        set('garbage'),
        set(Array.from({ length: 21 }, () => 'a2.local.1.s.1.1').join(',')),
        set('a2.local.1.s.1'),
        set('a2.elsewhere.1.s.1.1'),
      ];
    default:
      // Of the others the document says that they are ignored, or not what they look like.
      return [];
  }
}

/** Without its quotes. */
const keyLengthMax = 255;
