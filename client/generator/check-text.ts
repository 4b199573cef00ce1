import type { JsonSchema } from '../../lib/api/document/json-schema.ts';
import type { Parameter } from '../../lib/api/document/openapi.ts';
import { askedNames } from '../../lib/api/request/query-schemas.ts';

const componentPrefix = '#/components/schemas/';
const uuidPattern = '^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

/** The patterns of most texts begin so. */
const withoutControls = '^[^\\u0000';

/** Copied into a check as they are. */
const copied = ['type', 'minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'required'];
/** Say nothing that a check needs. */
const silent = [
  ...['description', 'examples', 'default', 'deprecated'],
  ...['additionalProperties', 'propertyNames', 'maxProperties'],
];
const converted = ['$ref', 'enum', 'pattern', 'format', 'items', 'properties'];
const known = new Set([...copied, ...silent, ...converted]);

/** A check this long that is used twice becomes a constant, because the text of each counts in a browser. */
const sharedLengthMin = 50;

/** Makes the text of checks from the JSON Schemas of requests. */
export class CheckTexts {
  readonly #schemas: Readonly<Record<string, JsonSchema>>;
  /** The components that are lists of words; a file of their own has these. */
  readonly enums = new Set<string>();
  /** The constants by the text of their value. */
  readonly #names = new Map<string, { readonly name: string; readonly type: string }>();

  constructor(schemas: Readonly<Record<string, JsonSchema>>) {
    this.#schemas = schemas;
  }

  /** The declarations of the constants that the texts use. */
  get declarations(): string {
    return [...this.#names].map(([text, { name, type }]) => `const ${name}: ${type} = ${text};`).join('\n');
  }

  /** Throws for a schema with a keyword it does not know: the client would not check it. */
  check(schema: JsonSchema): string {
    const unknown = Object.keys(schema).find((keyword) => !known.has(keyword));
    if (unknown !== undefined) throw new Error(`the checks of the client do not know "${unknown}"`);
    if (typeof schema.$ref === 'string') return this.#component(schema.$ref.slice(componentPrefix.length));
    const { pattern, format, items, properties, enum: values } = schema;
    const parts = copied
      .filter((keyword) => schema[keyword] !== undefined)
      .map((keyword) => `${keyword}: ${JSON.stringify(schema[keyword])}`);
    // Null is among the types.
    if (Array.isArray(values)) parts.push(`enum: ${list(values.filter((value) => value !== null))}`);
    if (typeof pattern === 'string') parts.push(...this.#matching(pattern, schema));
    if (format === 'uuid') parts.push(...this.#matching(uuidPattern, schema));
    if (items !== undefined) parts.push(`items: ${this.check(items as JsonSchema)}`);
    if (properties !== undefined) {
      const fields = Object.entries(properties as Readonly<Record<string, JsonSchema>>);
      const text = `{ ${fields.map(([name, one]) => `${name}: ${this.check(one)}`).join(', ')} }`;
      parts.push(`properties: ${this.#share(text, "NonNullable<Check['properties']>")}`);
    }
    return this.#share(`{ ${parts.join(', ')} }`);
  }

  #component(name: string): string {
    const schema = this.#schemas[name] ?? {};
    if (enumOf(schema) === undefined) return this.check(schema);
    this.enums.add(name);
    return `{ type: "string", enum: ${listName(name)} }`;
  }

  /** undefined: nothing can be wrong with it. */
  parameter({ name, schema, description, example }: Parameter): string | undefined {
    const isFree = schema.type === 'string' && Object.keys(schema).every((keyword) => isSilentOn(keyword));
    if (isFree) return undefined;
    const asked = Object.entries(askedNames).find(([one]) => one === name)?.[1];
    const examples = asked === undefined ? [schema.examples, [example]].flat() : [];
    return this.check({ ...schema, description: asked ?? description, examples });
  }

  #matching(pattern: string, schema: JsonSchema): string[] {
    // eslint-disable-next-line security/detect-non-literal-regexp -- from our own document, written as a literal
    const literal = new RegExp(pattern, 'u').toString();
    const hint = JSON.stringify(hintOf(pattern, schema));
    if (!pattern.startsWith(withoutControls)) return [`pattern: ${literal}`, `hint: ${hint}`];
    return [`pattern: ${this.#name(literal, 'RegExp')}`, `hint: ${this.#name(hint, 'string')}`];
  }

  #share(text: string, type = 'Check'): string {
    return text.length < sharedLengthMin ? text : this.#name(text, type);
  }

  #name(text: string, type: string): string {
    const { name } = this.#names.get(text) ?? { name: `check${this.#names.size + 1}` };
    this.#names.set(text, { name, type });
    return name;
  }
}

function isSilentOn(keyword: string): boolean {
  return keyword === 'type' || silent.includes(keyword);
}

/** The values of a schema that is a list of words; undefined: it is something else. */
export function enumOf({ type, enum: values }: JsonSchema): readonly string[] | undefined {
  return type === 'string' && Array.isArray(values) ? (values as string[]) : undefined;
}

/** `Country` has the list `countries`. */
export function listName(component: string): string {
  const name = component.charAt(0).toLowerCase() + component.slice(1);
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** A long list of words as one text, which is a third shorter. */
export function list(values: readonly unknown[]): string {
  return values.length > 8 ? `'${values.join(' ')}'.split(' ')` : JSON.stringify(values);
}

/** What a text that does not match must be: the schema's example, or the first sentence that describes it. */
function hintOf(pattern: string, { examples, description }: JsonSchema): string {
  if (pattern === uuidPattern) return 'must be a UUID';
  if (pattern.startsWith(withoutControls)) return 'must not contain control characters';
  const example = Array.isArray(examples)
    ? (examples as unknown[]).find((one) => one !== undefined)
    : undefined;
  if (example !== undefined) return `must be text such as ${example as string}`;
  if (typeof description !== 'string') return `must have the form ${pattern}`;
  return `must be ${description.replace(/^Your name for this request: /, '').replace(/[.] .*/s, '')}`;
}
