import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { createReadStats } from '../../functions/read-stats/read-stats.ts';
import { stageSettings } from '../../lib/stages.ts';
import { apiCalls } from '../support/api-calls.ts';
import { createHttpWorld } from '../support/http-world.ts';
import { someStats } from '../support/some-stats.ts';
import { TwoDoors, type Ask, type DoorAnswer } from '../support/two-doors.ts';
import { ad, decideFor, goodRequest, json, post, wait, withLines, type AskedDecision } from './requests.ts';

/** Which headers each call reads, and which its answers have, to the value. */

/** What every answer has. */
const secure = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};
const ofJson = { 'content-type': 'application/json', ...secure };
const ofRead = { ...ofJson, vary: 'Accept-Encoding' };
const neverStored = { ...ofRead, 'cache-control': 'no-store' };
const ofProblem = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...secure };
const tokenOf = (stream: string, sequence: number): string =>
  `${stream}2.local.1.shardId-000000000000.${sequence}.1795215600`;
const token = (sequence: number) => ({ 'consistency-token': tokenOf('a', sequence) });
const allowed =
  'Authorization, Content-Encoding, Content-Type, X-Api-Key, Idempotency-Key, Consistency-Token, Prefer, If-Match, If-None-Match, Traceparent, X-Request-Id';
const exposed =
  'Consistency-Token, Catalog-Version, Catalog-Stale-Ms, Delivery-Degraded, ETag, Location, Cache-Control, Idempotent-Replayed, Preference-Applied, Allow, Accept, Accept-Encoding, Accept-Patch, Deprecation, Link, Next-Cursor, Retry-After, WWW-Authenticate, RateLimit, RateLimit-Policy, Traceparent, X-Request-Id';

/** In order, from an empty world on. `AD`: the path of the first ad; `*`: a text of which only a pattern is known. */
const answers: readonly (readonly [Ask, number, Readonly<Record<string, string>>])[] = [
  [
    post('/api/v1/ad', ad, wait, 'Idempotency-Key: a'),
    201,
    { ...ofJson, ...token(1), location: 'AD', etag: '"1"', 'preference-applied': 'wait=5' },
  ],
  [
    post('/api/v1/ad', ad, wait, 'Idempotency-Key: a'),
    201,
    {
      ...ofJson,
      ...token(1),
      location: 'AD',
      etag: '"1"',
      'preference-applied': 'wait=5',
      'idempotent-replayed': 'true',
    },
  ],
  [{ ...post('AD', { title: 'Coffee time' }), method: 'PATCH' }, 202, { ...ofJson, ...token(2) }],
  [
    { ...post('AD', {}, wait), method: 'PATCH' },
    200,
    { ...ofJson, etag: '"2"', 'preference-applied': 'wait=5' },
  ],
  [
    { ...post('AD', { title: 'Coffee break' }, wait), method: 'PATCH' },
    200,
    { ...ofJson, ...token(3), etag: '"3"', 'preference-applied': 'wait=5' },
  ],
  [
    { ...post('AD', { title: 'Water break' }, 'If-Match: "3"'), method: 'PATCH' },
    200,
    { ...ofJson, ...token(4), etag: '"4"' },
  ],
  [{ target: 'AD' }, 200, { ...ofRead, etag: '"4"', 'cache-control': 'private, no-cache' }],
  [
    { target: '/api/v1/ad' },
    200,
    {
      ...ofRead,
      ...token(4),
      'catalog-version': '4',
      etag: 'W/"4-mjuohs00-....0.10"',
      'cache-control': 'public, max-age=0, must-revalidate, stale-if-error=0',
      vary: 'Consistency-Token, Accept-Encoding',
    },
  ],
  [
    { target: '/api/v1/ad?age=24&country=TW&gender=F&platform=ios&offset=3&limit=4' },
    200,
    {
      ...ofRead,
      ...token(4),
      'catalog-version': '4',
      etag: 'W/"4-mjuohs00-24.TW.F.ios.3.4"',
      'cache-control': 'public, max-age=0, must-revalidate, stale-if-error=0',
      vary: 'Consistency-Token, Accept-Encoding',
    },
  ],
  [{ target: '/api/v1/ad/explain' }, 200, { ...neverStored, ...token(4), 'catalog-version': '4' }],
  [
    { target: '/api/v1/ads' },
    200,
    { ...neverStored, ...token(4), 'catalog-version': '4', vary: 'Accept, Accept-Encoding' },
  ],
  [
    { target: '/api/v1/ads', lines: ['Accept: application/x-ndjson'] },
    200,
    {
      ...neverStored,
      ...token(4),
      'catalog-version': '4',
      'content-type': 'application/x-ndjson',
      vary: 'Accept, Accept-Encoding',
    },
  ],
  [
    post('/api/v1/decisions', { placements: [{ id: 'a' }] }),
    200,
    { ...ofJson, ...token(4), 'cache-control': 'no-store', 'catalog-version': '4' },
  ],
  [
    post('/api/v1/decisions', { placements: [{ id: 'a' }] }, 'Idempotency-Key: d'),
    200,
    { ...ofJson, ...token(4), 'cache-control': 'no-store', 'catalog-version': '4' },
  ],
  [
    post('/api/v1/decisions', { placements: [{ id: 'a' }] }, 'Idempotency-Key: d'),
    200,
    {
      ...{ ...ofJson, ...token(4), 'cache-control': 'no-store', 'catalog-version': '4' },
      'idempotent-replayed': 'true',
    },
  ],
  [
    post('/api/v1/decisions/explain', { placements: [{ id: 'a' }] }),
    200,
    { ...ofJson, ...token(4), 'cache-control': 'no-store', 'catalog-version': '4' },
  ],
  [{ target: 'AD/delivery?bucket=day' }, 200, neverStored],
  [{ target: '/api/v1/delivery?campaign_id=a' }, 200, neverStored],
  [
    post('/increment', { key: 'a b', value: 1 }),
    202,
    { ...ofJson, 'consistency-token': `${tokenOf('c', 1)}.a%20b` },
  ],
  [post('/increment?mode=sync', { key: 'here', value: 1 }), 200, ofJson],
  [
    post('/api/v1/increments', {
      increments: [
        { key: 'k', value: 1 },
        { key: 'l', value: 1 },
        { key: 'k', value: 1 },
      ],
    }),
    202,
    { ...ofJson, 'consistency-token': `${tokenOf('c', 2)}.k, ${tokenOf('c', 3)}.l` },
  ],
  [
    post(
      '/api/v1/increments',
      { increments: [{ key: 'k', value: 1 }] },
      'Prefer: return=representation, wait=5',
    ),
    202,
    { ...ofJson, 'consistency-token': `${tokenOf('c', 4)}.k`, 'preference-applied': 'return=representation' },
  ],
  [{ target: '/increment/here' }, 200, neverStored],
  [{ target: '/api/v1/counters/here' }, 200, neverStored],
  [{ target: '/api/v1/counters/here/series?bucket=hour' }, 200, neverStored],
  [{ target: '/api/v1/counters?key=here' }, 200, neverStored],
  [{ target: '/api/v1/series?bucket=hour&key=here' }, 200, neverStored],
  [
    { target: '/api/v1/counters?top=1' },
    200,
    { ...neverStored, deprecation: '@1795824000', link: '</api/v1/hot-counters>; rel="successor-version"' },
  ],
  [{ target: '/api/v1/hot-counters' }, 200, neverStored],
  [{ target: '/api/v1/stats' }, 200, neverStored],
  [{ target: '/api/v1/quarantine' }, 200, neverStored],
  [
    post('/api/v1/quarantine/redrive', { ids: ['increments/1/shardId-000000000000/1'] }),
    200,
    { ...ofJson, 'cache-control': 'no-store' },
  ],
  [{ target: '/api/v1/usage' }, 200, neverStored],
  [{ target: '/api/v1/usage/callers' }, 200, neverStored],
  [
    { target: '/' },
    200,
    { ...ofRead, 'cache-control': 'public, max-age=60', vary: 'Accept, Accept-Encoding' },
  ],
  [{ target: '/health' }, 200, neverStored],
  [
    { target: '/openapi.json' },
    200,
    { ...ofRead, etag: '*', 'cache-control': 'public, max-age=60', vary: 'Host, Accept-Encoding' },
  ],
  [
    { target: '/docs' },
    200,
    {
      ...ofRead,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': '*',
      etag: '*',
      'cache-control': 'public, max-age=60',
    },
  ],
  [
    { target: '/console' },
    200,
    {
      ...ofRead,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      etag: '*',
      'cache-control': 'public, max-age=60',
    },
  ],
  [
    { target: '/', lines: ['Accept: text/html'] },
    200,
    {
      ...ofRead,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': '*',
      etag: '*',
      'cache-control': 'public, max-age=60',
      vary: 'Accept, Accept-Encoding',
    },
  ],
  [
    { target: '/favicon.ico' },
    200,
    { ...ofRead, 'content-type': 'image/svg+xml', etag: '*', 'cache-control': 'public, max-age=86400' },
  ],
  [
    { method: 'OPTIONS', target: 'AD' },
    204,
    {
      ...secure,
      allow: 'DELETE, GET, HEAD, OPTIONS, PATCH',
      'access-control-allow-methods': 'DELETE, GET, HEAD, OPTIONS, PATCH',
      'access-control-allow-headers': allowed,
      'access-control-max-age': '600',
      'accept-patch': 'application/json, application/merge-patch+json',
    },
  ],
  [
    { method: 'OPTIONS', target: '/increment' },
    204,
    {
      ...secure,
      allow: 'OPTIONS, POST',
      'access-control-allow-methods': 'OPTIONS, POST',
      'access-control-allow-headers': allowed,
      'access-control-max-age': '600',
    },
  ],
  [post('/increment', 'x'), 400, ofProblem],
  [post('/increment', { key: 'k', value: 1 }, 'If-Match: *'), 412, ofProblem],
  [{ target: '/nothing' }, 404, { ...ofProblem, vary: 'Accept-Encoding' }],
  [{ method: 'PUT', target: '/health' }, 405, { ...ofProblem, allow: 'GET, HEAD, OPTIONS' }],
  [{ method: 'POST', target: '/increment' }, 415, { ...ofProblem, accept: 'application/json' }],
  [
    { method: 'PATCH', target: 'AD' },
    415,
    {
      ...ofProblem,
      accept: 'application/json, application/merge-patch+json',
      'accept-patch': 'application/json, application/merge-patch+json',
    },
  ],
  [{ target: '/health', lines: ['If-Match: "x"'] }, 412, { ...ofProblem, vary: 'Accept-Encoding' }],
  [
    { target: 'AD', lines: ['If-None-Match: W/"4"'] },
    304,
    { ...secure, etag: '"4"', 'cache-control': 'private, no-cache', vary: 'Accept-Encoding' },
  ],
  [
    { method: 'DELETE', target: 'AD', lines: [wait] },
    204,
    { ...secure, ...token(5), 'preference-applied': 'wait=5' },
  ],
  [{ method: 'DELETE', target: 'AD' }, 404, ofProblem],
  [{ target: 'AD' }, 404, { ...ofProblem, vary: 'Accept-Encoding' }],
];

/** The calls that read a header, of those that not every call reads. */
const readers: Readonly<Record<string, readonly string[]>> = {
  'Idempotency-Key': ['createAd', 'updateAd', 'importAds', 'decide', 'increment', 'incrementMany'],
  'Consistency-Token': [
    ...['queryAds', 'explainAds', 'getAd', 'listAds', 'decide', 'explainDecision'],
    ...['getAdDelivery', 'getCampaignDelivery'],
    ...['getTotal', 'getCounter', 'getCounterSeries', 'getSeries', 'getCounters'],
  ],
};
const preferences: Readonly<Record<string, string>> = {
  createAd: 'wait=3',
  updateAd: 'wait=3',
  deleteAd: 'wait=3',
  importAds: 'wait=3',
  incrementMany: 'return=representation',
};
/** The calls with a body, and the media types that they take. */
const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  createAd: ['application/json'],
  updateAd: ['application/json', 'application/merge-patch+json'],
  importAds: ['application/json'],
  decide: ['application/json'],
  explainDecision: ['application/json'],
  trackEvents: ['application/json'],
  increment: ['application/json'],
  incrementMany: ['application/json'],
  redriveQuarantine: ['application/json'],
};
const otherTypes = [
  ...['application/merge-patch+json', 'application/json-patch+json', 'application/problem+json'],
  ...['application/x-json', 'text/json', 'application/*', '*/*', ''],
];
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';

describe('the headers', () => {
  let doors: TwoDoors;
  let adPath = '';
  let decision: AskedDecision;
  beforeAll(async () => {
    doors = await TwoDoors.open({
      functions: ({ ports }) => ({
        'read-stats': createReadStats({ ...ports, stats: { read: () => Promise.resolve(someStats) } }),
        'decide-ads': createDecideAds({ ...ports, isOpen: () => true }),
      }),
    });
  });
  afterAll(() => doors.close());
  const begin = async (): Promise<void> => {
    doors.renew();
    for (const world of doors.worlds) world.startConsumers();
    const created = await doors.ask(post('/api/v1/ad', ad, wait));
    adPath = created.headers['location'] ?? '';
    decision = await decideFor(doors);
    await doors.ask(post('/increment?mode=sync', { key: 'here', value: 1 }));
  };

  it('of every answer are these, to the value', async () => {
    doors.renew();
    for (const world of doors.worlds) world.startConsumers();
    for (const [index, [ask, status, expected]] of answers.entries()) {
      const answer = await doors.ask({ ...ask, target: ask.target.replace('AD', adPath) });
      if (index === 0) adPath = answer.headers['location'] ?? '';
      const known = Object.entries(expected).map(([name, value]) => [
        name,
        value === '*'
          ? (expect.stringMatching(/^("[\w-]{22}"|default-src 'none'; .*)$/) as unknown)
          : value === 'AD'
            ? adPath
            : value,
      ]);
      const { method = 'GET', target } = ask;
      expect([method, target, answer.status, answer.headers]).toEqual([
        method,
        target,
        status,
        Object.fromEntries(known),
      ]);
    }
    expect(adPath).toMatch(/^\/api\/v1\/ad\/[0-9a-f-]{36}$/);
  });

  it('of reports of ads are for pages of any origin', async () => {
    await begin();
    const anyOrigin = { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed };
    const reported = {
      ...{ ...secure, ...anyOrigin },
      ...{ 'cache-control': 'no-store', 'cross-origin-resource-policy': 'cross-origin' },
    };
    const pixel = `/t/i/${decision.token}?cb=1`;
    const { status, headers } = await doors.ask({ target: pixel });
    const ofPixel = { ...reported, 'content-type': 'image/svg+xml', vary: 'Accept-Encoding' };
    expect([status, headers]).toEqual([200, ofPixel]);
    const beacon = await doors.ask({ method: 'POST', target: pixel });
    expect([beacon.status, beacon.headers]).toEqual([204, reported]);
    const click = await doors.ask({ target: `/t/c/${decision.token}${decision.click}&gclid=1` });
    expect([click.status, click.headers]).toEqual([
      302,
      {
        ...{ ...reported, location: 'https://shop.example/', 'referrer-policy': 'no-referrer' },
        vary: 'Accept-Encoding',
      },
    ]);
    const forged = await doors.ask({ target: '/t/i/forged' });
    expect([forged.status, forged.headers]).toEqual([
      400,
      { ...ofProblem, ...anyOrigin, vary: 'Accept-Encoding' },
    ]);
    const events = await doors.ask(post('/api/v1/events', { events: [{ token: 'a', type: 'click' }] }));
    expect([events.status, events.headers]).toEqual([202, { ...ofJson, ...anyOrigin }]);
    for (const target of ['/t/i/a', '/t/c/a', '/api/v1/events']) {
      const preflight = await doors.ask({ method: 'OPTIONS', target });
      expect(preflight.headers).toMatchObject({
        ...{ 'access-control-allow-origin': '*', 'access-control-max-age': '7200' },
      });
    }
  });

  it.each(apiCalls)('that $id reads', async (call) => {
    if (call.method !== 'GET' || call.id === 'queryAds') await begin();
    const { id, method } = call;
    const ask = async (...lines: string[]): Promise<DoorAnswer> => {
      if (id === 'deleteAd') await begin();
      return doors.ask(withLines(goodRequest(call, adPath, decision), ...lines));
    };
    const refusedFor = async (line: string): Promise<string> => {
      const { status, text } = await ask(line);
      return status === 400
        ? (JSON.parse(text) as { errors: { path: string }[] }).errors.map(({ path }) => path).join()
        : '';
    };
    for (const [name, value] of [
      ['Idempotency-Key', 'a b'],
      ['Consistency-Token', 'nonsense'],
    ] as const)
      expect([name, await refusedFor(`${name}: ${value}`)]).toEqual([
        name,
        readers[name]?.includes(id) === true ? name : '',
      ]);
    expect(await refusedFor('If-Match: x')).toBe('If-Match');
    expect(await refusedFor('If-None-Match: x')).toBe(method === 'GET' ? '' : 'If-None-Match');
    const answer = await ask('Prefer: return=representation, wait=3', `Traceparent: ${traceparent}`);
    expect(answer.status).toBeLessThan(id === 'followClick' ? 303 : 300);
    expect([answer.headers['preference-applied'], answer.headers['traceparent']]).toEqual([
      preferences[id],
      traceparent,
    ]);
  });

  it.each(apiCalls)('the media types of $id', async (call) => {
    if (call.id === 'createAd' || call.id === 'deleteAd') await begin();
    const one = ['application/json', 'text/plain'];
    const types = mediaTypes[call.id] === undefined ? one : [...one, ...otherTypes];
    for (const type of types) {
      const { lines = [], ...good } = goodRequest(call, adPath, decision);
      const others = lines.filter((line) => line !== json);
      const { status } = await doors.ask({ ...good, lines: [...others, `Content-Type: ${type}`] });
      const takes = mediaTypes[call.id]?.includes(type) ?? true;
      expect([type, status === 415]).toEqual([type, !takes]);
      if (call.id === 'deleteAd') await begin();
    }
  });

  it('that name the transport and the origin are those of the stage', async () => {
    const ask = async (
      stage: 'local' | 'dev' | 'staging' | 'prod',
      origins: readonly string[],
      origin?: string,
    ) => {
      const settings = stageSettings(stage);
      const world = createHttpWorld({
        settings: { ...settings, http: { ...settings.http, corsOrigins: origins } },
      });
      const { headers } = await world.get('/health', origin === undefined ? {} : { origin });
      return [
        headers['Strict-Transport-Security'],
        headers['Access-Control-Allow-Origin'],
        headers['Access-Control-Expose-Headers'],
        headers['Vary'],
      ];
    };
    const transport = 'max-age=63072000';
    const coding = (stage: string): string => (stage === 'local' ? 'Accept-Encoding, ' : '');
    const [a, b] = ['https://a.example', 'https://b.example'];
    expect(await ask('local', ['*'], a)).toEqual([undefined, '*', exposed, 'Accept-Encoding']);
    for (const stage of ['dev', 'staging', 'prod'] as const) {
      expect(await ask(stage, [], a)).toEqual([transport, undefined, undefined, undefined]);
      expect(await ask(stage, ['*'])).toEqual([transport, '*', exposed, undefined]);
      expect(await ask(stage, [a, b], b)).toEqual([transport, b, exposed, `${coding(stage)}Origin`]);
      for (const origin of [
        undefined,
        'null',
        '',
        `${b}/`,
        `${b}:443`,
        b.toUpperCase(),
        'http://b.example',
        `${a}, ${b}`,
      ])
        expect([origin, ...(await ask(stage, [a, b], origin))]).toEqual([
          origin,
          transport,
          undefined,
          undefined,
          'Origin',
        ]);
    }
  });

  it.each<readonly [string, Ask, number]>([
    ['a malformed address', { target: '/%zz' }, 400],
    ['a target that is no path', { target: '*' }, 400],
    ['an unknown version of HTTP', { target: '/ HTTP/3.0\r\nX:' }, 505],
    ['an unknown transfer coding', { target: '/', lines: ['Transfer-Encoding: br, chunked'] }, 501],
    ['an unknown content coding', post('/increment', '{}', 'Content-Encoding: br'), 415],
    ['a body that is too large', { ...post('/increment', 'x'.repeat(262_145)) }, 413],
    ['an address that is too long', { target: `/${'x'.repeat(327_680)}` }, 414],
    ['headers that are too large', { target: '/', lines: [`X: ${'x'.repeat(16_384)}`] }, 431],
  ])('and the server itself refuses %s as a function would', async (_name, ask, status) => {
    const answer = await doors.askServer(ask);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(ofProblem);
  });

  it('and the figures of a stage are where they belong', async () => {
    const { text } = await doors.ask({ target: '/api/v1/stats' });
    const counts = (first: number) => ({
      ...{ requests: first, refused: first + 1, errors: first + 2, accepted: first + 3, counted: first + 4 },
      ...{ added_at_once: first + 5, ad_reads: first + 6, counter_reads: first + 7, ad_changes: first + 8 },
    });
    const bounds = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, null];
    expect(JSON.parse(text)).toEqual({
      ...{ stage: 'local', at: '2026-01-01T00:00:00.000Z', source: 'process', refresh_seconds: 2 },
      rates: { window_seconds: 60, ...counts(100) },
      totals: {
        since: '2025-12-31T00:00:00.000Z',
        ...counts(200),
        ...{ duplicates: 301, quarantined: 302, redriven: 303, in_flight: 203 - 204 - 301 - 302 },
      },
      freshness: {
        ...{ window_seconds: 300, count: 55, p50_ms: 11, p90_ms: 12, p99_ms: 13 },
        buckets: bounds.map((up_to_ms, count) => ({ up_to_ms, count })),
      },
      streams: [
        {
          ...{ stream: 'increments', consumer: 'aggregate-increments', shard_count: 1, lanes_per_shard: 2 },
          ...{ records_behind: 21, oldest_age_ms: 22, log_bytes: 23 },
          shards: [
            {
              ...{ shard_id: 'shardId-000000000000', records_behind: 31, oldest_age_ms: 32 },
              lanes: [
                { records_behind: 41, oldest_age_ms: 42, busy: true },
                { records_behind: 43, oldest_age_ms: null, busy: false },
              ],
            },
          ],
        },
        {
          ...{ stream: 'ad-events', consumer: 'project-ads', shard_count: null, lanes_per_shard: 1 },
          ...{ records_behind: null, oldest_age_ms: null, log_bytes: null, shards: null },
        },
      ],
      readers: {
        ...{ at_once: 61, catalog_version: 62, stale_served_ms: 63 },
        releases: [{ version: '67', share: 1, warm_containers: 68 }],
        containers: [{ name: 'query-ads', ads: 65, catalog_version: 64, checked_ago_ms: 66 }],
      },
      ads: {
        ...{ live: 71, live_max: 1_000_000 },
        changes: expect.any(Object) as unknown,
      },
      audit: null,
      canary: null,
    });
  });
});
