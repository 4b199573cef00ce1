import type { JsonSchema } from '../json-schema.ts';
import { escapeHtml, inlineHtml } from './html.ts';
import {
  resolveSchema,
  schemaName,
  schemaWords,
  valuesShownMax,
  variantsOf,
  type Schemas,
} from './schema-words.ts';

interface Field {
  /** The path of the field: `conditions[].left`. */
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

const fieldsDeepMax = 6;

/**
 * Lists the fields of a schema with their types. A nested field has its own line; a named schema is a link.
 */
export function fieldList(schema: JsonSchema, schemas: Schemas): string {
  const resolved = resolveSchema(schema, schemas);
  if (Array.isArray(resolved.enum))
    return `<p>One of ${escapeHtml(resolved.enum.map(String).join(', '))}.</p>`;
  const fields = fieldsOf(resolved, '', 0);
  if (fields.length === 0) return `<p>${escapeHtml(capital(schemaWords(schema, schemas)))}.</p>`;
  return `<dl class="fields">${fields.map((field) => fieldLine(field, schemas)).join('')}</dl>`;
}

/** The fields of a content: inline, or a link to the named schema. */
export function fieldsBelow(schema: JsonSchema | undefined, schemas: Schemas): string {
  if (schema === undefined) return '';
  const name = schemaName(schema);
  // The script inserts the list of a named schema when the user opens this.
  return name === undefined
    ? `<details class="more"><summary>Fields</summary>${fieldList(schema, schemas)}</details>`
    : `<details class="more" data-schema="${escapeHtml(name)}"><summary>Fields of ${escapeHtml(name)}</summary><p>See ${schemaLink(name)}.</p></details>`;
}

export function schemaLink(name: string): string {
  return `<a href="#schema-${escapeHtml(name)}">${escapeHtml(name)}</a>`;
}

function fieldsOf(schema: JsonSchema, prefix: string, deep: number): Field[] {
  if (deep > fieldsDeepMax) return [];
  return variantsOf(schema).variants.flatMap((variant) => {
    if (schemaName(variant) !== undefined) return [];
    if (variant.items !== undefined) return fieldsOf(variant.items as JsonSchema, `${prefix}[]`, deep + 1);
    const required = (variant.required ?? []) as readonly string[];
    const properties = (variant.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
    return Object.entries(properties).flatMap(([own, property]) => {
      const name = prefix === '' ? own : `${prefix}.${own}`;
      return [
        { name, required: required.includes(own), schema: property },
        ...fieldsOf(property, name, deep + 1),
      ];
    });
  });
}

function fieldLine({ name, required, schema }: Field, schemas: Schemas): string {
  const description = schema.description ?? resolveSchema(schema, schemas).description;
  const optional = required ? '' : ', optional';
  const text = typeof description === 'string' ? `<br>${inlineHtml(description)}` : '';
  return `<dt><code>${escapeHtml(name)}</code></dt><dd><span class="soft">${typeHtml(schema, schemas)}${optional}</span>${text}</dd>`;
}

/** Named objects and long lists of values are linked, not repeated. */
function typeHtml(schema: JsonSchema, schemas: Schemas): string {
  const { variants, nullable } = variantsOf(schema);
  const [only] = variants;
  const items = only?.items as JsonSchema | undefined;
  const name = only === undefined ? undefined : schemaName(items ?? only);
  if (name === undefined || !isLong(schemas[name] ?? {})) return escapeHtml(schemaWords(schema, schemas));
  return `${items === undefined ? '' : 'list of '}${schemaLink(name)}${nullable ? ' or null' : ''}`;
}

function isLong(schema: JsonSchema): boolean {
  const values = schema.enum;
  return schema.properties !== undefined || (Array.isArray(values) && values.length > valuesShownMax);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
