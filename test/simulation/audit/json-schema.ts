import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';

/**
 * Checks a value against a JSON Schema, strictly: an unknown keyword is an error of the checker and is not
 * ignored. Yields each error with its path.
 */
export function* schemaFaults(
  schema: JsonSchema,
  value: unknown,
  components: Readonly<Record<string, JsonSchema>>,
  place = '$',
): Generator<string, undefined> {
  for (const [keyword, argument] of Object.entries(schema)) {
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`a schema with the unknown keyword ${keyword} at ${place}`);
    yield* check({ schema, argument, value, components, place });
  }
  return undefined;
}

interface Check {
  readonly schema: JsonSchema;
  readonly argument: unknown;
  readonly value: unknown;
  readonly components: Readonly<Record<string, JsonSchema>>;
  readonly place: string;
}

type Keyword = (check: Check) => Iterable<string>;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A keyword about values of one kind; others are none of its business (JSON Schema 2020-12, 7.6.1). */
function about<Value>(
  isKind: (value: unknown) => value is Value,
  isRight: (value: Value, argument: never) => boolean,
  message: string,
): Keyword {
  return ({ value, argument, place }) =>
    isKind(value) && !isRight(value, argument as never)
      ? [`${place} ${message} ${JSON.stringify(argument)}: ${JSON.stringify(value)}`]
      : [];
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isAnything = (value: unknown): value is unknown => value !== undefined;

const patterns = new Map<string, RegExp>();

function toPattern(text: string): RegExp {
  const pattern = patterns.get(text) ?? new RegExp(text, 'u');
  patterns.set(text, pattern);
  return pattern;
}

const formats: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

function isFormatted(text: string, format: string): boolean {
  const pattern = formats[format];
  if (pattern === undefined) throw new Error(`a schema with the unknown format ${format}`);
  return pattern.test(text) && (format !== 'date-time' || !Number.isNaN(Date.parse(text)));
}

function isOfType(value: unknown, type: string | readonly string[]): boolean {
  return [type].flat().some((name) => {
    switch (name) {
      case 'null':
        return value === null;
      case 'array':
        return Array.isArray(value);
      case 'object':
        return isObject(value);
      case 'integer':
        return Number.isInteger(value);
      default:
        return typeof value === name;
    }
  });
}

const nothing: Keyword = () => [];

const keywords: Readonly<Record<string, Keyword>> = {
  description: nothing,
  deprecated: nothing,
  examples: nothing,
  $ref: ({ argument, value, components, place }) => {
    const name = String(argument).replace('#/components/schemas/', '');
    const schema = components[name];
    if (schema === undefined) throw new Error(`a schema refers to ${name}, which is not there`);
    return schemaFaults(schema, value, components, place);
  },
  type: about(isAnything, isOfType, 'is not of type'),
  const: about(isAnything, (value, wanted: unknown) => value === wanted, 'is not'),
  enum: about(isAnything, (value, wanted: readonly unknown[]) => wanted.includes(value), 'is none of'),
  pattern: about(isText, (text, pattern: string) => toPattern(pattern).test(text), 'does not match'),
  format: about(isText, isFormatted, 'has not the format'),
  minLength: about(isText, (text, min: number) => Array.from(text).length >= min, 'is shorter than'),
  maxLength: about(isText, (text, max: number) => Array.from(text).length <= max, 'is longer than'),
  minimum: about(isNumber, (number, min: number) => number >= min, 'is less than'),
  maximum: about(isNumber, (number, max: number) => number <= max, 'is more than'),
  minItems: about(
    Array.isArray,
    (list: readonly unknown[], min: number) => list.length >= min,
    'has fewer entries than',
  ),
  maxItems: about(
    Array.isArray,
    (list: readonly unknown[], max: number) => list.length <= max,
    'has more entries than',
  ),
  required: about(
    isObject,
    (object, names: readonly string[]) => names.every((name) => Object.hasOwn(object, name)),
    'lacks one of',
  ),
  anyOf: function* ({ argument, value, components, place }) {
    const fits = (argument as readonly JsonSchema[]).some(
      (schema) => schemaFaults(schema, value, components).next().done === true,
    );
    if (!fits) yield `${place} fits no alternative: ${JSON.stringify(value)}`;
  },
  items: function* ({ argument, value, components, place }) {
    if (!Array.isArray(value)) return;
    for (const [index, item] of value.entries()) {
      yield* schemaFaults(argument as JsonSchema, item, components, `${place}.${index}`);
    }
  },
  properties: function* ({ argument, value, components, place }) {
    if (!isObject(value)) return;
    for (const [name, schema] of Object.entries(argument as Readonly<Record<string, JsonSchema>>)) {
      if (Object.hasOwn(value, name))
        yield* schemaFaults(schema, value[name], components, `${place}.${name}`);
    }
  },
  additionalProperties: function* ({ schema, argument, value, components, place }) {
    if (!isObject(value)) return;
    const named = new Set(Object.keys(schema.properties ?? {}));
    for (const [name, member] of Object.entries(value)) {
      if (named.has(name)) continue;
      if (argument === false) yield `${place} has the unknown member ${name}`;
      else yield* schemaFaults(argument as JsonSchema, member, components, `${place}.${name}`);
    }
  },
  propertyNames: function* ({ argument, value, components, place }) {
    if (!isObject(value)) return;
    for (const name of Object.keys(value))
      yield* schemaFaults(argument as JsonSchema, name, components, `${place}:${name}`);
  },
};
