import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import type { OpenApiDocument, Operation, Response } from '../../../lib/api/document/openapi.ts';
import type { SharedDocument } from '../../../lib/api/document/share-components.ts';

/** One call that the document describes. */
export interface Call {
  readonly method: string;
  /** `/api/v1/ad/{id}` */
  readonly path: string;
  readonly operation: Operation;
}

/** What the document says of a method and a path. */
export interface Found {
  /** undefined: no call has this path. */
  readonly path: string | undefined;
  /** In capitals, as documented. */
  readonly methods: readonly string[];
  /** undefined: the path has no such method. HEAD is GET without its body. */
  readonly call: Call | undefined;
}

const documentId = 'openapi';

/** The API's own OpenAPI document, and all that the fuzzer knows of the API. */
export class ApiDocument {
  readonly calls: readonly Call[];
  /** No call asks for a token: a server for its own machine alone. */
  readonly isOpen: boolean;
  readonly #document: OpenApiDocument;
  readonly #ajv = new Ajv2020({ formats: fullFormats, strict: true, allowUnionTypes: true });
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(served: SharedDocument) {
    const document = closed(inlined(served, served)) as OpenApiDocument;
    this.#document = document;
    this.#ajv.addVocabulary(Object.keys(document));
    this.#ajv.addSchema(document, documentId, false, false);
    this.calls = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
    this.isOpen = this.calls.every(({ operation }) => operation.security.length === 0);
  }

  /**
   * `target`: percent-encoded, perhaps absolute, perhaps with a query. A slash at the end is ignored, as the
   * API does.
   */
  find(method: string, target: string): Found {
    const bare = pathOf(target);
    const segments = bare.split('/');
    const path = Object.keys(this.#document.paths)
      .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
      .find((template) => isMatch(template.split('/'), segments));
    const calls = this.calls.filter((call) => call.path === path);
    const wanted = method === 'HEAD' ? 'GET' : method;
    return {
      path,
      methods: calls.map((call) => call.method),
      call: calls.find((call) => call.method === wanted),
    };
  }

  /** Follows a reference into the components. */
  resolve(schema: JsonSchema): JsonSchema {
    const { $ref } = schema;
    if (typeof $ref !== 'string') return schema;
    const found = this.#document.components.schemas[$ref.slice(schemaPrefix.length)];
    if (found === undefined) throw new Error(`the document refers to ${$ref}, which it does not have`);
    return this.resolve(found);
  }

  response(call: Call, status: number): Response | undefined {
    return call.operation.responses[String(status)];
  }

  /** What is wrong with a value where the document has a schema; undefined: nothing. */
  responseFault(call: Call, status: number, mediaType: string, value: unknown): string | undefined {
    return this.#fault([...place(call), 'responses', String(status), 'content', mediaType, 'schema'], value);
  }

  requestFault(call: Call, mediaType: string, value: unknown): string | undefined {
    return this.#fault([...place(call), 'requestBody', 'content', mediaType, 'schema'], value);
  }

  problemFault(value: unknown): string | undefined {
    return this.#fault(['components', 'schemas', 'Problem'], value);
  }

  #fault(pointer: readonly string[], value: unknown): string | undefined {
    const $ref = `${documentId}#/${pointer.map(escapePointer).join('/')}`;
    let validate = this.#validators.get($ref);
    if (validate === undefined) {
      validate = this.#ajv.compile({ $ref });
      this.#validators.set($ref, validate);
    }
    return validate(value) ? undefined : this.#ajv.errorsText(validate.errors);
  }
}

const schemaPrefix = '#/components/schemas/';

/** Puts shared parameters, headers and responses where they are referred to. Schemas stay where they are. */
function inlined(value: unknown, root: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, root));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value as { readonly $ref?: unknown };
  if (typeof $ref === 'string' && !$ref.startsWith(schemaPrefix)) {
    const steps = $ref.slice(2).split('/');
    const found = steps.reduce((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], root);
    if (found === undefined) throw new Error(`the document refers to ${$ref}, which it does not have`);
    return inlined(found, root);
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, inlined(inner, root)]));
}

/**
 * The document leaves room for members of later releases; this release sends none that the document does not
 * name.
 */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const changed = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, closed(inner)]));
  const isObject = changed['type'] === 'object' && changed['properties'] !== undefined;
  return isObject ? { additionalProperties: false, ...changed } : changed;
}

export function pathOf(target: string): string {
  const origin = /^[a-z]+:\/\/[^/?#]*/i.exec(target)?.[0] ?? '';
  const path = target.slice(origin.length).replace(/\?.*$/s, '') || '/';
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function isMatch(template: readonly string[], segments: readonly string[]): boolean {
  if (template.length !== segments.length) return false;
  return template.every((part, index) =>
    part.startsWith('{') ? segments[index] !== '' : part === segments[index],
  );
}

function place(call: Call): readonly string[] {
  return ['paths', call.path, call.method.toLowerCase()];
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
