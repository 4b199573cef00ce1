import fc from 'fast-check';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import type { Parameter } from '../../../lib/api/document/openapi.ts';
import type { ApiDocument, Call } from './api-document.ts';
import { plainDraft, type Draft, type Text } from './draft.ts';
import { toJsonText } from './raw-json.ts';
import { schemaArbitrary, type ArbitraryOptions } from './schema-arbitrary.ts';

/** So few keys that requests meet each other under one. */
const idempotencyKeysMax = 12;

/** A range of a series that is right for buckets of every length. */
const seriesRangeMs = 20 * 3_600_000;

/** Requests as the document has them; some name what earlier answers told. */
export function validDrafts(document: ApiDocument, call: Call): fc.Arbitrary<Draft> {
  return fc
    .record({
      path: pathOf(document, call),
      query: queryOf(document, call),
      headers: headersOf(call),
      body: bodyOf(document, call),
    })
    .map(({ path, query, headers, body }) =>
      plainDraft(call, {
        path,
        query,
        headers: [...headers, ...(body === undefined ? [] : [['Content-Type', body.mediaType] as const])],
        body: body?.text,
        mayLag:
          path.some(isYoung) || headers.some(([, text]) => typeof text !== 'string' && text.beyond === true),
      }),
    );
}

export function parametersIn(call: Call, place: Parameter['in']): readonly Parameter[] {
  return call.operation.parameters.filter((parameter) => parameter.in === place);
}

/** The template's pieces, with a value or something an answer told for each parameter. */
export function pathOf(document: ApiDocument, call: Call): fc.Arbitrary<Text[]> {
  const pieces = call.path.split(/(\{[^}]+\})/).filter((piece) => piece !== '');
  return fc.tuple(
    ...pieces.map((piece): fc.Arbitrary<Text> => {
      const parameter = parametersIn(call, 'path').find(({ name }) => `{${name}}` === piece);
      if (parameter === undefined) return fc.constant(piece);
      return fc.oneof(
        { weight: 1, arbitrary: textOf(document, parameter.schema).map(encodeURIComponent) },
        {
          weight: 5,
          arbitrary: fc
            .tuple(fc.nat(29), textOf(document, parameter.schema))
            .map(([index, otherwise]) => ({ pool: parameter.name, index, otherwise })),
        },
      );
    }),
  );
}

/** A UUIDv7 drawn at random is mostly of another time, but whether it is young only the server's clock tells. */
function isYoung(text: Text): boolean {
  const value = typeof text === 'string' ? text : (text.otherwise ?? '');
  return /^\/?[0-9a-f]{8}-[0-9a-f]{4}-7/.test(value);
}

function textOf(document: ApiDocument, schema: JsonSchema): fc.Arbitrary<string> {
  return schemaArbitrary(document, schema).map(String);
}

type Pairs = readonly (readonly [string, Text])[];

export function queryOf(document: ApiDocument, call: Call): fc.Arbitrary<Pairs> {
  const parameters = parametersIn(call, 'query').map(({ name, required, schema }): fc.Arbitrary<Pairs> => {
    if (schema['type'] === 'array') {
      const values = fc.uniqueArray(textOf(document, schema['items'] as JsonSchema), {
        minLength: 1,
        maxLength: Number(schema['maxItems']),
        size: '-1',
      });
      return values.map((list) => list.map((value): [string, Text] => [name, value]));
    }
    const known = fc.nat(29).map((index): Text => ({ pool: name, index, otherwise: undefined }));
    const value = name === 'cursor' ? known : textOf(document, schema);
    const pairs = value.map((text): Pairs => [[name, text]]);
    return required ? pairs : fc.oneof(pairs, fc.constant([]));
  });
  return fc.tuple(...parameters).map((lists) => keepRulesInWords(lists.flat()));
}

/** What the document says of two parameters together, which no schema of one can. */
function keepRulesInWords(pairs: Pairs): Pairs {
  const names = pairs.map(([name]) => name);
  // Either keys or `top`.
  if (names.includes('top') && names.includes('key')) return pairs.filter(([name]) => name !== 'top');
  // `from` stands before `to`, or before now, by no more buckets than an answer has.
  const to = pairs.find(([name]) => name === 'to')?.[1];
  if (!names.includes('from')) return pairs;
  if (typeof to !== 'string') return pairs.filter(([name]) => name !== 'from');
  const from = new Date(Math.max(0, Date.parse(to) - seriesRangeMs)).toISOString();
  return pairs.map((pair) => (pair[0] === 'from' ? ['from', from] : pair));
}

/** What the documents says of these headers in words. */
const preferences = [
  'wait=1',
  'wait=5',
  'return=representation',
  'wait=2, return=representation',
  'respond-async',
];

function headersOf(call: Call): fc.Arbitrary<Pairs> {
  const headers = parametersIn(call, 'header').map(({ name, schema }): fc.Arbitrary<Pairs> => {
    const none = { weight: 3, arbitrary: fc.constant<Pairs>([]) };
    return fc.oneof(none, {
      weight: 1,
      arbitrary: headerValues(name, schema).map((text): Pairs => [[name, text]]),
    });
  });
  return fc.tuple(...headers).map((lists) => lists.flat());
}

function headerValues(name: string, { pattern }: JsonSchema): fc.Arbitrary<Text> {
  const known = fc.nat(29).map((index): Text => ({ pool: name, index, otherwise: undefined }));
  switch (name) {
    case 'Prefer':
      return fc.constantFrom(...preferences);
    case 'Idempotency-Key':
      return fc.nat(idempotencyKeysMax - 1).map((index) => ({ pool: name, index, otherwise: undefined }));
    case 'If-Match':
    case 'If-None-Match':
      return fc.oneof(known, fc.constantFrom('*', '"1"', 'W/"1"', '"1", "2"'));
    case 'Consistency-Token':
      // Each of those from the future costs the two seconds that it is waited for.
      return fc.oneof(
        { weight: 30, arbitrary: known },
        {
          weight: 1,
          arbitrary: fc.nat(29).map((index) => ({ pool: name, index, otherwise: undefined, beyond: true })),
        },
      );
    default:
      return fc.stringMatching(typeof pattern === 'string' ? new RegExp(pattern) : /^[!-~]{1,40}$/);
  }
}

interface Body {
  readonly mediaType: string;
  readonly text: string;
}

export function bodyOf(
  document: ApiDocument,
  call: Call,
  options?: ArbitraryOptions,
): fc.Arbitrary<Body | undefined> {
  const content = Object.entries(call.operation.requestBody?.content ?? {});
  if (content.length === 0) return fc.constant(undefined);
  return fc.oneof(
    ...content.map(([mediaType, { schema = {} }]) =>
      schemaArbitrary(document, schema, options).map((value) => ({ mediaType, text: toJsonText(value) })),
    ),
  );
}
