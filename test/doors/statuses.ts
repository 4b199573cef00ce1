import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { inlineDocument } from '../../lib/api/document/openapi.ts';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { createDescribeApi } from '../../functions/describe-api/describe-api.ts';
import { createReadStats } from '../../functions/read-stats/read-stats.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import type { EventLog } from '../../lib/ports/event-log.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import { apiCalls, type ApiCall } from '../support/api-calls.ts';
import { someStats } from '../support/some-stats.ts';
import { ad, decideFor, goodRequest, json, post, unknownAd, wait, type AskedDecision } from './requests.ts';
import { TwoDoors, type Ask, type DoorAnswer, type DoorOptions } from '../support/two-doors.ts';

/** Every status that every call has, written out, and a request that gets it. */

/** What a call answers besides the statuses of all calls. */
const own: Readonly<Record<string, readonly number[]>> = {
  createAd: [201, 202, 409, 415, 422, 503, 507],
  queryAds: [200, 503],
  explainAds: [200, 503],
  getAd: [200, 404, 503],
  updateAd: [200, 202, 404, 409, 415, 422, 503, 507],
  deleteAd: [202, 204, 404, 503],
  importAds: [200, 202, 207, 415, 422, 503],
  listAds: [200, 503],
  decide: [200, 415, 422, 503],
  explainDecision: [200, 415, 503],
  showPixel: [200, 403, 410, 503],
  sendBeacon: [204, 403, 410, 503],
  followClick: [302, 410, 503],
  trackEvents: [202, 207, 415, 503],
  getAdDelivery: [200, 503],
  getCampaignDelivery: [200, 503],
  increment: [200, 202, 204, 415, 422, 503],
  getTotal: [200, 404, 503],
  incrementMany: [202, 207, 415, 422, 503],
  getCounter: [200, 404, 503],
  getCounterSeries: [200, 404, 503],
  getCounters: [200, 503],
  getSeries: [200, 503],
  getHotCounters: [200, 503],
  getStats: [200, 503],
  listQuarantine: [200, 503],
  redriveQuarantine: [200, 415, 503],
  getUsage: [200, 503],
  listCallers: [200, 503],
  getRoot: [200],
  getHealth: [200],
  getOpenApi: [200],
  getDocs: [200],
  getConsole: [200],
  getIcon: [200],
};
const ofEveryCall = [400, 405, 412, 413, 414, 429, 431, 500, 501, 502, 504];
/** Loaded by browsers: what they bring is signed. */
const loaded = ['showPixel', 'sendBeacon', 'followClick'];
const pages = ['getRoot', 'getHealth', 'getOpenApi', 'getDocs', 'getConsole', 'getIcon'];

const document = inlineDocument();

it.each(apiCalls)('the document has the statuses of $id', ({ id, method, path }) => {
  const { responses = {} } = document.paths[path]?.[method.toLowerCase()] ?? {};
  const expected = [
    ...(own[id] ?? []),
    ...ofEveryCall,
    ...(method === 'GET' ? [304] : []),
    ...(pages.includes(id) || loaded.includes(id) ? [] : [401, 403]),
  ];
  expect(Object.keys(responses).map(Number)).toEqual(expected.sort((a, b) => a - b));
});

let adPath: string;
let decision: AskedDecision;
const good = (call: ApiCall): Ask => goodRequest(call, adPath, decision);

async function openDoors(options: DoorOptions = {}): Promise<TwoDoors> {
  const doors = await TwoDoors.open({
    functions: ({ ports }) => ({
      'read-stats': createReadStats({ ...ports, stats: { read: () => Promise.resolve(someStats) } }),
      'decide-ads': createDecideAds({ ...ports, isOpen: () => true }),
    }),
    ...options,
  });
  return doors;
}

/** An ad, and a counter that is called `here`. */
async function seed(doors: TwoDoors): Promise<void> {
  for (const world of doors.worlds) world.startConsumers();
  const created = await doors.ask(post('/api/v1/ad', ad, wait));
  expect(created.status).toBe(201);
  adPath = created.headers['location'] ?? '';
  decision = await decideFor(doors);
  expect((await doors.ask(post('/increment?mode=sync', '{"key":"here","value":1}'))).status).toBe(200);
}

const typeOf = ({ text }: DoorAnswer): string =>
  text === '' ? '' : ((JSON.parse(text) as { type?: string }).type?.split(':').at(-1) ?? '');

describe('each call answers', () => {
  let doors: TwoDoors;
  beforeAll(async () => {
    doors = await openDoors();
    await seed(doors);
  });
  afterAll(() => doors.close());
  const call = (id: string): Ask => good(apiCalls.find((one) => one.id === id) as ApiCall);
  const gets = apiCalls.filter(({ id, method }) => method === 'GET' && id !== 'followClick');
  /** The first call of each function. */
  const oneOfEach = apiCalls.filter(
    ({ functionName }, at) => apiCalls.findIndex((one) => one.functionName === functionName) === at,
  );
  const writes = apiCalls.filter(({ method }) => method !== 'GET');

  it.each(gets)('200 and 304: $id, and HEAD as GET', async (one) => {
    const answer = await doors.ask(good(one));
    expect(answer.status).toBe(200);
    expect(await doors.ask({ ...good(one), method: 'HEAD' })).toEqual({ ...answer, text: '' });
    const unchanged = await doors.ask({ ...good(one), lines: ['If-None-Match: *'] });
    expect([unchanged.status, unchanged.text, unchanged.headers['content-type']]).toEqual([
      304,
      '',
      undefined,
    ]);
    expect({ 'content-type': answer.headers['content-type'], ...unchanged.headers }).toEqual(answer.headers);
  });

  it('302: followClick, and HEAD as GET', async () => {
    const answer = await doors.ask(call('followClick'));
    expect([answer.status, answer.headers['location']]).toEqual([302, 'https://shop.example/']);
    expect(await doors.ask({ ...call('followClick'), method: 'HEAD' })).toEqual(answer);
  });

  it.each(apiCalls)('400 to a precondition that is none: $id', async (one) => {
    const { lines = [], ...ask } = good(one);
    const answer = await doors.ask({ ...ask, lines: [...lines, 'If-Match: 17'] });
    expect([answer.status, typeOf(answer)]).toEqual([400, 'invalid-request']);
    expect(answer.text).toContain('"path":"If-Match"');
  });

  it.each(apiCalls)('412 to a tag that its target does not have: $id', async (one) => {
    const { lines = [], ...ask } = good(one);
    const answer = await doors.ask({ ...ask, lines: [...lines, 'If-Match: "other"'] });
    // A redirect has no conditions (RFC 9110, 13.2.1).
    if (one.id === 'followClick') expect(answer.status).toBe(302);
    else expect([answer.status, typeOf(answer)]).toEqual([412, 'precondition-failed']);
  });

  it.each(oneOfEach)('413, 414 and 431 to what is too large: $id', async (one) => {
    const { target, lines = [], ...ask } = good(one);
    const tooMuch = { ...ask, target, lines, body: 'x'.repeat(262_145) };
    for (const large of [await doors.askServer(tooMuch), await doors.askEvents(tooMuch)])
      expect([large.status, typeOf(large)]).toEqual([413, 'too-large']);
    const query = `${target.includes('?') ? '&' : '?'}x=${'x'.repeat(327_680)}`;
    const long = await doors.askServer({ ...ask, lines, target: target + query });
    expect([long.status, typeOf(long)]).toEqual([414, 'uri-too-long']);
    const headers = await doors.askServer({ ...ask, target, lines: [...lines, `X: ${'x'.repeat(16_384)}`] });
    expect([headers.status, typeOf(headers)]).toEqual([431, 'headers-too-large']);
  });

  it.each([
    ['createAd', 202, []],
    ['createAd', 201, [wait]],
    ['updateAd', 202, []],
    ['updateAd', 200, [wait]],
    ['importAds', 202, []],
    ['importAds', 200, [wait]],
    ['increment', 202, []],
    ['incrementMany', 202, []],
    ['redriveQuarantine', 200, []],
    ['decide', 200, []],
    ['explainDecision', 200, []],
    ['sendBeacon', 204, []],
    ['trackEvents', 202, []],
    ['deleteAd', 202, []],
  ])('%s: %i with %j', async (id, status, lines) => {
    const own = call(id);
    expect((await doors.ask({ ...own, lines: [...(own.lines ?? []), ...lines] })).status).toBe(status);
    if (id === 'deleteAd') await seed(doors);
  });

  it('200 and 204 by the other ways to them', async () => {
    const sync = { ...call('increment'), target: '/increment?mode=sync' };
    expect((await doors.ask(sync)).status).toBe(200);
    const unchanged = { ...call('updateAd'), body: '{}' };
    expect((await doors.ask(unchanged)).status).toBe(200);
    expect((await doors.ask({ ...call('deleteAd'), lines: [wait] })).status).toBe(204);
    await seed(doors);
  });

  it.each([
    ['getAd', unknownAd],
    ['updateAd', unknownAd],
    ['deleteAd', unknownAd],
    ['getTotal', '/increment/none'],
    ['getCounter', '/api/v1/counters/none'],
    ['getCounterSeries', '/api/v1/counters/none/series?bucket=day'],
  ])('404: %s', async (id, target) => {
    const answer = await doors.ask({ ...call(id), target });
    expect([answer.status, typeOf(answer)]).toEqual([404, 'not-found']);
  });

  it.each(writes.filter(({ id }) => id !== 'deleteAd' && id !== 'sendBeacon'))('415: $id', async (one) => {
    const answer = await doors.ask({ ...good(one), lines: ['Content-Type: text/plain'] });
    expect([answer.status, typeOf(answer)]).toEqual([415, 'unsupported-media-type']);
  });

  it.each([
    ['createAd', { ...ad, title: 'Coffee time' }],
    ['updateAd', { title: 'Water time' }],
    ['importAds', { ads: [{ ...ad, external_id: 'shop-2' }] }],
    ['decide', { placements: [{ id: 'bottom' }] }],
    ['increment', { key: 'here', value: 2 }],
    ['incrementMany', { increments: [{ key: 'here', value: 2 }] }],
  ])('422: %s', async (id, other) => {
    const own = { ...call(id), lines: [json, `Idempotency-Key: key-of-${id}`] };
    expect((await doors.ask(own)).status).toBe(id === 'decide' ? 200 : 202);
    const answer = await doors.ask({ ...own, body: JSON.stringify(other) });
    expect([answer.status, typeOf(answer)]).toEqual([422, 'idempotency-key-reused']);
  });
});

/** Every method of the store rejects with the error. */
const failingState = (error: () => Error): StateStore =>
  new Proxy({} as StateStore, { get: () => () => Promise.reject(error()) });

describe('where the store fails, each call that needs it answers', () => {
  // A redrive reports the failure of each record in its own result.
  const others = [...pages, 'getStats', 'listQuarantine', 'redriveQuarantine'];
  const catalogReads = ['queryAds', 'explainAds', 'listAds', 'explainDecision', 'getCampaignDelivery'];
  const needy = apiCalls.filter(({ id }) => !others.includes(id));

  it.each([
    ['state-unavailable', 503, 'state-unavailable', 'did not answer'],
    ['state-throttled', 503, 'state-unavailable', 'is busy'],
    ['state-conflict', 503, 'state-unavailable', 'is busy'],
    ['state-full', 503, 'state-unavailable', 'is full'],
    ['a bug', 500, 'internal', ''],
  ] as const)('%s: %i', async (code, status, type, words) => {
    const error = (): Error =>
      code === 'a bug' ? new TypeError('secret') : new StateStoreError(code, 'secret');
    const failing = await openDoors({ ports: () => ({ state: failingState(error) }) });
    try {
      const isAsked = code === 'state-unavailable' || code === 'a bug';
      const asked = isAsked
        ? needy
        : needy.filter(({ id }) => ['updateAd', 'getTotal', 'increment'].includes(id));
      for (const one of asked) {
        adPath = unknownAd;
        const { lines = [], ...ask } = good(one);
        const keyed = one.method === 'GET' ? lines : [...lines, 'Idempotency-Key: a', wait];
        const answer = await failing.ask({ ...ask, lines: keyed });
        const unread = catalogReads.includes(one.id);
        expect([one.id, answer.status, typeOf(answer)]).toEqual([one.id, status, type]);
        // Readers spread their next tries over five seconds.
        const pauses = unread ? /^[1-5]$/ : /^1$/;
        expect([one.id, answer.headers['retry-after']]).toEqual([
          one.id,
          status === 503 ? expect.stringMatching(pauses) : undefined,
        ]);
        expect(answer.text).not.toContain('secret');
        if (!unread && one.id !== 'deleteAd')
          expect([one.id, answer.text]).toEqual([one.id, expect.stringContaining(words)]);
      }
    } finally {
      await failing.close();
    }
  });
});

describe('a call is refused for the state that it meets', () => {
  let doors: TwoDoors;
  const openWith = async (options: DoorOptions, consumes = true): Promise<void> => {
    doors = await openDoors(options);
    for (const world of consumes ? doors.worlds : []) world.startConsumers();
  };
  afterEach(() => doors.close());

  it('409: the id of a new ad is taken', async () => {
    const ids = { uuidv7: () => '01900000-0000-7000-8000-000000000001', random: () => 0 };
    let count = 0;
    const nonce = (): string =>
      String((count += 1))
        .padStart(8, '0')
        .padEnd(32, '0');
    await openWith({ ports: () => ({ ids: { ...ids, nonce } }) });
    expect((await doors.ask(post('/api/v1/ad', ad, wait))).status).toBe(201);
    const answer = await doors.ask(post('/api/v1/ad', ad, wait));
    expect([answer.status, typeOf(answer), answer.headers['retry-after']]).toEqual([
      409,
      'conflict',
      undefined,
    ]);
  });

  it('409: another live ad has the external id', async () => {
    await openWith({});
    const named = { ...ad, external_id: 'shop-1' };
    expect((await doors.ask(post('/api/v1/ad', named, wait))).status).toBe(201);
    const { headers } = await doors.ask(post('/api/v1/ad', ad, wait));
    const changed = { ...post(headers['location'] ?? '', { external_id: 'shop-1' }), method: 'PATCH' };
    for (const ask of [post('/api/v1/ad', named), changed]) {
      const answer = await doors.ask(ask);
      expect([answer.status, typeOf(answer), answer.headers['retry-after']]).toEqual([
        409,
        'conflict',
        undefined,
      ]);
    }
  });

  it('507: the stage has no room for an ad more, or for a longer one', async () => {
    await openWith({
      settings: (local) => ({ ...local, ads: { liveAdsMax: 2, liveBytesMax: 2000, endedDays: 90 } }),
    });
    const { headers } = await doors.ask(post('/api/v1/ad', ad, wait));
    const long = JSON.stringify({ content: 'x'.repeat(2000) });
    const changed = { ...post(headers['location'] ?? '', long, wait), method: 'PATCH' };
    const asks = [changed, post('/api/v1/ad', { ...ad, content: 'x'.repeat(2000) }, wait)];
    expect((await doors.ask(post('/api/v1/ad', ad, wait))).status).toBe(201);
    for (const ask of [...asks, post('/api/v1/ad', ad, wait)]) {
      const answer = await doors.ask(ask);
      expect([answer.status, typeOf(answer), answer.headers['retry-after']]).toEqual([
        507,
        'over-limit',
        undefined,
      ]);
    }
  });

  /** Takes what comes under these partition keys. */
  const logThatTakes = (keys: readonly string[], status: 'refused' | 'unknown') => (): Partial<Ports> => {
    const failing = (stream: StreamName): EventLog => ({
      ...{ stream, epoch: '1', hashPosition: () => 0 },
      append: (entries) =>
        Promise.resolve(
          entries.map(({ partitionKey }, index) =>
            keys.includes(partitionKey)
              ? { status: 'appended', shardId: 'shardId-000000000000', sequenceNumber: String(index + 1) }
              : { status, reason: 'the log of the test' },
          ),
        ),
    });
    return { increments: failing('increments'), adEvents: failing('ad-events') };
  };

  it('207: the log takes only some of a batch', async () => {
    await openWith({ ports: logThatTakes(['a', 'c'], 'refused') }, false);
    const batch = '{"increments":[{"key":"a","value":1},{"key":"b","value":2},{"key":"c","value":3}]}';
    const answer = await doors.ask(post('/api/v1/increments', batch, 'Prefer: return=representation'));
    expect(answer.status).toBe(207);
    const { tokens, ...rest } = JSON.parse(answer.text) as { tokens: object };
    expect(rest).toEqual({ accepted: 2, failed: [{ index: 1, ambiguous: false }] });
    expect(Object.keys(tokens)).toEqual(['a', 'c']);
    expect(answer.headers).toMatchObject({
      'retry-after': '1',
      'preference-applied': 'return=representation',
    });
    expect(answer.headers['consistency-token']?.split(', ')).toEqual(Object.values(tokens));
  });

  it.each(['refused', 'unknown'] as const)('503: the log takes nothing: %s', async (status) => {
    await openWith({ ports: logThatTakes([], status) }, false);
    for (const ask of [
      post('/increment', '{"key":"a","value":1}'),
      post('/api/v1/increments', '{"increments":[{"key":"a","value":1}]}'),
      post('/api/v1/ad', ad),
    ]) {
      const answer = await doors.ask(ask);
      expect([answer.status, typeOf(answer), answer.headers['retry-after']]).toEqual([
        503,
        'log-unavailable',
        '1',
      ]);
      expect(answer.text).toContain(
        status === 'unknown' ? 'may or may not have been logged' : 'logged. Send',
      );
    }
  });

  it('410: events of a decision that is too old; clicks lead on', async () => {
    await openWith({});
    decision = await decideFor(doors);
    for (const world of doors.worlds) await world.clock.advance(12 * 60_000);
    const find = (id: string): Ask => good(apiCalls.find((one) => one.id === id) as ApiCall);
    for (const id of ['showPixel', 'sendBeacon']) {
      const answer = await doors.ask(find(id));
      expect([id, answer.status, typeOf(answer)]).toEqual([id, 410, 'decision-expired']);
    }
    for (const world of doors.worlds) await world.clock.advance(24 * 3_600_000);
    expect((await doors.ask(find('followClick'))).status).toBe(302);
    expect(JSON.parse((await doors.ask(find('trackEvents'))).text)).toEqual({
      ...{ accepted: 0, rejected: [{ index: 0, reason: 'expired' }] },
    });
  });

  it('403: the stage delivers no ads', async () => {
    await openWith({
      settings: (local) => ({ ...local, delivery: { ...local.delivery, accepts: false } }),
    });
    for (const ask of [
      post('/api/v1/decisions', { placements: [{ id: 'a' }] }),
      post('/api/v1/events', { events: [{ token: 'a', type: 'click' }] }),
    ]) {
      const answer = await doors.ask(ask);
      expect([answer.status, typeOf(answer)]).toEqual([403, 'delivery-off']);
    }
  });

  it('503: a token of a write that never comes', async () => {
    await openWith({});
    const issued = Math.floor((doors.worlds[0].clock.nowMs() - 60_000) / 1000);
    const token = `Consistency-Token: a2.local.1.shardId-000000000000.99.${issued}`;
    for (const target of ['/api/v1/ad', '/api/v1/ads', '/api/v1/ad/explain', unknownAd]) {
      const answer = await doors.ask({ target, lines: [token] });
      expect([target, answer.status, typeOf(answer), answer.headers['retry-after']]).toEqual([
        ...[target, 503, 'not-caught-up', '1'],
      ]);
    }
    const own = `Consistency-Token: c2.local.1.shardId-000000000000.99.${issued}.here`;
    for (const target of [
      '/increment/here',
      '/api/v1/counters/here',
      '/api/v1/counters?key=here',
      '/api/v1/counters/here/series?bucket=day',
      '/api/v1/series?bucket=day&key=here',
    ]) {
      const answer = await doors.ask({ target, lines: [own] });
      expect([target, answer.status, typeOf(answer)]).toEqual([target, 503, 'not-caught-up']);
    }
  });

  it.each(apiCalls)('502: the function of $id fails', async (one) => {
    await openWith({
      functions: () => ({ [one.functionName]: () => Promise.reject(new TypeError('secret')) }),
    });
    adPath = unknownAd;
    const answer = await doors.askServer(good(one));
    expect([answer.status, typeOf(answer)]).toEqual([502, 'bad-gateway']);
    expect(answer.text).not.toContain('secret');
  });
});

it('a page that cannot be built is 500, and says nothing of why', async () => {
  const doors = await openDoors({
    functions: ({ ports }) => ({
      'describe-api': createDescribeApi({
        ...ports,
        consolePage: () => Promise.reject(new TypeError('secret')),
      }),
    }),
  });
  try {
    for (const target of ['/docs', '/console']) {
      const answer = await doors.ask({ target });
      expect([answer.status, typeOf(answer), answer.headers['retry-after']]).toEqual([
        500,
        'internal',
        undefined,
      ]);
      expect(answer.text).not.toContain('secret');
    }
  } finally {
    await doors.close();
  }
});
