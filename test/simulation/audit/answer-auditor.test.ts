import { describe, expect, it, test } from '@jest/globals';
import { inlineDocument } from '../../../lib/api/document/openapi.ts';
import { problemBody, problemNames, problems } from '../../../lib/api/answer/problems.ts';
import { answerFault } from './answer-auditor.ts';
import type { Exchange, HttpAnswer } from './auditor.ts';
import { schemaFaults } from './json-schema.ts';

const edge = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'" };
const json = { ...edge, 'content-type': 'application/json' };
const uncached = { ...json, 'cache-control': 'no-store' };
const problem = { ...edge, 'content-type': 'application/problem+json', 'retry-after': '1' };

function exchange(
  method: string,
  target: string,
  answer: Partial<HttpAnswer>,
): Exchange & { readonly answer: HttpAnswer } {
  return {
    ...{ id: 1, principal: 'anonymous', sentAtMs: 0, answeredAtMs: 1, containerNowMs: 1 },
    request: { method, target, headers: {} },
    answer: { status: 200, headers: json, body: '', ...answer },
  };
}

const page = {
  headers: {
    ...json,
    etag: 'W/"1"',
    'cache-control': 'no-store',
    'catalog-version': '1',
    'consistency-token': 'a1',
  },
  body: '{"ads":[],"total":0}',
};
const unavailable = { status: 503, headers: problem, body: problemBody('state-unavailable', 'later') };

describe('the answer auditor', () => {
  test.each<[string, string, string, Partial<HttpAnswer>]>([
    ['a page', 'GET', '/api/v1/ad?age=3', page],
    ['a page to HEAD', 'HEAD', '/api/v1/ad', page],
    ['304', 'GET', '/api/v1/ad', { ...page, status: 304, body: '' }],
    ['a total', 'GET', '/increment/a%2Fb', { headers: uncached, body: '{"a/b":12345678901234567890}' }],
    ['a problem', 'GET', '/api/v1/ad', unavailable],
    [
      'an unknown path',
      'GET',
      '/nowhere',
      { status: 404, headers: problem, body: problemBody('unknown-route', '') },
    ],
    ['OPTIONS', 'OPTIONS', '/increment', { status: 204, headers: { ...edge, allow: 'OPTIONS, POST' } }],
  ])('passes %s', (_name, method, target, answer) => {
    expect(answerFault(exchange(method, target, answer))).toBeUndefined();
  });

  const untagged = Object.fromEntries(Object.entries(page.headers).filter(([name]) => name !== 'etag'));
  test.each<[string, string, string, Partial<HttpAnswer>, string]>([
    ['an undocumented status', 'GET', '/api/v1/ad', { ...page, status: 206 }, 'does not document 206'],
    ['500', 'GET', '/api/v1/ad', { status: 500 }, 'a bug'],
    [
      'a total of the wrong type',
      'GET',
      '/api/v1/ad',
      { ...page, body: '{"ads":[],"total":"0"}' },
      'not of type',
    ],
    [
      'a member too many',
      'GET',
      '/api/v1/ad',
      { ...page, body: '{"ads":[],"total":0,"x":1}' },
      'unknown member x',
    ],
    ['a member too few', 'GET', '/api/v1/ad', { ...page, body: '{"ads":[]}' }, 'lacks one of'],
    ['no JSON', 'GET', '/api/v1/ad', { ...page, body: '{' }, 'is not JSON'],
    ['no entity tag', 'GET', '/api/v1/ad', { ...page, headers: untagged }, 'lacks etag'],
    [
      'a header too many',
      'GET',
      '/api/v1/ad',
      { ...page, headers: { ...page.headers, location: '/x' } },
      'undocumented location',
    ],
    [
      'a replay without a key',
      'POST',
      '/increment',
      { status: 202, headers: { ...json, 'consistency-token': 'c1', 'idempotent-replayed': 'true' } },
      'without a key',
    ],
    ['no body to HEAD, which the gateway needs', 'HEAD', '/api/v1/ad', { ...page, body: '' }, 'is not JSON'],
    ['a body with 304', 'GET', '/api/v1/ad', { ...page, status: 304 }, 'has a body'],
    [
      'another media type',
      'GET',
      '/api/v1/ad',
      { ...page, headers: { ...page.headers, 'content-type': 'text/plain' } },
      'is text/plain',
    ],
    [
      'a problem without a time to retry',
      'GET',
      '/api/v1/ad',
      { ...unavailable, headers: { ...edge, 'content-type': 'application/problem+json' } },
      'lacks retry-after',
    ],
    [
      'a problem of another status',
      'GET',
      '/api/v1/ad',
      { ...unavailable, body: problemBody('not-found', '') },
      'of status 404',
    ],
    [
      'a problem not documented here',
      'GET',
      '/api/v1/ad',
      { ...unavailable, body: problemBody('log-unavailable', '') },
      'is not documented',
    ],
    [
      'a problem in JSON',
      'GET',
      '/api/v1/ad',
      { ...unavailable, headers: { ...json, 'retry-after': '1' } },
      'is application/json',
    ],
    ['an unknown path found', 'GET', '/nowhere', {}, 'an unknown path'],
    [
      'a wrong Allow',
      'PUT',
      '/increment',
      { status: 405, headers: { ...problem, allow: 'GET' } },
      'Allow says GET',
    ],
    [
      'an answer that may be sniffed at',
      'GET',
      '/api/v1/ad',
      { ...page, headers: { ...page.headers, 'x-content-type-options': '' } },
      'sniffed',
    ],
  ])('refuses %s', (_name, method, target, answer, fault) => {
    expect(answerFault(exchange(method, target, answer))).toContain(fault);
  });

  it('takes every problem where it is documented', () => {
    for (const name of problemNames) {
      if (name === 'internal') continue;
      const { status } = problems[name];
      const headers = {
        ...problem,
        allow: 'GET, HEAD, OPTIONS, POST',
        ratelimit: '',
        'ratelimit-policy': '',
      };
      const found = answerFault(
        exchange('POST', '/api/v1/ad', { status, headers, body: problemBody(name, '') }),
      );
      // Which of the headers belong to which problem is the other tests' matter.
      expect(found ?? '').not.toMatch(/Problem|of type|lacks one of/);
    }
  });
});

describe('the schema checker', () => {
  const check = (schema: object, value: unknown): string[] => [
    ...schemaFaults(schema as Record<string, unknown>, value, {}),
  ];

  test.each<[object, unknown, unknown]>([
    [{ type: 'integer', minimum: 1, maximum: 3 }, 3, 4],
    [{ type: ['string', 'null'] }, null, 1],
    [{ type: 'array', items: { type: 'boolean' }, maxItems: 1 }, [true], [true, false]],
    [{ type: 'array', items: { type: 'boolean' } }, [true], [1]],
    [{ type: 'object', required: ['a'] }, { a: 1 }, { b: 1 }],
    [{ properties: { a: { const: 1 } }, additionalProperties: false }, { a: 1 }, { a: 1, b: 2 }],
    [{ additionalProperties: { type: 'string' } }, { a: '' }, { a: 1 }],
    [{ propertyNames: { maxLength: 1 } }, { a: 1 }, { ab: 1 }],
    [{ anyOf: [{ const: 1 }, { const: 2 }] }, 2, 3],
    [{ enum: ['a', 'b'] }, 'a', 'c'],
    [{ pattern: '^a$' }, 'a', 'b'],
    [{ minLength: 1, maxLength: 1 }, '😀', ''],
    [{ format: 'date-time' }, '2026-01-31T00:00:00.000Z', '2026-13-31T00:00:00.000Z'],
    [{ format: 'uuid' }, '019aa3d0-0000-7000-8000-000000000000', '019AA3D0'],
  ])('%j takes %j and not %j', (schema, good, bad) => {
    expect(check(schema, good)).toEqual([]);
    expect(check(schema, bad)).toHaveLength(1);
  });

  it('does not pass over a keyword it does not know', () => {
    expect(() => check({ uniqueItems: true }, [])).toThrow(/unknown keyword/);
  });

  it('knows every keyword of every answer in the document', () => {
    const { paths, components } = inlineDocument();
    const responses = Object.values(paths).flatMap((path) =>
      Object.values(path).flatMap((operation) => Object.values(operation.responses)),
    );
    const schemas = responses.flatMap(({ content }) =>
      Object.values(content ?? {}).flatMap(({ schema }) => (schema === undefined ? [] : [schema])),
    );
    const values = [
      {},
      [],
      '',
      1,
      null,
      { ads: [{}], counters: [{}], tokens: {}, failed: [{}], errors: [{}] },
    ];
    expect(schemas.length).toBeGreaterThan(50);
    for (const schema of schemas)
      for (const value of values) expect([...schemaFaults(schema, value, components.schemas)]).toBeDefined();
  });
});
