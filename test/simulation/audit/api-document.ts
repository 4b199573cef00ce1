import type { JsonSchema } from '../../../lib/api/document/json-schema.ts';
import { inlineDocument, type Operation } from '../../../lib/api/document/openapi.ts';

export interface ApiDocument {
  readonly components: Readonly<Record<string, JsonSchema>>;
  /** What the document says of a path; undefined: it is not in it. */
  find(path: string): Readonly<Record<string, Operation>> | undefined;
}

/** The OpenAPI document that the API hands out, with its paths ready to be matched. */
export function readApiDocument(): ApiDocument {
  const { paths, components } = JSON.parse(JSON.stringify(inlineDocument())) as ReturnType<
    typeof inlineDocument
  >;
  const templates = Object.entries(paths).map(([template, operations]) => ({
    segments: template.split('/'),
    operations,
  }));
  return {
    components: components.schemas,
    find(path) {
      const segments = path.split('/');
      return templates.find((template) => matches(template.segments, segments))?.operations;
    },
  };
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  if (template.length !== segments.length) return false;
  return template.every((part, index) => {
    const segment = segments[index] ?? '';
    return part.startsWith('{') ? segment !== '' : part === segment;
  });
}
