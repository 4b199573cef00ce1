import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { openApiDocument, type Operation } from '../../lib/api/document/openapi.ts';
import { problemKind } from '../../lib/api/answer/problems.ts';
import { routes, allowedMethods } from '../../lib/api/routes.ts';
import { apiVersion } from '../../lib/api/document/version.ts';

const document = openApiDocument();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Every value under `name`, at any depth. */
function collect(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value as Record<string, unknown>);
  return inner.flatMap(([key, child]) => [...(key === name ? [child] : []), ...collect(child, name)]);
}

describe('The OpenAPI document', () => {
  it('has every route once, under its operation id', () => {
    const listed = operations.map(
      ({ path, method, operation }) => `${operation.operationId} ${method} ${path}`,
    );
    const wanted = routes.map(
      ({ operationId, method, path }) => `${operationId} ${method.toLowerCase()} ${path}`,
    );
    expect(listed.sort()).toStrictEqual(wanted.sort());
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  it('refers to nothing that is not there, and keeps nothing of zod', () => {
    const references = collect(document, '$ref');
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(String(reference))?.[1] ?? '';
      expect(document.components.schemas).toHaveProperty(name);
    }
    for (const keyword of ['$defs', '$schema', 'override', 'definitions']) {
      expect([keyword, collect(document, keyword)]).toStrictEqual([keyword, []]);
    }
  });

  it('names every parameter of a path, and each parameter once', () => {
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toStrictEqual(path.match(/\{\w+\}/g) ?? []);
      expect(inPath.every(({ required }) => required)).toBe(true);
      const names = operation.parameters.map(
        (parameter) => `${parameter.in} ${parameter.name.toLowerCase()}`,
      );
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('has each status a route answers, its problems among them', () => {
    for (const route of routes) {
      const { responses } = document.paths[route.path]?.[route.method.toLowerCase()] as Operation;
      for (const status of Object.keys(route.answers)) expect(responses).toHaveProperty(status);
      for (const name of route.problems) {
        const examples = responses[problemKind(name).status]?.content?.['application/problem+json']?.examples;
        expect(examples).toHaveProperty(name);
      }
    }
  });

  it('describes targets, ages and times as clients send them', () => {
    const properties = document.components.schemas.NewAd?.properties as Record<string, object>;
    expect(properties.gender).toMatchObject({
      type: ['array', 'null'],
      maxItems: 2,
      items: { enum: ['M', 'F'] },
    });
    expect(properties.title).toMatchObject({ type: 'string', minLength: 5, maxLength: 100 });
    expect(properties.start_at).toMatchObject({ type: 'string' });
    expect(document.components.schemas.NewAd?.additionalProperties).toBe(false);
    const limit = document.paths['/api/v1/ad']?.get?.parameters.find(({ name }) => name === 'limit');
    expect(limit).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100 },
    });
  });

  it('has the version of the package', () => {
    const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(apiVersion).toBe(packageJson.version);
    expect(document.info.version).toBe(apiVersion);
  });
});

describe('Allow', () => {
  it.each([
    ['/api/v1/ad', ['GET', 'HEAD', 'OPTIONS', 'POST']],
    ['/api/v1/ad/{id}', ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH']],
    ['/increment', ['OPTIONS', 'POST']],
    ['/{proxy+}', []],
  ])('%s has %j', (path, methods) => {
    expect(allowedMethods(path)).toStrictEqual(methods);
  });
});
