import fc from 'fast-check';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import type { ApiDocument } from './api-document.ts';
import { instantMs, instants, isInstant, toLater } from './instant.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface ArbitraryOptions {
  /**
   * Every optional member is there, no list is empty and nothing is null that need not be: there is most to
   * break.
   */
  readonly full?: boolean;
}

/** Texts that other programs have stumbled over, and that come again, so that counters are met twice. */
const commonTexts = [
  'ad-42/clicks',
  '__proto__',
  'constructor',
  'toString',
  'Tea time',
  'a',
  'b',
  '%2F..%2F',
  '0',
];

/** Has the form, and a version that there is not. */
const noKnownUuid = '00000000-0000-f000-0000-000000000001';

/** Any code point that is no control character and no half of a pair. */
const codePoint = fc
  .oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
    { weight: 1, arbitrary: fc.integer({ min: 0xa0, max: 0xd7ff }) },
    { weight: 1, arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }) },
  )
  .map((code) => String.fromCodePoint(code));

/**
 * Values that a schema allows. Throws for a keyword it does not know: the document has grown, and this has
 * not.
 */
export function schemaArbitrary(
  document: ApiDocument,
  given: JsonSchema,
  options: ArbitraryOptions = {},
): fc.Arbitrary<Json> {
  const schema = document.resolve(given);
  const again = (inner: unknown): fc.Arbitrary<Json> =>
    schemaArbitrary(document, inner as JsonSchema, options);
  if (schema['const'] !== undefined) return fc.constant(schema['const'] as Json);
  if (Array.isArray(schema['enum'])) return fc.constantFrom(...(schema['enum'] as Json[]));
  if (Array.isArray(schema['anyOf'])) {
    const choices = (schema['anyOf'] as JsonSchema[]).filter(
      ({ type }) => options.full !== true || type !== 'null',
    );
    return fc.oneof(...choices.map(again));
  }
  const types = typesOf(schema).filter((type) => options.full !== true || type !== 'null');
  return fc.oneof(...types.map((type) => ofType(type, schema, again, options)));
}

export function typesOf(schema: JsonSchema): readonly string[] {
  return [schema['type']].flat().map(String);
}

function ofType(
  type: string,
  schema: JsonSchema,
  again: (inner: unknown) => fc.Arbitrary<Json>,
  { full = false }: ArbitraryOptions,
): fc.Arbitrary<Json> {
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integers(schema);
    case 'number':
      return fc.oneof(integers(schema), fc.constantFrom(0.5, -1e-9, 1234567.125));
    case 'string':
      return texts(schema);
    case 'array': {
      const { minItems = 0, maxItems = 10 } = schema as { minItems?: number; maxItems?: number };
      return fc.array(again(schema['items']), {
        minLength: Math.max(minItems, full ? 1 : 0),
        maxLength: maxItems,
        size: '-1',
      });
    }
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Readonly<Record<string, unknown>>;
      const members = Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [
          name,
          name.startsWith('end_')
            ? again(inner).map((value) => (typeof value === 'string' ? toLater(value) : value))
            : again(inner),
        ]),
      );
      const { additionalProperties: others } = schema;
      if (typeof others === 'object' && others !== null) return freeMembers(schema, again(others));
      const required = full ? Object.keys(properties) : ((schema['required'] ?? []) as string[]);
      return fc.record(members, { requiredKeys: required, noNullPrototype: true }).map(orderPairs);
    }
    default:
      throw new Error(`a schema of the unknown type ${type}`);
  }
}

/** Members of any name that the schema allows: few and short, since it does not say how large they may be together. */
function freeMembers(schema: JsonSchema, values: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const names =
    schema['propertyNames'] === undefined ? fc.string() : texts(schema['propertyNames'] as JsonSchema);
  const short = values.map((value) =>
    typeof value === 'string' ? value.slice(0, 20).toWellFormed() : value,
  );
  const maxKeys = Number(schema['maxProperties'] ?? 10);
  return fc.dictionary(names, short, { maxKeys, size: '-1', noNullPrototype: true });
}

function integers(schema: JsonSchema): fc.Arbitrary<number> {
  const min = Number(schema['minimum'] ?? Number.MIN_SAFE_INTEGER);
  const max = Number(schema['maximum'] ?? Number.MAX_SAFE_INTEGER);
  return fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min, max: Math.min(max, min + 100) }) },
    { weight: 1, arbitrary: fc.bigInt({ min: BigInt(min), max: BigInt(max) }).map(Number) },
    { weight: 1, arbitrary: fc.constantFrom(min, max) },
  );
}

function texts(schema: JsonSchema): fc.Arbitrary<string> {
  const { format, pattern } = schema;
  const matcher = matcherOf(schema);
  if (format === 'uuid') {
    return matcher?.test(noKnownUuid) === true
      ? fc.oneof({ weight: 9, arbitrary: fc.uuid() }, { weight: 1, arbitrary: fc.constant(noKnownUuid) })
      : fc.uuid();
  }
  if (isInstant(schema)) return instants;
  if (isUrl(schema)) return fc.constantFrom(...urls);
  const some = valuesOfPattern.find(([beginning]) => String(pattern).startsWith(beginning));
  if (some !== undefined) return fc.constantFrom(...some[1]);
  if (matcher !== undefined && !isProse(schema)) {
    return fc.stringMatching(new RegExp(String(pattern)), { size: '-1' });
  }
  return prose(schema);
}

/** Patterns that do not say all: how long a period may be, and which time zones there are. */
const valuesOfPattern = [
  ['^(?:PT', ['PT1M', 'PT43200M', 'PT24H', 'P1D', 'P30D']],
  ['^[A-Za-z][A-Za-z0-9_+-]*(?:\\/', ['UTC', 'Asia/Taipei', 'America/Argentina/Buenos_Aires']],
] as const;

/** Whether a schema is that of a URL; its pattern does not say what a host may be. */
export function isUrl({ pattern }: JsonSchema): boolean {
  return typeof pattern === 'string' && pattern.startsWith('^https://');
}

const urls = [
  ...['https://shop.example', 'https://Shop.example:443/a/../b?c=d#e', 'https://münchen.example/é?ü=1'],
  ...['https://10.0.0.1/', 'https://[::1]:8443/%F0%9F%98%80', `https://a.example/${'x'.repeat(2030)}`],
];

export function matcherOf({ pattern }: JsonSchema): RegExp | undefined {
  return typeof pattern === 'string' ? new RegExp(pattern, 'u') : undefined;
}

/** Any text of any alphabet, but for some characters. */
export function isProse(schema: JsonSchema): boolean {
  return matcherOf(schema)?.test('Tea time, %2F😀') ?? true;
}

function prose(schema: JsonSchema): fc.Arbitrary<string> {
  const minLength = Number(schema['minLength'] ?? 0);
  const maxLength = Number(schema['maxLength'] ?? 50);
  const hasLines = matcherOf(schema)?.test('\r\n') === true;
  const unit = hasLines
    ? fc.oneof({ weight: 20, arbitrary: codePoint }, { weight: 1, arbitrary: fc.constantFrom('\n', '\t') })
    : codePoint;
  const common = commonTexts.filter((text) => text.length >= minLength && text.length <= maxLength);
  return fc.oneof(
    { weight: 4, arbitrary: fc.string({ unit, minLength, maxLength, size: '-1' }) },
    ...(common.length > 0 ? [{ weight: 3, arbitrary: fc.constantFrom(...common) }] : []),
    {
      weight: 1,
      arbitrary: fc
        .tuple(codePoint, fc.constantFrom(minLength, maxLength))
        .map(([one, length]) => one.repeat(length)),
    },
    // The API counts a line break as one character, JSON Schema `\r\n` as two: both have room.
    ...(hasLines
      ? [
          {
            weight: 1,
            arbitrary: fc
              .string({ unit: codePoint, minLength, maxLength: maxLength - 2, size: '-1' })
              .map((text) => `${text}\r\n`),
          },
        ]
      : []),
  );
}

/**
 * `start_at` stands before `end_at`, and `age_start` not behind `age_end`; the rules of a goal and of a cap: what a
 * schema cannot say.
 */
function orderPairs(members: Readonly<Record<string, Json>>): Record<string, Json> {
  const ordered = { ...members };
  const { impressions, frequency, campaign_id: campaignId } = ordered;
  if (isMembers(impressions)) {
    const { total, daily } = impressions;
    if (total === undefined && daily === undefined) ordered['impressions'] = { total: 1 };
    else if (Number(daily) > Number(total))
      ordered['impressions'] = { total: daily as Json, daily: total as Json };
  }
  if (isMembers(frequency) && frequency['scope'] === 'campaign' && typeof campaignId !== 'string')
    ordered['frequency'] = { ...frequency, scope: 'ad' };
  for (const name of Object.keys(ordered)) {
    const other = name.startsWith('start_')
      ? name.replace('start_', 'end_')
      : name.replace(/_start$/, '_end');
    const [from, to] = [ordered[name], ordered[other]];
    if (other === name || from === undefined || to === undefined || from === null || to === null) continue;
    const order = compare(from, to);
    if (order > 0) [ordered[name], ordered[other]] = [to, from];
    if (order === 0 && typeof from === 'string') ordered[name] = '2001-02-03T04:05:06Z';
  }
  return ordered;
}

function isMembers(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function compare(from: Json, to: Json): number {
  const number = (value: Json): number => (typeof value === 'string' ? instantMs(value) : Number(value));
  return number(from) - number(to);
}
