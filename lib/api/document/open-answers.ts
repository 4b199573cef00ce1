import type { OpenApiDocument } from './openapi-document.ts';

const componentPrefix = '#/components/schemas/';

/**
 * Lets answers have members that a later release adds; otherwise a strict client would refuse them. The
 * answers that the server sends are still checked exactly.
 */
export function openAnswers(document: OpenApiDocument): OpenApiDocument {
  const { schemas } = document.components;
  const sent = new Set<string>();
  const follow = (value: unknown): void => {
    for (const name of referencesIn(value)) {
      if (sent.has(name)) continue;
      sent.add(name);
      follow(schemas[name]);
    }
  };
  for (const operations of Object.values(document.paths)) {
    for (const { requestBody, parameters } of Object.values(operations)) follow([requestBody, parameters]);
  }
  const opened = Object.entries(schemas).map(([name, schema]) => [
    name,
    sent.has(name) ? schema : open(schema),
  ]);
  return {
    ...document,
    components: { ...document.components, schemas: Object.fromEntries(opened) as typeof schemas },
  };
}

function referencesIn(value: unknown): readonly string[] {
  return Array.from(JSON.stringify(value ?? null).matchAll(/"\$ref":"([^"]+)"/g), ([, reference = '']) =>
    reference.slice(componentPrefix.length),
  );
}

function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([keyword, inner]) => !(keyword === 'additionalProperties' && inner === false))
      .map(([keyword, inner]) => [keyword, open(inner)]),
  );
}
