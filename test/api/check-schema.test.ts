import { describe, expect, it } from '@jest/globals';
import { toJsonSchema, type JsonSchema, type NamedSchemas } from '../../lib/api/document/json-schema.ts';
import { checkSchema } from '../../lib/api/request/check-schema.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { routes } from '../../lib/api/routes.ts';
import type * as z from 'zod';

/** Stands for a member that is left out. */
const missing = Symbol('missing');
const long = 300;

const wrong: readonly unknown[] = [
  ...[
    missing,
    undefined,
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    Number.NaN,
    '',
    'wrong',
    'x'.repeat(20_000),
    '\ud800',
    'a\rb',
  ],
  ...[
    [],
    [null],
    [[]],
    ['wrong'],
    Array(long).fill('wrong'),
    Array(2 * long).fill({}),
    {},
    { wrong: 1 },
    10n ** 20n,
  ],
];

/** How every message of ours begins, and what only a library says. */
const ourWords = /^(?:is (?:missing|not known|given twice)|must (?:be|have|not|come) )/;
const libraryWords =
  /invalid|expected|received|unrecognized|too (?:big|small)|undefined|NaN|zod|input|string|array/i;

const schemas = routes.flatMap(({ operationId, pathParameters, query, body }) => [
  { name: `the path of ${operationId}`, schema: pathParameters as z.ZodType },
  ...(query === 'any' ? [] : [{ name: `the query of ${operationId}`, schema: query as z.ZodType }]),
  ...(body === undefined ? [] : [{ name: `the body of ${operationId}`, schema: body.schema }]),
]);

describe('What is wrong with a request', () => {
  it.each(schemas)('is said in our own words: $name', ({ schema }) => {
    const named: NamedSchemas = {};
    const root = toJsonSchema(schema, 'input', named);
    const sample = sampleOf(root, named);
    let faults = 0;
    for (const place of placesOf(sample)) {
      for (const value of wrong) {
        const errors = new FieldErrors();
        checkSchema(schema, put(sample, place, value), errors);
        for (const { path, message } of errors.named) {
          faults += 1;
          expect([path, message]).toEqual([path, expect.stringMatching(ourWords)]);
          expect(message).not.toMatch(libraryWords);
        }
        // One error a place: a missing member is missing, and nothing else.
        const own = errors.named.filter(({ path }) => path === place.join('.'));
        if (value === missing && place.length > 0 && own.length > 0) {
          expect(own).toStrictEqual([{ path: place.join('.'), message: 'is missing' }]);
        }
      }
    }
    expect(faults).toBeGreaterThan(0);
  });

  it('is said for schemas that bring no words of their own', async () => {
    const zod = await import('zod');
    const bare = zod.strictObject({
      text: zod.string().min(2).max(3),
      list: zod.array(zod.number()).min(1).max(2),
      whole: zod.int().min(1).max(5),
      choice: zod.enum(['a', 'b']),
      either: zod.union([zod.literal('x'), zod.boolean()]),
    });
    const sound = { text: 'ab', list: [1], whole: 1, choice: 'a', either: true };
    for (const name of Object.keys(sound)) {
      for (const value of wrong) {
        const errors = new FieldErrors();
        checkSchema(bare, put(sound, [name], value), errors);
        for (const { message } of errors.named) {
          expect(message).toMatch(ourWords);
          expect(message).not.toMatch(libraryWords);
        }
      }
    }
    const errors = new FieldErrors();
    checkSchema(bare, { text: 'abcd', list: [], whole: 9, choice: 'c' }, errors);
    expect(errors.named.map(({ path, message }) => `${path} ${message}`)).toStrictEqual([
      'text must have at most 3 characters',
      'list must have at least 1 entries',
      'whole must be at most 5',
      'choice must be a or b',
      'either is missing',
    ]);
  });
});

/** Something with every member and one entry in every list. */
function sampleOf(schema: JsonSchema, named: NamedSchemas): unknown {
  const { $ref, anyOf, type, properties, items, enum: values } = schema;
  if (typeof $ref === 'string') return sampleOf(named[$ref.split('/').at(-1) ?? ''] ?? {}, named);
  if (Array.isArray(anyOf)) return sampleOf(anyOf[0] as JsonSchema, named);
  if (Array.isArray(values)) return values[0];
  const kind: unknown = Array.isArray(type) ? type[0] : type;
  if (kind === 'object') {
    const members = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
    return Object.fromEntries(members.map(([name, member]) => [name, sampleOf(member, named)]));
  }
  if (kind === 'array') return [sampleOf(items as JsonSchema, named)];
  return kind === 'integer' ? 1 : 'sample';
}

type Place = readonly (string | number)[];

/** The place of the whole, of each member and entry, and of a member that nobody knows. */
function placesOf(sample: unknown, at: Place = []): readonly Place[] {
  if (Array.isArray(sample)) return [at, ...sample.flatMap((item, i) => placesOf(item, [...at, i]))];
  if (typeof sample !== 'object' || sample === null) return [at];
  const members = Object.entries(sample).flatMap(([name, member]) => placesOf(member, [...at, name]));
  return [at, ...members, [...at, 'unknown_member']];
}

function put(sample: unknown, place: Place, value: unknown): unknown {
  const [name, ...rest] = place;
  if (name === undefined) return value === missing ? undefined : value;
  const copy = structuredClone(sample) as Record<string | number, unknown>;
  const inner = put(copy[name], rest, value);
  if (rest.length === 0 && value === missing && !Array.isArray(copy)) Reflect.deleteProperty(copy, name);
  else copy[name] = inner;
  return copy;
}
