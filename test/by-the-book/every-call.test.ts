import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BookAnswer } from './support/book-answer.ts';
import { BookServer, json, type BookAd } from './support/book-server.ts';
import { readSpec, type SpecCall } from './support/spec.ts';

/** What holds for every call alike is tried on every call that the document lists. */
let server: BookServer;
let ad: BookAd;
let calls: readonly SpecCall[];
let decision: { readonly token: string; readonly click_url: string };

beforeAll(async () => {
  server = await BookServer.open();
  calls = await readSpec(server);
  ad = await server.createAd({ click_url: 'https://shop.example/' });
  const decided = await server.post('/api/v1/decisions', { placements: [{ id: 'top' }] });
  const { decisions } = decided.json as { decisions: [{ ads: [{ decision: typeof decision }] }] };
  ({ decision } = decisions[0].ads[0]);
  await server.post('/increment?mode=sync', { key: 'here', value: 1 });
});
afterAll(() => server.stop());

const ofMethod = (method: string): readonly SpecCall[] => calls.filter((call) => call.method === method);
const pathOf = ({ path }: SpecCall): string =>
  path.replace('{id}', ad.id).replace('{key}', 'here').replace('{token}', decision.token);

/** What a call cannot be without in its query. */
const queries: Readonly<Record<string, string>> = {
  '/api/v1/counters': '?key=here',
  '/api/v1/counters/{key}/series': '?bucket=day',
  '/api/v1/series': '?bucket=day&key=here',
  '/api/v1/ad/{id}/delivery': '?bucket=day',
  '/api/v1/delivery': '?campaign_id=summer',
};
const targetOf = (call: SpecCall): string => pathOf(call) + (queries[call.path] ?? '');

it('the document lists the calls that this suite was written for, or more', () => {
  expect(ofMethod('GET').length).toBeGreaterThanOrEqual(17);
  expect(ofMethod('POST').length).toBeGreaterThanOrEqual(4);
});

describe('HEAD', () => {
  /** Their bodies tell the time, or count the calls, so two of them may differ in length. */
  const told = ['/health', '/metrics', '/api/v1/stats', '/api/v1/hot-counters'];
  const changing = [...told, '/api/v1/usage', '/api/v1/usage/callers'];
  const headersOf = ({ headers }: BookAnswer): Record<string, string> =>
    Object.fromEntries(
      Object.entries(headers).filter(([name]) => name !== 'date' && name !== 'x-request-id'),
    );

  it.each(['identity', 'gzip'])(
    'has the status, the headers and the length of GET, and no body (%s)',
    async (coding) => {
      // A click is led on, without a body.
      for (const call of ofMethod('GET').filter(({ path }) => path !== '/t/c/{token}')) {
        const lines = [`Accept-Encoding: ${coding}`];
        const get = await server.ask('GET', targetOf(call), lines);
        const head = await server.ask('HEAD', targetOf(call), lines);
        expect([call.path, get.status, head.status]).toEqual([call.path, 200, 200]);
        expect(head.bytes).toHaveLength(0);
        expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
        const length = changing.includes(call.path)
          ? { 'content-length': head.headers['content-length'] }
          : {};
        expect([call.path, headersOf(head)]).toEqual([call.path, { ...headersOf(get), ...length }]);
      }
    },
  );

  it.each([
    '/nothing',
    '/increment/none',
    '/api/v1/counters/none',
    '/api/v1/ad/01900000-0000-7000-8000-000000000000',
    '/api/v1/ad/none',
    '/api/v1/ad?limit=0',
    '/increment',
    '/docs/',
    '/%zz',
  ])('of %s has the length of what GET would say of it', async (target) => {
    const get = await server.ask('GET', target);
    const head = await server.ask('HEAD', target);
    expect(get.bytes.length).toBeGreaterThan(0);
    expect([head.status, head.bytes.length]).toEqual([get.status, 0]);
    expect(headersOf(head)).toEqual(headersOf(get));
  });
});

describe('OPTIONS', () => {
  it('of every path is 204 with the methods of the path', async () => {
    for (const path of new Set(calls.map((call) => call.path))) {
      const own = calls.filter((call) => call.path === path);
      const methods = [...own.map(({ method }) => method), 'OPTIONS'];
      if (methods.includes('GET')) methods.push('HEAD');
      const answer = await server.ask('OPTIONS', pathOf(own[0]!));
      const allowed = (answer.headers['allow'] ?? '').split(', ').sort();
      expect([path, answer.status, allowed]).toEqual([path, 204, [...methods].sort()]);
    }
  });

  it('of a path with PATCH says which media types it may have (RFC 5789 3.1), and of no other', async () => {
    for (const path of new Set(calls.map((call) => call.path))) {
      const patch = calls.find((call) => call.path === path && call.method === 'PATCH');
      const answer = await server.ask('OPTIONS', pathOf(calls.find((call) => call.path === path)!));
      const expected = patch === undefined ? [] : [...patch.mediaTypes].sort();
      const accepted = (answer.headers['accept-patch'] ?? '').split(', ').filter(Boolean).sort();
      expect([path, accepted]).toEqual([path, expected]);
    }
  });

  it('for a page of another origin allows every header that a call may have', async () => {
    const lines = ['Origin: http://localhost:8080', 'Access-Control-Request-Method: POST'];
    for (const call of calls) {
      const answer = await server.ask('OPTIONS', pathOf(call), lines);
      const allowed = (answer.headers['access-control-allow-headers'] ?? '').toLowerCase().split(', ');
      const own = call.parameters
        .filter((parameter) => parameter.in === 'header')
        .map(({ name }) => name.toLowerCase());
      const ofBodies = call.mediaTypes.length === 0 ? [] : ['content-type', 'content-encoding'];
      for (const name of [...own, ...ofBodies, 'authorization'])
        expect([call.path, allowed]).toEqual([call.path, expect.arrayContaining([name])]);
    }
  });
});

it('a method that a path lacks is 405 with the methods it has, everywhere the same', async () => {
  for (const path of new Set(calls.map((call) => call.path))) {
    const target = pathOf(calls.find((call) => call.path === path)!);
    const { headers } = await server.ask('OPTIONS', target);
    const answer = await server.ask('PUT', target, [json], '{}');
    expect([path, answer.status, answer.headers['allow']]).toEqual([path, 405, headers['allow']]);
    expect((answer.json as { type: string }).type).toBe('urn:adtally:problem:method-not-allowed');
  }
});

describe('what is missing is said to be missing', () => {
  it('in the body of every call, field by field', async () => {
    const withBody = calls.filter(({ requiredFields }) => requiredFields.length > 0);
    expect(withBody.length).toBeGreaterThanOrEqual(4);
    for (const call of withBody) {
      const answer = await server.ask(call.method, pathOf(call), [json], '{}');
      const expected = call.requiredFields.map((field) => `${field}: is missing`).sort();
      expect([call.path, answer.status, [...answer.errors].sort()]).toEqual([call.path, 400, expected]);
    }
  });

  it('in the entries of a list', async () => {
    const body = { increments: [{ key: 'here', value: 1 }, { key: 'here' }, { value: 1 }, {}] };
    const answer = await server.post('/api/v1/increments', body);
    expect(answer.errors).toEqual(
      ['1.value', '2.key', '3.key', '3.value'].map((path) => `increments.${path}: is missing`),
    );
  });

  it('in the query of every call', async () => {
    const required = calls
      .map((call) => ({
        call,
        names: call.parameters
          .filter((parameter) => parameter.in === 'query' && parameter.required === true)
          .map(({ name }) => name),
      }))
      .filter(({ names }) => names.length > 0);
    expect(required.length).toBeGreaterThanOrEqual(2);
    for (const { call, names } of required) {
      const answer = await server.ask(call.method, pathOf(call));
      const errors = names.map((name) => `${name}: is missing`).sort();
      expect([call.path, answer.status, [...answer.errors].sort()]).toEqual([call.path, 400, errors]);
    }
  });

  it('beside what is wrong in another way', async () => {
    const answer = await server.post('/increment', { value: 'one', colour: 'red' });
    expect([...answer.errors].sort()).toEqual([
      'colour: is not known',
      'key: is missing',
      expect.stringMatching(/^value: must be a whole number/),
    ]);
  });

  it('but null is not missing', async () => {
    const answer = await server.post('/increment', { key: null, value: 1 });
    expect(answer.errors).toEqual(['key: must be text']);
  });
});

describe('no word of a library reaches a caller', () => {
  const libraryWords =
    /expected|received|invalid (input|type|option|string|iso|uuid|date)|too (big|small)|unrecognized|undefined|\bNaN\b|regex|pattern|zod|token .* in JSON|position \d|SyntaxError|TypeError|at Object|node:|\.ts\b/i;
  const oddities: readonly unknown[] = [
    ...[null, true, -1, 0.5, 1e300, '', 'x', 'x'.repeat(20_000), [], {}, [[]], [{}], [null], { length: 3 }],
    ...[Array.from({ length: 600 }, (_, index) => index), Array.from({ length: 600 }, () => 'x')],
  ];

  it('whatever is in a field of a body', async () => {
    for (const call of calls.filter(({ mediaTypes }) => mediaTypes.length > 0))
      for (const field of Object.keys(call.fields))
        for (const value of oddities) {
          const body = JSON.stringify({ [field]: value, unknown: 1 });
          const answer = await server.ask(call.method, pathOf(call), [json], body);
          expect(answer.status).toBe(400);
          for (const error of answer.errors) expect(error).not.toMatch(libraryWords);
        }
  });

  it('whatever a body is', async () => {
    const bodies = [
      '',
      '{',
      '[1',
      'nul',
      '{"a":1,}',
      '{"a":1e999}',
      "{'a':1}",
      '"x"',
      '7',
      '[]',
      '\u0000',
      '{"a":1}{',
    ];
    for (const call of calls.filter(({ mediaTypes }) => mediaTypes.length > 0))
      for (const body of bodies) {
        const answer = await server.ask(call.method, pathOf(call), [json], body);
        expect([call.path, body, answer.status]).toEqual([call.path, body, 400]);
        expect(answer.text).not.toMatch(libraryWords);
      }
  });

  it('whatever is in a parameter, however often', async () => {
    const values = ['', 'x', '-1', '1.5', '1e9', '%00', 'null', '9'.repeat(400), '%F0%9F%98%80', 'x%2Fy'];
    for (const call of calls)
      for (const { name } of call.parameters.filter((parameter) => parameter.in === 'query')) {
        const many = Array.from({ length: 101 }, (_, index) => `${name}=${index}`).join('&');
        const base = queries[call.path]?.startsWith(`?${name}=`) === false ? `${queries[call.path]!}&` : '?';
        for (const value of [...values.map((text) => `${name}=${text}`), many, `${name}=1&${name}=1`]) {
          const answer = await server.ask(call.method, `${pathOf(call)}${base}${value}`);
          expect(answer.status).toBeLessThan(500);
          for (const error of answer.errors) expect(error).not.toMatch(libraryWords);
        }
      }
  });

  it('whatever is in a header that is not understood', async () => {
    for (const line of [
      'Idempotency-Key: "',
      'Consistency-Token: ?',
      'Content-Type: ?',
      'Content-Encoding: ?',
    ]) {
      const answer = await server.post('/increment', { key: 'here', value: 1 }, line);
      expect(answer.text).not.toMatch(libraryWords);
      const read = await server.get('/increment/here', line);
      expect(read.text).not.toMatch(libraryWords);
    }
  });
});
