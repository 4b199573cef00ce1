import type { JsonSchema } from '../json-schema.ts';
import type { DocsCall, DocsContent, DocsParameter } from './document-calls.ts';
import { resolveSchema, variantsOf, type Schemas } from './schema-words.ts';

/** A parameter with its first value in samples and in the form. */
export interface FilledParameter {
  readonly parameter: DocsParameter;
  readonly value: unknown;
}

/** The parameters that a sample sends: the required ones and those with an example in the document. */
export function filledParameters(call: DocsCall, schemas: Schemas): readonly FilledParameter[] {
  return call.parameters
    .filter(({ required, example, deprecated }) => required || (example !== undefined && !deprecated))
    .map((parameter) => ({ parameter, value: parameterExample(parameter, schemas) }));
}

export function parameterExample({ example, schema }: DocsParameter, schemas: Schemas): unknown {
  return example ?? schemaExample(schema, schemas);
}

/** The values of a parameter as text; a list has several. */
export function textsOf(value: unknown): readonly string[] {
  return [value].flat().map(String);
}

/** The first example of a body or a response, or one made from its schema; undefined: it is not JSON. */
export function contentExample({ examples, schema }: DocsContent, schemas: Schemas): unknown {
  if (examples[0] !== undefined) return examples[0].value;
  return schema === undefined ? undefined : schemaExample(schema, schemas);
}

const examplesDeepMax = 8;

/** A minimal value that the schema allows, for a body without an example. */
export function schemaExample(schema: JsonSchema, schemas: Schemas, deep = 0): unknown {
  const resolved = resolveSchema(schema, schemas);
  const { examples, const: constant } = resolved;
  if (Array.isArray(examples)) return (examples as readonly unknown[])[0];
  if (constant !== undefined) return constant;
  if (resolved.default !== undefined) return resolved.default;
  if (Array.isArray(resolved.enum)) return (resolved.enum as readonly unknown[])[0];
  const [variant] = variantsOf(resolved).variants;
  if (variant !== undefined && variant !== resolved) return schemaExample(variant, schemas, deep);
  switch ([resolved.type].flat()[0]) {
    case 'object':
      return objectExample(resolved, schemas, deep);
    case 'array':
      return deep < examplesDeepMax
        ? [schemaExample((resolved.items ?? {}) as JsonSchema, schemas, deep + 1)]
        : [];
    case 'integer':
    case 'number':
      return typeof resolved.minimum === 'number' ? Math.max(resolved.minimum, 1) : 1;
    case 'boolean':
      return true;
    default:
      return textExample(resolved);
  }
}

function objectExample(schema: JsonSchema, schemas: Schemas, deep: number): unknown {
  if (deep > examplesDeepMax) return {};
  const properties = (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema.required ?? []) as readonly string[];
  return Object.fromEntries(
    required.map((name) => [name, schemaExample(properties[name] ?? {}, schemas, deep + 1)]),
  );
}

function textExample({ format, minLength }: JsonSchema): string {
  if (format === 'uuid') return '01890a5d-ac96-774b-bcce-b302099a8057';
  if (format === 'date-time') return '2036-01-31T09:30:00.000Z';
  return 'example'.padEnd(typeof minLength === 'number' ? minLength : 0, '-');
}
