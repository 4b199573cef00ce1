import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowedMethods, routes } from '../../lib/api/routes.ts';
import { apiCalls } from '../support/api-calls.ts';
import { TwoDoors } from '../support/two-doors.ts';

const unknownAd = '01900000-0000-7000-8000-000000000000';

/** A path, what the path allows, and what each call of it answers that says nothing else: no body, no header. */
const table = [
  ['/', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/health', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/openapi.json', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/docs', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/console', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/favicon.ico', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/api/v1/ad', 'GET, HEAD, OPTIONS, POST', { GET: 200, HEAD: 200, POST: 415 }],
  [
    `/api/v1/ad/${unknownAd}`,
    'DELETE, GET, HEAD, OPTIONS, PATCH',
    { DELETE: 404, GET: 404, HEAD: 404, PATCH: 415 },
  ],
  ['/api/v1/ad/explain', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/api/v1/ads', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/api/v1/decisions', 'OPTIONS, POST', { POST: 415 }],
  ['/api/v1/decisions/explain', 'OPTIONS, POST', { POST: 415 }],
  ['/api/v1/events', 'OPTIONS, POST', { POST: 415 }],
  ['/t/i/none', 'GET, HEAD, OPTIONS, POST', { GET: 400, HEAD: 400, POST: 400 }],
  ['/t/c/none', 'GET, HEAD, OPTIONS', { GET: 400, HEAD: 400 }],
  [`/api/v1/ad/${unknownAd}/delivery`, 'GET, HEAD, OPTIONS', { GET: 400, HEAD: 400 }],
  ['/api/v1/delivery', 'GET, HEAD, OPTIONS', { GET: 400, HEAD: 400 }],
  ['/increment', 'OPTIONS, POST', { POST: 415 }],
  ['/increment/none', 'GET, HEAD, OPTIONS', { GET: 404, HEAD: 404 }],
  ['/api/v1/increments', 'OPTIONS, POST', { POST: 415 }],
  ['/api/v1/counters', 'GET, HEAD, OPTIONS', { GET: 400, HEAD: 400 }],
  ['/api/v1/counters/none', 'GET, HEAD, OPTIONS', { GET: 404, HEAD: 404 }],
  ['/api/v1/counters/none/series', 'GET, HEAD, OPTIONS', { GET: 400, HEAD: 400 }],
  ['/api/v1/series', 'GET, HEAD, OPTIONS', { GET: 400, HEAD: 400 }],
  ['/api/v1/hot-counters', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/api/v1/stats', 'GET, HEAD, OPTIONS', { GET: 503, HEAD: 503 }],
  ['/api/v1/quarantine', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/api/v1/quarantine/redrive', 'OPTIONS, POST', { POST: 415 }],
  ['/api/v1/usage', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
  ['/api/v1/usage/callers', 'GET, HEAD, OPTIONS', { GET: 200, HEAD: 200 }],
] as const satisfies readonly (readonly [string, string, Readonly<Record<string, number>>])[];

/** TRACE and PROPFIND apply to a resource, so that a path lacks them; BREW is no method. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'] as const;

it('the calls of the API are those that the tests have written out', () => {
  expect(
    routes.map(({ operationId: id, method, path, functionName }) => ({ id, method, path, functionName })),
  ).toEqual(apiCalls);
});

describe('every method on every path', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    doors = await TwoDoors.open();
  });
  afterAll(() => doors.close());

  describe.each(table)('%s', (path, allow, statuses: Readonly<Record<string, number>>) => {
    it.each(methods)('%s', async (method) => {
      const { status, headers, text } = await doors.ask({ method, target: path });
      if (method === 'OPTIONS') {
        expect([status, headers['allow'], headers['access-control-allow-methods']]).toEqual([
          204,
          allow,
          allow,
        ]);
        return;
      }
      const expected = statuses[method] ?? 405;
      expect(status).toBe(expected);
      expect(headers['allow']).toBe(expected === 405 ? allow : undefined);
      if (expected === 405 && method !== 'HEAD')
        expect(text).toContain('urn:adtally:problem:method-not-allowed');
    });

    it('has no method that nobody knows', async () => {
      for (const answer of [
        await doors.askServer({ method: 'BREW', target: path }),
        await doors.askEvents({ method: 'BREW', target: path }),
      ]) {
        expect(answer.status).toBe(501);
        expect(answer.text).toContain('urn:adtally:problem:not-implemented');
      }
    });

    it('with one slash more is the same, with two it is no path', async () => {
      if (path === '/') return;
      const [method = ''] = Object.keys(statuses);
      const [once, twice] = [`${path}/`, `${path}//`];
      expect((await doors.ask({ method, target: once })).status).toBe(statuses[method]);
      for (const target of [twice, `${twice}//////`, `/${path}`, `${path}/x/y/z`]) {
        const { status, text } = await doors.ask({ method, target });
        expect([target, status]).toEqual([target, 404]);
        expect(text).toContain('urn:adtally:problem:unknown-route');
      }
    });

    it('is spelled in one way only', async () => {
      const [method = ''] = Object.keys(statuses);
      const fixed = path.split('/').filter((part) => part !== '' && part !== 'none' && part !== unknownAd);
      for (const part of fixed) {
        const spellings = [
          part.toUpperCase(),
          `${part}s`,
          part.slice(0, -1),
          `%${part.charCodeAt(0).toString(16)}${part.slice(1)}`,
        ];
        for (const spelling of spellings) {
          const target = path.replace(`/${part}`, `/${spelling}`);
          if (table.some(([known]) => known === target)) continue;
          const { status } = await doors.ask({ method, target });
          // `/increment` and `/api/v1/ad` have parameters beside them, so that a misspelling is a value.
          const isValue = /^\/api\/v1\/ad\/[^/]+$/.test(target);
          expect([target, status]).toEqual([target, isValue ? 400 : 404]);
        }
      }
    });
  });

  it('a path that is none is 404 to every method', async () => {
    for (const target of [
      '/nothing',
      '/api',
      '/api/v1',
      '/api/v1/',
      '/{proxy+}',
      '/api/v1/ad/{id}/x',
      '/__proto__',
      '/metrics/x',
    ]) {
      for (const method of methods) {
        const { status, headers } = await doors.ask({ method, target });
        expect([target, method, status, headers['allow']]).toEqual([target, method, 404, undefined]);
      }
    }
  });
});

it.each([
  ['/api/v1/ad', ['GET', 'HEAD', 'OPTIONS', 'POST']],
  ['/metrics', ['GET', 'HEAD', 'OPTIONS']],
  ['/demo', ['GET', 'HEAD', 'OPTIONS']],
  ['/nothing', []],
])('%s allows %j', (path, expected) => {
  expect(allowedMethods(path)).toEqual(expected);
});
