import type { JsonSchema } from '../json-schema.ts';

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The most values on one line; the schema itself lists all of them. */
export const valuesShownMax = 10;

/** The name of the referenced schema; undefined: the schema is inline. */
export function schemaName(schema: JsonSchema): string | undefined {
  const reference = schema.$ref;
  return typeof reference === 'string' ? reference.slice(reference.lastIndexOf('/') + 1) : undefined;
}

/** Resolves a schema that may be a reference. */
export function resolveSchema(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const name = schemaName(schema);
  return name === undefined ? schema : { ...schemas[name], ...without$ref(schema) };
}

function without$ref(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== '$ref'));
}

export interface Variants {
  readonly variants: readonly JsonSchema[];
  readonly nullable: boolean;
}

/** The types that a schema allows, without null. */
export function variantsOf(schema: JsonSchema): Variants {
  const listed = (schema.anyOf ?? schema.oneOf ?? [schema]) as readonly JsonSchema[];
  const variants = listed.filter(({ type }) => type !== 'null');
  const nullable =
    variants.length < listed.length || (Array.isArray(schema.type) && schema.type.includes('null'));
  return { variants, nullable };
}

/** The type of a value and its bounds in a few words: `integer, 1 to 120`. */
export function schemaWords(schema: JsonSchema, schemas: Schemas): string {
  const { variants, nullable } = variantsOf(resolveSchema(schema, schemas));
  const words = variants.map((variant) => variantWords(resolveSchema(variant, schemas), schemas));
  return [...new Set(words), ...(nullable ? ['null'] : [])].join(' or ');
}

function variantWords(schema: JsonSchema, schemas: Schemas): string {
  const values = valuesOf(schema);
  if (values !== undefined) return values;
  return [typeWords(schema, schemas), ...bounds(schema)].filter((word) => word !== '').join(', ');
}

function valuesOf(schema: JsonSchema): string | undefined {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (!Array.isArray(schema.enum)) return undefined;
  const values = (schema.enum as readonly unknown[]).map(String);
  const shown = values.slice(0, valuesShownMax).join(', ');
  return values.length <= valuesShownMax ? `one of ${shown}` : `one of ${values.length}: ${shown}, …`;
}

function typeWords(schema: JsonSchema, schemas: Schemas): string {
  const types = [schema.type].flat().filter((type) => typeof type === 'string' && type !== 'null');
  const type = types.join(' or ');
  if (type === 'array') return `list of ${schemaWords((schema.items ?? {}) as JsonSchema, schemas)}`;
  const values = schema.additionalProperties;
  if (type === 'object' && typeof values === 'object' && schema.properties === undefined) {
    return `map of ${schemaWords(values as JsonSchema, schemas)}`;
  }
  return typeof schema.format === 'string' ? `${type} (${schema.format})` : type;
}

function bounds(schema: JsonSchema): string[] {
  const { pattern } = schema;
  return [
    range(schema.minimum, schema.maximum, ''),
    range(schema.minLength, schema.maxLength, ' characters'),
    range(schema.minItems, schema.maxItems, ' entries'),
    schema.default === undefined ? '' : `default ${JSON.stringify(schema.default)}`,
    typeof pattern === 'string' && pattern.length <= patternShownMax ? `matches ${pattern}` : '',
  ];
}

/** Longer patterns are not shown. */
const patternShownMax = 40;

function range(min: unknown, max: unknown, unit: string): string {
  const least = typeof min === 'number' ? String(min) : undefined;
  const most = typeof max === 'number' ? String(max) : undefined;
  if (least !== undefined && most !== undefined)
    return least === most ? `${least}${unit}` : `${least} to ${most}${unit}`;
  if (least !== undefined) return `at least ${least}${unit}`;
  return most === undefined ? '' : `at most ${most}${unit}`;
}
