import * as z from 'zod';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Schemas with an `id` in their metadata land here, named by it. */
export type NamedSchemas = Record<string, JsonSchema>;

const definitionPrefix = '#/$defs/';
const componentPrefix = '#/components/schemas/';

/**
 * The JSON Schema of a zod schema as OpenAPI 3.1 takes it; named schemas go into `named` and are referred to. `input`:
 * what a client sends; `output`: what it gets. Metadata `override` says in JSON Schema what zod cannot know of a custom
 * check or a transformed text.
 */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output', named: NamedSchemas): JsonSchema {
  // In a wrapper, so that a named schema is referred to even where it stands alone.
  const made: unknown = z.toJSONSchema(z.object({ schema }), { io, override: applyOverride });
  const wrapped = made as {
    readonly properties: { readonly schema: JsonSchema };
    readonly $defs?: Readonly<Record<string, JsonSchema>>;
  };
  for (const [name, definition] of Object.entries(wrapped.$defs ?? {})) {
    named[name] = relocate(definition) as JsonSchema;
  }
  return relocate(wrapped.properties.schema) as JsonSchema;
}

function applyOverride(context: { jsonSchema: Record<string, unknown> }): void {
  const { jsonSchema } = context;
  const { override, description } = jsonSchema;
  if (override === undefined) return;
  for (const keyword of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, keyword);
  Object.assign(jsonSchema, override, description === undefined ? {} : { description });
}

/** References into `components`; zod's `id` and `$schema` are no keywords of a component. */
function relocate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relocate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword, inner]) => !(keyword === 'id' && typeof inner === 'string') && keyword !== '$schema')
      .map(([keyword, inner]) => [
        keyword,
        keyword === '$ref' && typeof inner === 'string'
          ? inner.replace(definitionPrefix, componentPrefix)
          : relocate(inner),
      ]),
  );
}
