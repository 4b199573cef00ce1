import type { JsonSchema } from '../../lib/api/document/json-schema.ts';

const componentPrefix = '#/components/schemas/';

/** The keywords in our schemas. Another one is an error, so that every type is as exact as its schema. */
const knownKeywords = new Set([
  ...['$ref', 'type', 'properties', 'required', 'additionalProperties', 'propertyNames', 'items', 'enum'],
  ...['const', 'anyOf', 'description', 'examples', 'default', 'format', 'pattern', 'minLength', 'maxLength'],
  ...['deprecated', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems'],
  'maxProperties',
]);

/** Makes TypeScript types from JSON Schemas. */
export class TypeTexts {
  /** Throws for a schema with a keyword it does not know. */
  type(schema: JsonSchema): string {
    const unknown = Object.keys(schema).find((keyword) => !knownKeywords.has(keyword));
    if (unknown !== undefined) throw new Error(`the generator of the client does not know "${unknown}"`);
    const { $ref, anyOf, enum: values, const: constant, type } = schema;
    if (typeof $ref === 'string') return $ref.slice(componentPrefix.length);
    if (Array.isArray(anyOf)) return this.#union(anyOf as JsonSchema[]);
    if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
    if (constant !== undefined) return JSON.stringify(constant);
    if (Array.isArray(type)) return this.#union(type.map((one: unknown) => ({ ...schema, type: one })));
    return this.#plain(schema, type);
  }

  /** An object type with its members' descriptions. */
  object({ properties, required = [], additionalProperties }: JsonSchema): string {
    const members = Object.entries((properties ?? {}) as Readonly<Record<string, JsonSchema>>).map(
      ([name, schema]) => {
        const isRequired = (required as readonly string[]).includes(name);
        const type = isRequired ? `: ${this.type(schema)}` : `?: ${this.type(schema)} | undefined`;
        return `${docComment(schema.description)}readonly ${memberName(name)}${type};`;
      },
    );
    if (members.length === 0 && additionalProperties === undefined) return 'Readonly<Record<string, never>>';
    if (typeof additionalProperties !== 'object' || additionalProperties === null) {
      return `{ ${members.join('\n')} }`;
    }
    // An index signature must cover the types of all members.
    const other = members.length > 0 ? 'unknown' : this.type(additionalProperties as JsonSchema);
    return `{ ${members.join('\n')}\nreadonly [name: string]: ${other}; }`;
  }

  #union(schemas: readonly JsonSchema[]): string {
    return schemas.map((schema) => this.type(schema)).join(' | ');
  }

  #plain(schema: JsonSchema, type: unknown): string {
    switch (type) {
      case 'string':
      case 'boolean':
      case 'null':
        return type;
      case 'number':
        return 'number';
      case 'integer':
        // Without a maximum it may exceed 2^53, where a number would be rounded.
        return typeof schema.maximum === 'number' ? 'number' : 'ExactInteger';
      case 'array':
        return `readonly (${this.type(schema.items as JsonSchema)})[]`;
      case 'object':
        return this.object(schema);
      case undefined:
        return 'unknown';
      default:
        throw new Error(`the generator of the client does not know the type ${JSON.stringify(type)}`);
    }
  }
}

export function docComment(description: unknown): string {
  return typeof description === 'string' ? `/** ${description.replaceAll('*/', '* /')} */\n` : '';
}

function memberName(name: string): string {
  return /^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name);
}
