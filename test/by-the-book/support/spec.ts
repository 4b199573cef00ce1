import type { BookServer } from './book-server.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
}

interface Schema {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** One call as the server's own document describes it. */
export interface SpecCall {
  /** In upper case. */
  readonly method: string;
  /** As in the document, `{id}` and all. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly mediaTypes: readonly string[];
  /** Of the body; empty when there is none. */
  readonly fields: Readonly<Record<string, Schema>>;
  readonly requiredFields: readonly string[];
}

interface Operation {
  readonly parameters?: readonly { readonly $ref?: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

/** Every call in the OpenAPI document that `server` prints. */
export async function readSpec(server: BookServer): Promise<readonly SpecCall[]> {
  const document = (await server.get('/openapi.json')).json as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const resolve = (value: { readonly $ref?: string }): unknown =>
    value.$ref === undefined
      ? value
      : value.$ref
          .slice('#/'.length)
          .split('/')
          .reduce((node: unknown, key) => (node as Record<string, unknown>)[key], document);
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const content = Object.entries(operation.requestBody?.content ?? {});
      const schema = resolve(content[0]?.[1].schema ?? {}) as Schema;
      return {
        method: method.toUpperCase(),
        path,
        parameters: (operation.parameters ?? []).map((parameter) => resolve(parameter) as Parameter),
        mediaTypes: content.map(([mediaType]) => mediaType),
        fields: schema.properties ?? {},
        requiredFields: schema.required ?? [],
      };
    }),
  );
}
