import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { inlineDocument, openApiDocument, type Operation } from '../../lib/api/document/openapi.ts';
import { headerTokensLengthMax, headerTokensMax } from '../../lib/api/answer/token-header.ts';
import { problemKind } from '../../lib/api/answer/problems.ts';
import { incrementsPerRequestMax } from '../../lib/api/counter-schemas.ts';
import { linksExample } from '../../lib/api/document-routes.ts';
import { routes, allowedMethods } from '../../lib/api/routes.ts';
import { headerSectionBytesMax, targetBytesMax } from '../../lib/api/request/http-limits.ts';
import { bodyBytesMax } from '../../lib/api/request/json-body.ts';
import { stageSettings } from '../../lib/stages.ts';
import { apiVersion } from '../../lib/api/document/openapi-text.ts';

const document = inlineDocument();
const shared = openApiDocument();
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Every value under `name`, at any depth. */
function collect(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value as Record<string, unknown>);
  return inner.flatMap(([key, child]) => [...(key === name ? [child] : []), ...collect(child, name)]);
}

/** Every object that could be a schema, at any depth. */
function collectSchemas(value: unknown): Readonly<Record<string, unknown> & { maximum?: number }>[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(collectSchemas)];
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
    const references = collect(shared, '$ref');
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const [, section = '', name = ''] = /^#\/components\/(\w+)\/(\w+)$/.exec(String(reference)) ?? [];
      expect(shared.components).toHaveProperty([section, name]);
    }
    for (const keyword of ['$defs', '$schema', 'override', 'definitions']) {
      expect([keyword, collect(shared, keyword)]).toStrictEqual([keyword, []]);
    }
    // One that says only that names are text is zod's.
    for (const names of collect(shared, 'propertyNames')) expect(names).toHaveProperty('pattern');
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
    const properties = document.components.schemas.AdInput?.properties as Record<string, object>;
    expect(properties.gender).toMatchObject({
      type: ['array', 'null'],
      maxItems: 2,
      items: { $ref: '#/components/schemas/Gender' },
    });
    expect(document.components.schemas.Gender).toStrictEqual({ type: 'string', enum: ['M', 'F'] });
    expect(properties.title).toMatchObject({ type: 'string', minLength: 5, maxLength: 100 });
    expect(properties.start_at).toMatchObject({ type: 'string' });
    expect(document.components.schemas.AdInput?.additionalProperties).toBe(false);
    const limit = document.paths['/api/v1/ad']?.get?.parameters.find(({ name }) => name === 'limit');
    expect(limit).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 100 },
    });
  });

  it('gives every integer a format, one wide enough for it', () => {
    const integers = collectSchemas(shared).filter(({ type }) => [type].flat().includes('integer'));
    expect(integers.length).toBeGreaterThan(30);
    for (const { format, maximum = Infinity } of integers) {
      expect(['int32', 'int64']).toContain(format);
      if (format === 'int32') expect(maximum).toBeLessThan(2 ** 31);
    }
  });

  it('has no pattern beside a date-time, and no choice of schemas at the top of an answer', () => {
    for (const schema of collectSchemas(shared)) {
      if (schema.format === 'date-time') expect(schema).not.toHaveProperty('pattern');
    }
    for (const { operation } of operations) {
      for (const { content = {} } of Object.values(operation.responses)) {
        for (const { schema = {} } of Object.values(content)) {
          expect(schema).not.toHaveProperty('anyOf');
          expect(schema).not.toHaveProperty('oneOf');
        }
      }
    }
  });

  it('has one schema over all successes of a call', () => {
    for (const { operation } of operations) {
      const schemas = Object.entries(operation.responses)
        .filter(([status]) => Number(status) < 300)
        .flatMap(([, { content }]) => content?.['application/json']?.schema ?? [])
        .map((schema) => JSON.stringify(schema));
      expect([operation.operationId, new Set(schemas).size]).toStrictEqual([
        operation.operationId,
        Math.min(1, schemas.length),
      ]);
    }
  });

  it('lists the countries once, and takes for a target what it shows as one', () => {
    expect(JSON.stringify(shared).match(/"ZW"/g)).toHaveLength(1);
    const countryOf = (name: string) =>
      (document.components.schemas[name]?.properties as Record<string, { items: unknown }>).country?.items;
    expect(countryOf('AdInput')).toStrictEqual(countryOf('Ad'));
    expect(countryOf('AdPatch')).toStrictEqual(countryOf('Ad'));
  });

  it('has an example for every JSON body and answer, and each is what its schema says', () => {
    const ajv = new Ajv2020({ strict: false, formats: { int32: true, int64: true } });
    addFormats.default(ajv);
    ajv.addSchema({ $id: 'api', ...document });
    const checked = operations.flatMap(({ operation }) =>
      [
        operation.requestBody?.content ?? {},
        ...Object.values(operation.responses).map(({ content = {} }) => content),
      ]
        .flatMap((content) => Object.entries(content))
        .filter(([mediaType]) => /[/+]json$/.test(mediaType))
        .map(([, { schema, examples = {} }]) => {
          const values = Object.values(examples);
          expect([operation.operationId, values.length > 0]).toStrictEqual([operation.operationId, true]);
          const text = JSON.stringify(schema).replaceAll('"#/', '"api#/');
          const validate = ajv.compile(JSON.parse(text) as object);
          for (const { value } of values)
            expect([value, validate(value), validate.errors]).toStrictEqual([value, true, null]);
          return values.length;
        }),
    );
    expect(checked.length).toBeGreaterThan(100);
  });

  it('names the address it was asked for by, and demands nothing where the server is open', () => {
    const open = openApiDocument({ server: 'http://localhost:1', isOpen: true, hasMetricsPage: true });
    expect(open.servers.map(({ url }) => url)).toStrictEqual(['http://localhost:1']);
    expect(open.components).not.toHaveProperty('securitySchemes');
    expect(new Set(collect(open.paths, 'security').map((one) => JSON.stringify(one)))).toStrictEqual(
      new Set(['[]']),
    );
    expect(open.paths).toHaveProperty(['/metrics', 'get']);
    expect(shared.paths).not.toHaveProperty(['/metrics']);
  });

  it('states the limits that the code has', () => {
    const stage = stageSettings('prod');
    const { description } = document.info;
    for (const limit of [
      `body: ${bodyBytesMax / 1024} KiB`,
      `path and query: ${targetBytesMax / 1024} KiB`,
      `header lines: ${headerSectionBytesMax / 1024} KiB`,
      `increments in a batch: ${incrementsPerRequestMax}`,
      `${headerTokensMax} in the header of a batch, ${headerTokensLengthMax.toLocaleString('en-US')} characters`,
      `for ${stage.reader.staleServeMaxMs / 1000} s, then 503`,
      `kept for ${stage.streams.increments.retentionHours / 24} days, 30 days`,
      `a burst of ${stage.tokens.rate.burst.toLocaleString('en-US')}, then ${stage.tokens.rate.ratePerSecond} a second`,
    ])
      expect(description).toContain(limit);
  });

  it('has the version of the package', () => {
    const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(apiVersion).toBe(packageJson.version);
    expect(document.info.version).toBe(apiVersion);
    expect(linksExample.version).toBe(apiVersion);
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
