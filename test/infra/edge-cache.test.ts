import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type * as z from 'zod';
import { requestHeaders } from '../../lib/api/headers.ts';
import { routes } from '../../lib/api/routes.ts';
import { edgeCaches } from '../../lib/infra/edge-cache.ts';
import { edgeFaultIn } from '../../lib/infra/edge-region.ts';
import { stageSettings, type StageSettings } from '../../lib/stages.ts';
import { apiCalls } from '../support/api-calls.ts';
import { EdgeModel } from '../support/edge-model.ts';
import { createHttpWorld, type HttpWorld, type Reply } from '../support/http-world.ts';
import type { Request } from '../support/proxy-event.ts';

/**
 * What CloudFront keeps, held against the functions that answer: a caller never gets from the cache what the API
 * would not have answered to the same call. Parameters, headers and calls come from the table of routes, so that a
 * new one that changes an answer, and is not in the key, fails here.
 */
type Http = StageSettings['http'];

function behindEdge(stage: 'dev' | 'prod', http: Partial<Http> = {}): StageSettings {
  const settings = stageSettings(stage);
  return { ...settings, cloud: { ...settings.cloud, edge: {} }, http: { ...settings.http, ...http } };
}

const ad = { title: 'Tea time', content: 'Two for one', start_at: '2026-01-01T00:00:00Z' };
const page = { query: 'none', headers: [] };

function pathsOf(settings: StageSettings): string[] {
  return edgeCaches(settings).map(({ path }) => path);
}

describe('the edge keeps', () => {
  it('pages of ads by their whole query and the tokens, and the pages of the API by their path', () => {
    expect(edgeCaches(behindEdge('prod'))).toEqual([
      { path: '/api/v1/ad', query: 'all', headers: ['Consistency-Token'] },
      { path: '/openapi.json', ...page },
      { path: '/docs', ...page },
      { path: '/console', ...page },
      { path: '/favicon.ico', ...page },
    ]);
  });

  it('answers for each origin, where the stage has a list of them', () => {
    const listed = edgeCaches(
      behindEdge('prod', { corsOrigins: ['https://a.example', 'https://b.example'] }),
    );
    expect(listed.map(({ headers }) => headers)).toEqual([
      ['Consistency-Token', 'Origin'],
      ...Array.from({ length: 4 }, () => ['Origin']),
    ]);
    expect(edgeCaches(behindEdge('dev')).flatMap(({ headers }) => headers)).toEqual(['Consistency-Token']);
  });

  it('no ads where reads need a token', () => {
    expect(pathsOf(behindEdge('prod', { publicReads: false }))).toEqual([
      ...['/openapi.json', '/docs', '/console', '/favicon.ico'],
    ]);
  });
});

describe('an answer says that shared caches may keep it', () => {
  const get = async (settings: StageSettings): Promise<[string, Reply][]> => {
    const world = createHttpWorld({ settings });
    world.startConsumers();
    const created = await world.post('/api/v1/ad', { ...ad, end_at: '2036-01-01T00:00:00Z' }, wait);
    await world.post('/increment', { key: 'here', value: 1 });
    await world.clock.advance(1000);
    const target = (path: string): string =>
      path
        .replace('/api/v1/ad/{id}', created.headers['Location'] ?? '')
        .replace('{key}', 'here')
        .replace(/\/api\/v1\/counters$/, '/api/v1/counters?key=here')
        .replace(/\/api\/v1\/delivery$/, '/api/v1/delivery?campaign_id=here')
        .replace(/\/delivery$/, '/delivery?bucket=hour')
        .replace(/\/series$/, '/series?bucket=hour&key=here')
        .replace('here/series?bucket=hour&key=here', 'here/series?bucket=hour');
    const reads = apiCalls.filter(
      ({ method, functionName }) => method === 'GET' && functionName !== 'read-stats',
    );
    const found: [string, Reply][] = [];
    for (const { path } of reads) found.push([path, await world.get(target(path))]);
    return found;
  };
  const wait = { prefer: 'wait=1' };
  const isPublic = ({ headers }: Reply): boolean => headers['Cache-Control']?.startsWith('public') === true;

  it.each([
    ['with public reads', {}, ['/api/v1/ad']],
    ['without', { publicReads: false }, []],
  ] as const)('where the table of routes says so, %s', async (_name, http, ads) => {
    const answers = await get(behindEdge('prod', http));
    // Beacons are asked for without a decision here; nothing of them is kept, whatever they answer.
    expect(answers.filter(([path, { status }]) => status !== 200 && !path.startsWith('/t/'))).toEqual([]);
    // The root differs by Accept, and is asked so seldom that the edge need not keep it.
    const pages = ['/', '/openapi.json', '/docs', '/console', '/favicon.ico'];
    expect(answers.filter(([, reply]) => isPublic(reply)).map(([path]) => path)).toEqual([...ads, ...pages]);
    const others = answers.filter(([, reply]) => !isPublic(reply));
    expect(
      others.filter(([, { headers }]) => !/private|no-store/.test(headers['Cache-Control'] ?? '')),
    ).toEqual([]);
  });

  it('and differs by no header that is not in the key', async () => {
    for (const http of [{}, { corsOrigins: ['https://a.example'] }, { compressAnswers: true }]) {
      const settings = behindEdge('prod', http);
      const caches = edgeCaches(settings);
      for (const [path, { headers }] of await get(settings)) {
        const cache = caches.find((one) => one.path === path);
        if (cache === undefined) continue;
        const varied = (headers['Vary'] ?? '').split(', ').filter((name) => name !== '');
        // The API sees one Host alone: its own.
        const keyed = [...cache.headers, 'Accept-Encoding', 'Host'];
        expect([path, varied.filter((name) => !keyed.includes(name))]).toEqual([path, []]);
      }
    }
  });
});

/** Two values of each header that the API reads, or that browsers and proxies send. */
const headerValues: Readonly<Record<string, readonly string[]>> = {
  'Consistency-Token': ['a2.prod.1.shardId-000000000000.1.1795215600', 'nonsense'],
  'Idempotency-Key': ['a', 'b'],
  Prefer: ['wait=1', 'return=minimal'],
  Traceparent: [
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00',
    '00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-00',
  ],
  'X-Request-Id': ['mine', 'theirs'],
  Authorization: ['Bearer adtally_a', 'Bearer adtally_b'],
  Origin: ['https://a.example', 'https://evil.example'],
  Accept: ['text/html', 'application/json'],
  'Accept-Encoding': ['gzip', 'identity'],
  'Accept-Language': ['de', 'zh'],
  Host: ['ads.example.com', 'd111.cloudfront.net'],
  Cookie: ['a=1', 'a=2'],
  'User-Agent': ['one', 'two'],
  'X-Forwarded-For': ['192.0.2.1', '192.0.2.2'],
  'X-Forwarded-Host': ['evil.example', 'other.example'],
  'X-Http-Method-Override': ['DELETE', 'POST'],
  'X-Api-Key': ['one', 'two'],
  Range: ['bytes=0-9', 'bytes=5-'],
};

/** They only decide whether an answer is sent, which a cache decides by itself (RFC 9110, 13.1), and are tested apart. */
const preconditions = ['If-Match', 'If-None-Match'];

it('every header that the API reads is tried', () => {
  const untried = Object.keys(requestHeaders).filter((name) => !(name in headerValues));
  expect(untried.sort()).toEqual(preconditions);
});

/** Two good values of each parameter of what the edge keeps by its query. */
const queryValues: Readonly<Record<string, readonly string[]>> = {
  ...{ age: ['24', 'unknown'], country: ['TW', 'JP'], gender: ['F', 'M'], platform: ['ios', 'web'] },
  ...{ offset: ['0', '1'], limit: ['10', '1'], consistency: ['strong', 'eventual'] },
};

it('every parameter by which the edge tells calls apart is tried', () => {
  const kept = routes.filter(({ shared, query }) => shared !== undefined && query !== 'any');
  const names = kept.flatMap(({ query }) => (query === 'any' ? [] : Object.keys(query.shape)));
  expect(names.filter((name) => !(name in queryValues))).toEqual([]);
});

/** Good values of known parameters, and some of what is refused: bad ones, empty ones, unknown and repeated names. */
function queryOf(query: z.ZodObject | 'any'): fc.Arbitrary<string> {
  const names = query === 'any' ? ['a'] : [...Object.keys(query.shape), 'more'];
  const one = fc.oneof(
    {
      weight: 9,
      arbitrary: fc.constantFrom(...names.flatMap((name) => pairsOf(name, queryValues[name] ?? []))),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...[...names, 'unknown'].flatMap((name) => pairsOf(name, ['', 'x', '0']))),
    },
  );
  return fc.array(one, { maxLength: 3 }).map((parts) => parts.join('&'));
}

function pairsOf(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [name] : values.map((value) => `${name}=${value}`);
}

const reads = routes.filter(({ method, path }) => method === 'GET' && !path.includes('{'));

const requests: fc.Arbitrary<Request> = fc
  .oneof(
    { weight: 2, arbitrary: fc.constantFrom(...reads.filter(({ query }) => query !== 'any')) },
    { weight: 2, arbitrary: fc.constantFrom(...reads.filter(({ query }) => query === 'any')) },
    { weight: 4, arbitrary: fc.constantFrom(...reads.filter(({ path }) => path === '/api/v1/ad')) },
  )
  .chain(({ path, query }) =>
    fc.record({
      method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS'),
      path: queryOf(query).map((text) => (text === '' ? path : `${path}?${text}`)),
      headers: fc
        .uniqueArray(fc.constantFrom(...Object.keys(headerValues)), { maxLength: 4 })
        .chain((names) =>
          fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...headerValues[name]!)]))),
        ),
    }),
  );

/** What names the call, and not the answer. */
const ofOneCall = ['X-Request-Id', 'Traceparent'];

function comparable({ status, headers, text }: Reply, path: string) {
  const kept = Object.entries(headers).filter(([name]) => !ofOneCall.includes(name));
  // How long the API is up, and its age.
  return { status, headers: Object.fromEntries(kept), text: path.startsWith('/health') ? '' : text };
}

describe.each([
  ['prod', {}],
  ['dev', {}],
  ['prod', { corsOrigins: ['https://a.example', 'https://b.example'] }],
  ['prod', { compressAnswers: true }],
  ['prod', { publicReads: false }],
] as const)('the cache of %s with %j', (stage, http) => {
  const settings = behindEdge(stage, http);
  let world: HttpWorld;
  let edge: EdgeModel;

  beforeEach(async () => {
    world = createHttpWorld({ settings });
    world.startConsumers();
    await world.post('/api/v1/ad', { ...ad, end_at: '2036-01-01T00:00:00Z' }, { prefer: 'wait=1' });
  });

  it('gives every caller what the API answers to the same call', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: 2, maxLength: 12 }), async (calls) => {
        edge = new EdgeModel(edgeCaches(settings), world.send, () => world.clock.nowMs());
        for (const call of calls) {
          const given = await edge.send(call);
          // A cache that keeps nothing.
          const asked = await new EdgeModel([], world.send, () => 0).send(call);
          expect(comparable(given, call.path)).toEqual(comparable(asked, call.path));
          const { 'X-Request-Id': id, Traceparent: trace } = call.headers ?? {};
          expect([undefined, id]).toContain(given.headers['X-Request-Id']);
          expect([undefined, trace]).toContain(given.headers['Traceparent']);
        }
        hits += edge.hits;
      }),
      { numRuns: 150 },
    );
    expect(hits).toBeGreaterThan(0);
  });
});

describe('the cache of prod', () => {
  const settings = behindEdge('prod');

  /** `isDown`: API Gateway answers by itself. */
  function open(failing = { isDown: false }) {
    const world = createHttpWorld({ settings });
    const down = { status: 503, headers: { 'Cache-Control': 'no-store' }, text: '', json: undefined };
    const origin = (request: Request) =>
      failing.isDown ? Promise.resolve<Reply>(down) : world.send(request);
    world.startConsumers();
    const edge = new EdgeModel(edgeCaches(settings), origin, () => world.clock.nowMs());
    const create = (endAt: string, headers = {}) =>
      edge.send({
        ...{ method: 'POST', path: '/api/v1/ad', body: { ...ad, end_at: endAt } },
        headers: { 'content-type': 'application/json', prefer: 'wait=1', ...headers },
      });
    const totalOf = async (headers = {}): Promise<unknown> => {
      const { status, json } = await edge.send({ path: '/api/v1/ad', headers });
      return status === 200 ? (json as { total: number }).total : status;
    };
    return { world, edge, create, totalOf };
  }

  it('hides no write from a caller who presents its token', async () => {
    const { world, create, totalOf, edge } = open();
    for (let written = 1; written <= 5; written += 1) {
      await totalOf();
      const { headers } = await create('2036-01-01T00:00:00Z');
      const token = headers['Consistency-Token'];
      expect(await totalOf({ 'Consistency-Token': token })).toBe(written);
      await world.clock.advance(300);
    }
    expect(edge.hits).toBeGreaterThan(0);
  });

  it('keeps no answer to a strong read', async () => {
    const { edge } = open();
    const ask = () => edge.send({ path: '/api/v1/ad?consistency=strong' });
    expect((await ask()).headers['Cache-Control']).toBe('private, no-cache');
    await ask();
    expect(edge.hits).toBe(0);
  });

  it('gives no ad after its end, also if an answer takes a second to reach it', async () => {
    const { world, create } = open();
    const late = new EdgeModel(edgeCaches(settings), world.send, () => world.clock.nowMs(), {
      travel: () => world.clock.advance(1000),
    });
    const given: [number, number][] = [];
    // Each ends at another time after an answer was made.
    for (let phaseMs = 0; phaseMs < 2000; phaseMs += 190) {
      const endMs = world.clock.nowMs() + 5000 + phaseMs;
      await create(new Date(endMs).toISOString());
      while (world.clock.nowMs() < endMs + 2000) {
        await world.clock.advance(130);
        const { hits } = late;
        const { json } = await late.send({ path: '/api/v1/ad' });
        if (late.hits > hits) given.push([world.clock.nowMs() - endMs, (json as { total: number }).total]);
      }
    }
    expect(given.filter(([afterMs, total]) => afterMs >= 0 && total > 0)).toEqual([]);
    expect(given.filter(([, total]) => total === 1).length).toBeGreaterThan(100);
  });

  it('gives no old page when the API fails: its ads may have ended', async () => {
    const failing = { isDown: false };
    const { world, create, totalOf } = open(failing);
    await create(new Date(world.clock.nowMs() + 30_000).toISOString());
    expect(await totalOf()).toBe(1);
    failing.isDown = true;
    await world.clock.advance(100_000);
    expect(await totalOf()).toBe(503);
    failing.isDown = false;
    expect(await totalOf()).toBe(0);
  });

  it.each(['If-Match', 'If-None-Match'])(
    'keeps no answer to a call with %s for one without',
    async (name) => {
      const { edge } = open();
      const value = name === 'If-Match' ? '"other"' : '*';
      const { status } = await edge.send({ path: '/docs', headers: { [name]: value } });
      expect(status).toBe(name === 'If-Match' ? 412 : 304);
      const { status: next, text } = await edge.send({ path: '/docs' });
      expect([next, text.startsWith('<!doctype html>')]).toEqual([200, true]);
    },
  );
});

describe('a web ACL before CloudFront', () => {
  const edge = (more = {}): StageSettings => {
    const settings = behindEdge('prod');
    return { ...settings, cloud: { ...settings.cloud, edge: { ...more } } };
  };
  const webAclArn = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/b';

  it('is refused outside of us-east-1, before anything is deployed', () => {
    expect(edgeFaultIn(edge(), 'eu-west-1')).toBe(
      'The web ACL of prod is before CloudFront. AWS makes such an ACL in us-east-1 alone, not in eu-west-1: deploy to us-east-1, or make an ACL there and name it in cloud.edge.webAclArn.',
    );
  });

  it.each([
    ['in us-east-1', edge(), 'us-east-1'],
    ['in a region that nobody knows yet', edge(), undefined],
    ['with an ACL that was made before', edge({ webAclArn }), 'eu-west-1'],
    ['without an ACL', behindEdge('dev'), 'eu-west-1'],
    ['before the API', stageSettings('prod'), 'eu-west-1'],
  ])('is fine %s', (_name, settings, region) => {
    expect(edgeFaultIn(settings, region)).toBeUndefined();
  });
});
