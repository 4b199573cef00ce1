import fc from 'fast-check';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import type { Parameter } from '../../../lib/api/document/openapi.ts';
import { metricsRoute } from '../../../lib/api/document-routes.ts';
import { findRoute } from '../../../lib/api/routes.ts';
import type { ApiDocument, Call } from './api-document.ts';
import { goodCodings } from './codings.ts';
import { plainDraft, type Draft, type Text } from './draft.ts';
import { acceptEncodings, entityTags, ownHosts, ownOrigins, preferences } from './header-values.ts';
import { instantMs } from './instant.ts';
import { toJsonText } from './raw-json.ts';
import { schemaArbitrary, type ArbitraryOptions, type Json } from './schema-arbitrary.ts';

/** Few keys, so that several requests use the same one. */
const idempotencyKeysMax = 12;

/** A range of a series that is right for buckets of every length. */
const seriesRangeMs = 20 * 3_600_000;
const dayMs = 86_400_000;

/** Requests as the document has them; some name what earlier answers told. */
export function validDrafts(document: ApiDocument, call: Call): fc.Arbitrary<Draft> {
  return fc
    .record({
      path: pathOf(document, call),
      query: queryOf(document, call),
      headers: headersOf(document, call),
      body: bodyOf(document, call),
      coding: sometimes(goodCodings),
      host: document.isOpen ? sometimes(fc.constantFrom(...ownHosts)) : fc.constant(undefined),
      asHead: fc.nat(3).map((n) => n === 3 && call.method === 'GET'),
    })
    .map(({ path, query, headers, body, coding, host, asHead }) =>
      plainDraft(call, {
        method: asHead ? 'HEAD' : call.method,
        path,
        query,
        coding: body === undefined ? undefined : coding,
        host,
        headers: [...headers, ...(body === undefined ? [] : [['Content-Type', body.mediaType] as const])],
        body: body?.text,
        mayLag:
          path.some(isYoung) || headers.some(([, text]) => typeof text !== 'string' && text.beyond === true),
      }),
    );
}

function sometimes<Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
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

/**
 * A UUIDv7 drawn at random is mostly of another time, but whether it is young only the server's clock tells.
 */
function isYoung(text: Text): boolean {
  const value = typeof text === 'string' ? text : (text.otherwise ?? '');
  return /^\/?[0-9a-f]{8}-[0-9a-f]{4}-7/.test(value);
}

function textOf(document: ApiDocument, schema: JsonSchema): fc.Arbitrary<string> {
  return schemaArbitrary(document, schema).map(String);
}

type Pairs = readonly (readonly [string, Text])[];

/** Pages ignore their queries, which the document says in words. */
export function isPage({ path }: Call): boolean {
  return path === metricsRoute.path || findRoute('GET', path)?.query === 'any';
}

const ignoredQueries = ['', '_=1', 'limit=0&limit=0', 'a=%', '%zz', 'x=%ff&&=', '__proto__=1'];

function queryOf(document: ApiDocument, call: Call): fc.Arbitrary<Draft['query']> {
  return isPage(call) ? fc.constantFrom(...ignoredQueries) : parameterQuery(document, call);
}

function parameterQuery(document: ApiDocument, call: Call): fc.Arbitrary<Pairs> {
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
  const toMs = typeof to === 'string' ? instantMs(to) : Number.NaN;
  if (toMs < dayMs) return pairs.filter(([name]) => name !== 'from' && name !== 'to');
  if (!names.includes('from')) return pairs;
  if (Number.isNaN(toMs)) return pairs.filter(([name]) => name !== 'from');
  const from = new Date(toMs - seriesRangeMs).toISOString();
  return pairs.map((pair) => (pair[0] === 'from' ? ['from', from] : pair));
}

function headersOf(document: ApiDocument, call: Call): fc.Arbitrary<Pairs> {
  const headers = parametersIn(call, 'header').map(({ name, schema }) =>
    headerPairs(name, headerValues(name, schema), 3),
  );
  const named = parametersIn(call, 'header').map(({ name }) => name);
  // Every call takes preconditions, whether they make sense of it or not.
  const preconditions = ['If-Match', 'If-None-Match']
    .filter((name) => !named.includes(name))
    .map((name) => headerPairs(name, entityTags(name), 20));
  const codings = fc.constantFrom(...acceptEncodings.map(([text]) => text));
  return fc
    .tuple(
      ...headers,
      ...preconditions,
      headerPairs('Accept-Encoding', codings, 3),
      headerPairs(
        'Accept',
        fc.constantFrom('*/*', 'text/html', 'application/json;q=0.1, text/html;q=0', 'application/x-ndjson'),
        6,
      ),
      ...(document.isOpen ? [headerPairs('Origin', fc.constantFrom(...ownOrigins), 6)] : []),
    )
    .map((lists) => lists.flat());
}

/** Left out so many times as often as it is there. */
function headerPairs(name: string, values: fc.Arbitrary<Text>, without: number): fc.Arbitrary<Pairs> {
  return fc.oneof(
    { weight: without, arbitrary: fc.constant<Pairs>([]) },
    { weight: 1, arbitrary: values.map((text): Pairs => [[name, text]]) },
  );
}

function headerValues(name: string, { pattern }: JsonSchema): fc.Arbitrary<Text> {
  const known = (around?: readonly [string, string]): fc.Arbitrary<Text> =>
    fc.nat(29).map((index) => ({ pool: name, index, otherwise: undefined, ...(around && { around }) }));
  switch (name) {
    case 'Prefer':
      return fc.constantFrom(...preferences.map(({ text }) => text));
    case 'Idempotency-Key':
      // Quoted and bare are one key.
      return fc.tuple(fc.nat(idempotencyKeysMax - 1), fc.boolean()).map(([index, quoted]) => ({
        ...{ pool: name, index, otherwise: undefined },
        ...(quoted && { around: ['"', '"'] as const }),
      }));
    case 'If-Match':
    case 'If-None-Match':
      return entityTags(name);
    case 'Consistency-Token':
      // Each of those from the future costs the two seconds that it is waited for.
      return fc.oneof(
        { weight: 25, arbitrary: known() },
        { weight: 5, arbitrary: known([', ,', ' ,']) },
        {
          weight: 1,
          arbitrary: fc.nat(29).map((index) => ({ pool: name, index, otherwise: undefined, beyond: true })),
        },
      );
    case 'Traceparent':
      return fc.constantFrom(
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'none',
      );
    default:
      return fc.stringMatching(typeof pattern === 'string' ? new RegExp(pattern) : /^[!-~]{1,40}$/);
  }
}

/** Parameters mean nothing to JSON (RFC 8259, 11), and may be empty (RFC 9110, 5.6.6). */
const mediaTypeEnds = ['; charset=utf-8', ';charset=latin1;', ' ; ;x="a;b"', ';'];

/** RFC 8259, 8.1: a reader may skip it. */
const byteOrderMark = '\ufeff';

interface Body {
  readonly mediaType: string;
  readonly text: string;
}

/** An import names each external id once, which the document says in words. */
function nameOnce(body: Json): Json {
  const { ads } = (body ?? {}) as { readonly ads?: readonly Json[] };
  if (!Array.isArray(ads)) return body;
  const ids = ads.map((ad) => (ad as { readonly external_id?: unknown } | null)?.external_id);
  return {
    ...(body as Readonly<Record<string, Json>>),
    ads: ads.filter((_, index) => ids.indexOf(ids[index]) === index),
  };
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
      fc
        .tuple(
          schemaArbitrary(document, schema, options),
          fc.oneof({ weight: 5, arbitrary: fc.constant('') }, fc.constantFrom(...mediaTypeEnds)),
          fc.nat(9),
        )
        .map(([value, end, mark]) => ({
          mediaType: `${mediaType}${end}`,
          text: `${mark === 9 ? byteOrderMark : ''}${toJsonText(nameOnce(value))}`,
        })),
    ),
  );
}
