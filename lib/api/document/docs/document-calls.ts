import type { JsonSchema } from '../json-schema.ts';
import type { OpenApiDocument } from '../openapi-document.ts';

/** One call of the document. All references are resolved except those to schemas. */
export interface DocsCall {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description: string;
  /** Empty: the call needs no token. */
  readonly scopes: readonly string[];
  /** A stage may allow this call without a token. */
  readonly mayBeOpen: boolean;
  readonly parameters: readonly DocsParameter[];
  readonly body: readonly DocsContent[];
  readonly answers: readonly DocsAnswer[];
}

export interface DocsParameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly deprecated: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  /** From the document; undefined: the document has none. */
  readonly example: unknown;
}

export interface DocsContent {
  readonly mediaType: string;
  readonly schema: JsonSchema | undefined;
  readonly examples: readonly DocsExample[];
}

export interface DocsExample {
  readonly summary: string;
  readonly value: unknown;
}

export interface DocsAnswer {
  readonly status: number;
  readonly description: string;
  readonly headers: readonly DocsHeader[];
  readonly contents: readonly DocsContent[];
}

export interface DocsHeader {
  readonly name: string;
  readonly description: string;
}

/** The members of an operation's JSON that the page reads, with references resolved. */
interface RawOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (Partial<DocsParameter> & WithExamples & { readonly name: string })[];
  readonly requestBody?: { readonly content: RawContents };
  readonly responses: Readonly<Record<string, RawResponse>>;
}

interface WithExamples {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, Partial<DocsExample>>>;
}

interface RawResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description?: string }>>;
  readonly content?: RawContents;
}

type RawContents = Readonly<Record<string, WithExamples & { readonly schema?: JsonSchema }>>;

/** The calls of a document in its order. Their parts may be inline or in `components`. */
export function documentCalls(document: OpenApiDocument): readonly DocsCall[] {
  const paths = follow(document, document.paths) as Readonly<Record<string, Record<string, RawOperation>>>;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => toCall(path, method, operation)),
  );
}

const referencesDeepMax = 8;

/** Replaces each `$ref` by its target. References to schemas stay: the page shows each schema once. */
function follow(document: OpenApiDocument, value: unknown, deep = 0): unknown {
  if (Array.isArray(value)) return value.map((item) => follow(document, item, deep));
  if (typeof value !== 'object' || value === null) return value;
  const reference = (value as JsonSchema).$ref;
  if (typeof reference === 'string' && !reference.startsWith('#/components/schemas/')) {
    if (deep >= referencesDeepMax) throw new Error(`${reference} refers to itself`);
    return follow(document, valueAt(document, reference), deep + 1);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, follow(document, inner, deep)]),
  );
}

function valueAt(document: OpenApiDocument, reference: string): unknown {
  let value: unknown = document;
  for (const part of reference.split('/').slice(1)) {
    value = (value as JsonSchema | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  if (value === undefined) throw new Error(`the document has no ${reference}`);
  return value;
}

function toCall(path: string, method: string, operation: RawOperation): DocsCall {
  const { security = [], parameters = [], requestBody, responses } = operation;
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    tag: operation.tags[0] ?? '',
    summary: operation.summary,
    description: operation.description ?? '',
    scopes: security.flatMap((requirement) => Object.values(requirement).flat()),
    mayBeOpen: security.some((requirement) => Object.keys(requirement).length === 0),
    parameters: parameters.map((parameter) => ({
      name: parameter.name,
      in: parameter.in ?? 'query',
      required: parameter.required ?? false,
      deprecated: parameter.deprecated ?? false,
      description: parameter.description ?? '',
      schema: parameter.schema ?? {},
      example: toExamples(parameter)[0]?.value,
    })),
    body: toContents(requestBody?.content),
    answers: Object.entries(responses).map(([status, { description, headers = {}, content }]) => ({
      status: Number(status),
      description,
      headers: Object.entries(headers).map(([name, header]) => ({
        name,
        description: header.description ?? '',
      })),
      contents: toContents(content),
    })),
  };
}

function toContents(contents: RawContents = {}): readonly DocsContent[] {
  return Object.entries(contents).map(([mediaType, content]) => ({
    mediaType,
    schema: content.schema,
    examples: toExamples(content),
  }));
}

function toExamples({ example, examples = {} }: WithExamples): readonly DocsExample[] {
  const named = Object.entries(examples).map(([name, { summary = name, value }]) => ({ summary, value }));
  return example === undefined ? named : [{ summary: 'Example', value: example }, ...named];
}
