import * as z from 'zod';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Collects the schemas with an `id` in their metadata, by that name. */
export type NamedSchemas = Record<string, JsonSchema>;

const definitionPrefix = '#/$defs/';
const componentPrefix = '#/components/schemas/';
const int32Max = 2 ** 31 - 1;

/**
 * Converts a zod schema to the JSON Schema of OpenAPI 3.1. Named schemas go into `named` and are referenced.
 * `input` is what a client sends, `output` what it gets. The metadata `override` states in JSON Schema what
 * zod cannot see in a custom check or a transform.
 */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output', named: NamedSchemas): JsonSchema {
  // In a wrapper, so that a named schema becomes a reference even when it is the whole schema.
  const made: unknown = z.toJSONSchema(z.object({ schema }), { io, override: applyOverride });
  const wrapped = made as {
    readonly properties: { readonly schema: JsonSchema };
    readonly $defs?: Readonly<Record<string, JsonSchema>>;
  };
  for (const [name, definition] of Object.entries(wrapped.$defs ?? {})) {
    named[name] = toComponent(definition) as JsonSchema;
  }
  return toComponent(wrapped.properties.schema) as JsonSchema;
}

function applyOverride(context: { jsonSchema: Record<string, unknown> }): void {
  const { jsonSchema } = context;
  const { override, description, deprecated, examples } = jsonSchema;
  if (override === undefined) return;
  for (const keyword of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, keyword);
  Object.assign(jsonSchema, { description, deprecated, examples }, override);
  for (const [keyword, value] of Object.entries(jsonSchema)) {
    if (value === undefined) Reflect.deleteProperty(jsonSchema, keyword);
  }
}

/**
 * The form that client generators read best: references into `components`, integers with a format, null as a
 * type.
 */
function toComponent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toComponent);
  if (typeof value !== 'object' || value === null) return value;
  const schema: Record<string, unknown> = {};
  for (const [keyword, inner] of Object.entries(value)) {
    if (isNoKeyword(keyword, inner)) continue;
    schema[keyword] =
      keyword === '$ref' && typeof inner === 'string'
        ? inner.replace(definitionPrefix, componentPrefix)
        : toComponent(inner);
  }
  return withFormat(withNull(schema));
}

/** Drops zod's `id` and `$schema`, and the statement that member names are strings, which is always true. */
function isNoKeyword(keyword: string, inner: unknown): boolean {
  if (keyword === 'id') return typeof inner === 'string';
  if (keyword === 'propertyNames') return JSON.stringify(inner) === '{"type":"string"}';
  return keyword === '$schema';
}

/** `anyOf: [{type: integer}, {type: null}]` is `type: [integer, null]`. */
function withNull(schema: Record<string, unknown>): Record<string, unknown> {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema;
  const [one, other] = anyOf as [JsonSchema, JsonSchema];
  if (other['type'] !== 'null' || typeof one['type'] !== 'string' || one['enum'] !== undefined) return schema;
  return { ...one, ...rest, type: [one['type'], 'null'] };
}

function withFormat(schema: Record<string, unknown>): Record<string, unknown> {
  const { type, format, maximum } = schema;
  const isInteger = type === 'integer' || (Array.isArray(type) && type.includes('integer'));
  if (!isInteger || format !== undefined) return schema;
  return { ...schema, format: typeof maximum === 'number' && maximum <= int32Max ? 'int32' : 'int64' };
}
