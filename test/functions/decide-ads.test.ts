import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { encodeAdEvent } from '../../lib/app/ads/ad-event-codec.ts';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import type { AdContent } from '../../lib/core/ads/ad.ts';
import { adEventsPartitionKey } from '../../lib/core/streams.ts';
import type { AppendResult, LogEntry } from '../../lib/ports/event-log.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { stageSettings } from '../../lib/stages.ts';
import { adEpochMs, adId } from '../support/ad-builder.ts';
import { adExpired, hourMs } from '../support/ad-event-builder.ts';
import {
  adsOf,
  browser,
  createDeliveryWorld,
  nothingApart,
  shopUrl,
  type DeliveryWorld,
} from '../support/delivery-world.ts';
import { toEvent } from '../support/proxy-event.ts';

const local = stageSettings('local');
const guarded = { ...local, delivery: { ...local.delivery, plainDecisions: false } };
const json = { 'Content-Type': 'application/json' };

const many = (count: number, content: (n: number) => Partial<AdContent>): Partial<AdContent>[] =>
  Array.from({ length: count }, (_, index) => content(index + 1));

interface Page {
  readonly campaign_id: string;
  readonly ads: readonly { readonly id: string; readonly impressions: number }[];
  readonly next_cursor: string | null;
}

const idsOf = (reply: Parameters<typeof adsOf>[0]): string[] =>
  adsOf(reply)
    .map(({ id }) => id)
    .sort();

describe('a decision', () => {
  it('is an ad with its token and the addresses that report what becomes of it', async () => {
    const world = await createDeliveryWorld();
    const reply = await world.decide();
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'Cache-Control': 'no-store', 'Catalog-Version': '1' },
    });
    const [ad] = adsOf(reply);
    const { token } = ad!.decision;
    // Version 1, key 1, and the id of the ad.
    const bytes = Buffer.from(token, 'base64url').toString('hex');
    expect(bytes.slice(0, 42)).toBe(`0100000001${adId(1).replaceAll('-', '')}`);
    expect(Buffer.from(token, 'base64url').subarray(42, 45).toString()).toBe('top');
    const { json: plain } = await world.get(`/api/v1/ad/${adId(1)}`);
    expect(reply.json).toEqual({
      decisions: [
        {
          placement: 'top',
          ads: [
            {
              ...(plain as object),
              decision: {
                token,
                // The world decides at 1 minute past; impressions count for 10 minutes after that minute.
                expires_at: '2026-11-21T00:12:00.000Z',
                impression_url: `http://ads.example/t/i/${token}`,
                click_url: expect.stringMatching(
                  new RegExp(
                    `^http://ads.example/t/c/${token}\\?u=${encodeURIComponent(shopUrl)}&s=[\\w-]{22}$`,
                  ),
                ),
              },
            },
          ],
        },
      ],
    });
    expect(world.telemetry.total('decisions')).toBe(1);
  });

  it('has addresses as its caller knows the stage', async () => {
    const world = await createDeliveryWorld();
    const decide = createDecideAds(world.ports);
    const ask = async (event: object, headers = {}): Promise<string> => {
      const made = toEvent({
        ...{ method: 'POST', path: '/api/v1/decisions', body: { placements: [{ id: 'p' }] } },
        headers: { ...json, ...headers },
      });
      const { requestContext } = made;
      const result = await decide({ ...made, requestContext: { ...requestContext, ...event } });
      const [ad] = adsOf({ json: JSON.parse(result.body) });
      return ad!.decision.impression_url!.replace(ad!.decision.token, '');
    };
    const domainName = 'abc.execute-api.eu-central-1.amazonaws.com';
    const https = { 'X-Forwarded-Proto': 'https' };
    expect(await ask({ domainName, path: '/prod/api/v1/decisions' }, https)).toBe(
      `https://${domainName}/prod/t/i/`,
    );
    expect(await ask({ domainName: 'ads.example' }, https)).toBe('https://ads.example/t/i/');
    expect(await ask({ domainName: 'localhost:3333' })).toBe('http://localhost:3333/t/i/');
    expect(await ask({ domainName: 'a.example' }, { 'X-Forwarded-Proto': 'javascript' })).toBe(
      'http://a.example/t/i/',
    );
    for (const [forwarded, origin] of [
      ['https, http', 'https://a.example'],
      ['http, https', 'http://a.example'],
    ] as const)
      expect(await ask({ domainName: 'a.example' }, { 'X-Forwarded-Proto': forwarded })).toBe(
        `${origin}/t/i/`,
      );
    expect(await ask({})).toBe('/t/i/');
  });

  it('finds nothing for nobody, and says so', async () => {
    const world = await createDeliveryWorld([{ country: ['TW'] }]);
    const reply = await world.decide({ country: 'JP', placements: [{ id: 'a' }, { id: 'b', count: 10 }] });
    expect(reply.json).toEqual({
      decisions: [
        { placement: 'a', ads: [] },
        { placement: 'b', ads: [] },
      ],
    });
    expect(world.telemetry.total('decisions_empty')).toBe(1);
    expect((await world.decide({ country: 'TW' })).text).toContain(adId(1));
    expect(adsOf(await world.decide({ country: 'unknown' }))).toEqual([]);
  });

  it('fills placements in order, by priority, with no ad and no campaign twice', async () => {
    const world = await createDeliveryWorld([
      ...[{ priority: 9 }, { priority: 1 }, { priority: 2, campaignId: 'c' }],
      ...[
        { priority: 3, campaignId: 'c' },
        { priority: 4, status: 'paused' as const },
      ],
    ]);
    const placements = [{ id: 'a' }, { id: 'b', count: 3 }];
    const { decisions } = (await world.decide({ placements })).json as {
      decisions: { ads: { id: string; decision: object }[] }[];
    };
    expect(decisions.map(({ ads }) => ads.map(({ id }) => id))).toEqual([[adId(2)], [adId(3), adId(1)]]);
    // None of them leads anywhere.
    expect(Object.keys(decisions[0]!.ads[0]!.decision)).toEqual(['token', 'expires_at', 'impression_url']);
    const without = (exclude: object) => world.decide({ placements, exclude });
    expect(idsOf(await without({ ads: [adId(2).toUpperCase()] }))).toEqual([adId(1), adId(3)]);
    expect(idsOf(await without({ campaigns: ['c', 'x'] }))).toEqual([adId(1), adId(2)]);
  });

  it('chooses by age, gender and platform', async () => {
    const world = await createDeliveryWorld([{ ageStart: 18 }, { gender: ['F'] }, { platform: ['ios'] }, {}]);
    const asked = (body: object) =>
      world.decide({ placements: [{ id: 'a', count: 10 }], ...body }).then(idsOf);
    expect(await asked({})).toEqual([1, 2, 3, 4].map(adId));
    expect(await asked({ age: 17, gender: 'M', platform: 'web' })).toEqual([adId(4)]);
    expect(await asked({ age: 18, gender: 'F', platform: 'ios' })).toEqual([1, 2, 3, 4].map(adId));
    expect(await asked({ age: 'unknown', gender: 'unknown', platform: 'unknown' })).toEqual([adId(4)]);
  });

  it('has at most 256 KiB, and says how many ads were left out', async () => {
    const world = await createDeliveryWorld(many(20, () => ({ content: '😀'.repeat(9000) })));
    const reply = await world.decide({
      placements: [
        { id: 'a', count: 10 },
        { id: 'b', count: 10 },
      ],
    });
    const sent = adsOf(reply);
    expect(Buffer.byteLength(reply.text)).toBeLessThanOrEqual(256 * 1024);
    // Each has 36,000 bytes of content.
    expect(sent).toHaveLength(7);
    expect(reply.json).toMatchObject({ left_out: 13 });
  });

  it.each<[object, string]>([
    [{ placements: [] }, 'placements'],
    [{ placements: many(11, (n) => ({ id: `p${n}` }) as never) }, 'placements'],
    [{ placements: [{ id: 'a' }, { id: 'b' }, { id: 'a' }] }, 'placements.2.id'],
    [{ placements: many(3, (n) => ({ id: `p${n}`, count: 7 }) as never) }, 'placements'],
    [{ placements: [{ id: 'a', count: 0 }] }, 'placements.0.count'],
    [{ placements: [{ id: 'a', count: 11 }] }, 'placements.0.count'],
    [{ placements: [{ id: '' }] }, 'placements.0.id'],
    [{ placements: [{ id: 'a b' }] }, 'placements.0.id'],
    [{ placements: [{ id: 'p'.repeat(65) }] }, 'placements.0.id'],
    [{ placements: [{ id: 'a', size: 1 }] }, 'placements.0.size'],
    [{ placements: undefined }, 'placements'],
    [{ user: '' }, 'user'],
    [{ user: 'u'.repeat(257) }, 'user'],
    [{ user: 7 }, 'user'],
    [{ age: 0 }, 'age'],
    [{ age: '24' }, 'age'],
    [{ country: 'tw' }, 'country'],
    [{ gender: 'X' }, 'gender'],
    [{ platform: 'tv' }, 'platform'],
    [{ count: 'seen' }, 'count'],
    [{ exclude: { ads: ['x'] } }, 'exclude.ads.0'],
    [{ exclude: { campaigns: [''] } }, 'exclude.campaigns.0'],
    [{ exclude: { campaigns: Array.from({ length: 101 }, () => 'c') } }, 'exclude.campaigns'],
    [{ exclude: { sites: [] } }, 'exclude.sites'],
    [{ currency: 'EUR' }, 'currency'],
  ])('is refused for %j', async (body, path) => {
    const world = await createDeliveryWorld();
    const reply = await world.decide(body as Record<string, unknown>, { principal: 'p' });
    expect(reply).toMatchObject({ status: 400, json: { errors: [{ path }] } });
  });

  it('needs a catalog', async () => {
    const world = await createDeliveryWorld();
    const headers = { ...json, 'Consistency-Token': 'a2.local.1.shardId-000000000000.99.1795219200' };
    const body = { placements: [{ id: 'a' }] };
    const reply = await world.send({ method: 'POST', path: '/api/v1/decisions', headers, body });
    expect(reply).toMatchObject({ status: 503, json: { type: 'urn:adtally:problem:not-caught-up' } });
  });

  it('is not made in a stage that delivers no ads', async () => {
    const settings = { ...local, delivery: { ...local.delivery, accepts: false } };
    const world = await createDeliveryWorld([{}], { settings });
    expect(await world.decide()).toMatchObject({
      status: 403,
      json: { type: 'urn:adtally:problem:delivery-off' },
    });
  });
});

describe('without a token', () => {
  let world: DeliveryWorld;
  beforeEach(async () => {
    world = await createDeliveryWorld();
  });

  it.each<[string, object, { key?: string }]>([
    ['a user', { user: 'u-1' }, {}],
    ['served impressions', { count: 'served' }, {}],
    ['an Idempotency-Key', {}, { key: 'k' }],
  ])('%s is refused, and nothing is done', async (_, body, options) => {
    const before = await world.logged();
    const reply = await world.decide(body as Record<string, unknown>, options);
    expect(reply).toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer realm="adtally"' },
      json: { detail: expect.stringContaining('scope ads:decide') },
    });
    expect(await world.logged()).toBe(before);
    expect((await world.decide(body as Record<string, unknown>, { ...options, principal: 'p' })).status).toBe(
      200,
    );
  });

  it('a server that needs none refuses nothing', async () => {
    const decide = createDecideAds({ ...world.ports, isOpen: () => true });
    const body = { placements: [{ id: 'a' }], user: 'u', count: 'served' };
    const headers = { ...json, 'Idempotency-Key': 'k', Authorization: 'Bearer anything' };
    const event = toEvent({ method: 'POST', path: '/api/v1/decisions', headers, body });
    expect((await decide(event)).statusCode).toBe(200);
  });
});

describe('what somebody was shown', () => {
  const body = { placements: [{ id: 'a' }], ad: adId(1), user: 'ann@example.com' };
  const explain = (world: DeliveryWorld, headers: Record<string, string> = {}, asked: object = body) =>
    world.send({
      method: 'POST',
      path: '/api/v1/decisions/explain',
      headers: { ...json, ...headers },
      body: asked,
    });

  it('is explained to nobody without a token, though everybody may read ads', async () => {
    const world = await createDeliveryWorld();
    expect(await explain(world)).toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer realm="adtally"' },
      json: { detail: '`user` needs a token with the scope ads:read.' },
    });
    expect((await explain(world, {}, { ...body, user: undefined })).status).toBe(200);
    const tokens = createTokenStore({ ...world.ports, usageKeys: noUsageKeys });
    for (const [scope, status] of [
      ['ads:read', 200],
      ['counters:write', 403],
    ] as const) {
      const { text } = await tokens.create({ name: scope, scopes: [scope] });
      expect((await explain(world, { Authorization: `Bearer ${text}` })).status).toBe(status);
    }
  });

  it('is explained to everybody by a server that needs no tokens', async () => {
    const world = await createDeliveryWorld();
    const decide = createDecideAds({ ...world.ports, isOpen: () => true });
    const event = toEvent({ method: 'POST', path: '/api/v1/decisions/explain', headers: json, body });
    expect((await decide(event)).statusCode).toBe(200);
  });
});

describe('with a token, where the gateway asks for none', () => {
  it('the function checks it, once a minute', async () => {
    const world = await createDeliveryWorld();
    const tokens = createTokenStore({ ...world.ports, usageKeys: noUsageKeys });
    const make = async (...scopes: readonly ('ads:decide' | 'ads:write' | 'admin')[]) =>
      (await tokens.create({ name: 'x', scopes })).text;
    const ask = (token: string) =>
      world.send({
        ...{ method: 'POST', path: '/api/v1/decisions', body: { placements: [{ id: 'a' }], user: 'u' } },
        headers: { ...json, Authorization: `Bearer ${token}` },
      });
    const decides = await make('ads:decide');
    expect((await ask(decides)).status).toBe(200);
    expect((await ask(await make('admin'))).status).toBe(200);
    expect(await ask(await make('ads:write'))).toMatchObject({
      status: 403,
      headers: {
        'WWW-Authenticate': 'Bearer realm="adtally", error="insufficient_scope", scope="ads:decide"',
      },
    });
    expect(await ask('adtally_0123456789abcdef_' + '0'.repeat(64))).toMatchObject({
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer realm="adtally", error="invalid_token"' },
    });
    const [record] = await tokens.list();
    await tokens.revoke(record!.id);
    await world.clock.advance(59_000);
    expect((await ask(decides)).status).toBe(200);
    await world.clock.advance(1000);
    expect((await ask(decides)).status).toBe(401);
  });

  it('keys of two callers are two', async () => {
    const world = await createDeliveryWorld();
    const [one, two] = [
      await world.decide({}, { principal: 'p', key: 'k' }),
      await world.decide({ age: 3 }, { principal: 'q', key: 'k' }),
    ];
    expect([one.status, two.status]).toEqual([200, 200]);
    expect((await world.decide({ age: 3 }, { principal: 'p', key: 'k' })).status).toBe(422);
  });
});

describe('a user', () => {
  it('is nowhere after the call', async () => {
    const world = await createDeliveryWorld([{ clickUrl: shopUrl }], { settings: guarded });
    const user = 'user-4711@example.com';
    const reply = await world.decide({ user, count: 'served' }, { principal: 'p', key: 'k' });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain('4711');
    const { state, increments } = world.ports;
    const { items } = await state.query({ table: 'requests', pk: 'request#p#k', limit: 10 });
    expect(items).toHaveLength(1);
    const [shard] = await (increments as unknown as { shards(): Promise<{ shardId: string }[]> }).shards();
    const read = increments as unknown as {
      read(shard: string, after: undefined, limits: object): Promise<{ data: Uint8Array }[]>;
    };
    const records = await read.read(shard!.shardId, undefined, { recordsMax: 100, bytesMax: 1e6 });
    expect(records).toHaveLength(1);
    const kept = [
      ...items.map(({ attributes }) => JSON.stringify(attributes, (_, value: unknown) => String(value))),
      ...Object.values(items[0]!.attributes).map(String),
      ...records.map(({ data }) => Buffer.from(data).toString()),
      JSON.stringify(world.telemetry.lines),
    ];
    for (const text of kept) expect(text).not.toContain('4711');
  });
});

it('each decision of one request has chance of its own', async () => {
  const world = await createDeliveryWorld(many(4, () => ({})));
  for (const key of [undefined, 'k']) {
    const reply = await world.decide(
      { placements: [{ id: 'a', count: 4 }] },
      { principal: 'p', ...(key !== undefined && { key }) },
    );
    const chances = adsOf(reply).map(({ decision }) =>
      Buffer.from(decision.token, 'base64url').subarray(29, 41).toString('hex'),
    );
    expect(new Set(chances).size).toBe(4);
  }
});

describe('a user of a request with an Idempotency-Key', () => {
  const digitsOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 4);

  it('is not confirmed to who guesses the name: what is kept fits one of 65,536', async () => {
    const world = await createDeliveryWorld(many(3, () => ({ clickUrl: shopUrl })));
    const ask = (user: string | undefined) => world.decide({ user }, { principal: 'p', key: 'k' });
    const first = await ask('ann');
    expect((await ask('ann')).text).toBe(first.text);
    expect((await ask('bob')).status).toBe(422);
    expect((await ask(undefined)).status).toBe(422);
    let other = 0;
    while (digitsOf(`${other}`) !== digitsOf('ann')) other += 1;
    expect(await ask(`${other}`)).toMatchObject({ status: 200, text: first.text });
  });
});

describe('served impressions', () => {
  const served = { count: 'served' };
  const principal = 'p';
  let world: DeliveryWorld;
  beforeEach(async () => {
    world = await createDeliveryWorld(many(5, () => ({ clickUrl: shopUrl })));
  });
  const placements = [{ id: 'a', count: 2 }];

  it('are counted with the answer, which has a token for reads and clicks alone to report', async () => {
    const reply = await world.decide({ ...served, placements }, { principal });
    expect(reply.status).toBe(200);
    const ads = adsOf(reply);
    expect(ads).toHaveLength(2);
    const tokens = reply.headers['Consistency-Token']!;
    for (const { id, decision } of ads) {
      expect(Object.keys(decision)).toEqual(['token', 'expires_at', 'click_url']);
      const read = await world.get(`/api/v1/ad/${id}/delivery?bucket=minute`, {
        'consistency-token': tokens,
      });
      expect(read.json).toMatchObject({ impressions: 1, clicks: 0 });
    }
    // The impression has been counted: its picture would be a duplicate.
    const [{ id, decision }] = ads as [(typeof ads)[0]];
    await world.get(`/t/i/${decision.token}`, browser);
    await world.visit(decision.click_url!);
    expect(await world.numbers(id)).toEqual({
      ...{ impressions: 1, clicks: 1 },
      notCounted: { ...nothingApart, duplicate: 1 },
    });
  });

  it('of nothing are nothing', async () => {
    const before = await world.logged();
    const reply = await world.decide(
      { ...served, exclude: { ads: [1, 2, 3, 4, 5].map(adId) } },
      { principal },
    );
    expect(reply).toMatchObject({ status: 200, json: { decisions: [{ ads: [] }] } });
    expect(await world.logged()).toBe(before);
  });

  it('are not answered unless they are logged', async () => {
    world.ports.increments.append = (entries) => Promise.resolve(entries.map(refused));
    const reply = await world.decide({ ...served, placements }, { principal });
    expect(reply).toMatchObject({ status: 503, json: { type: 'urn:adtally:problem:log-unavailable' } });
    // Those of beacons need no log.
    expect((await world.decide({ placements }, { principal })).status).toBe(200);
  });

  it('of a repeated request are the same decision, whatever has happened in between', async () => {
    const append = world.ports.increments.append.bind(world.ports.increments);
    const ask = () => world.decide({ ...served, placements }, { principal, key: 'k' });
    const appended: LogEntry[][] = [];
    // Logged, and the answer of the log is lost.
    world.ports.increments.append = async (entries) => {
      appended.push([...entries]);
      await append.call(world.ports.increments, entries);
      return entries.map(() => ({ status: 'unknown' }) as AppendResult);
    };
    expect((await ask()).status).toBe(503);
    world.ports.increments.append = async (entries) => {
      appended.push([...entries]);
      return append.call(world.ports.increments, entries);
    };
    // The ads that were drawn are gone, and another epoch has begun.
    const drawn = appended[0]!.map(({ partitionKey }) => partitionKey.slice(3));
    for (const id of drawn) await world.delete(`/api/v1/ad/${id}`);
    await world.clock.advance(5 * 60_000);
    const reply = await ask();
    expect(reply.status).toBe(200);
    expect(idsOf(reply)).toEqual([...drawn].sort());
    const again = await ask();
    expect(again).toMatchObject({
      status: 200,
      headers: { 'Idempotent-Replayed': 'true' },
      text: reply.text,
    });
    for (const id of drawn) expect(await world.numbers(id)).toMatchObject({ impressions: 1 });
  });

  it('of requests that run at the same time are one decision', async () => {
    const ask = () => world.decide({ ...served, placements }, { principal, key: 'k' });
    const replies = await Promise.all([ask(), ask(), ask()]);
    const answered = replies.filter(({ status }) => status === 200);
    expect(answered.length).toBeGreaterThan(0);
    const [first] = answered;
    for (const { text } of answered) expect(text).toBe(first!.text);
    const later = await ask();
    expect(later.text).toBe(first!.text);
    let counted = 0;
    for (const n of [1, 2, 3, 4, 5]) {
      const { impressions } = (await world.numbers(adId(n))) as { impressions: number };
      counted += impressions;
    }
    expect(counted).toBe(2);
  });

  it('without a key are another decision each time', async () => {
    const tokens = new Set<string>();
    for (let time = 0; time < 5; time += 1)
      for (const { decision } of adsOf(await world.decide(served, { principal }))) tokens.add(decision.token);
    expect(tokens.size).toBe(5);
  });
});

function refused(): AppendResult {
  return { status: 'refused' } as AppendResult;
}

describe('an explanation', () => {
  it('counts the ads of each priority, and names what keeps an ad away', async () => {
    const world = await createDeliveryWorld([
      ...[{ priority: 1 }, { priority: 1, status: 'paused' as const }, { country: ['TW' as const] }],
      { campaignId: 'c' },
    ]);
    const explain = (body: object) =>
      world.post('/api/v1/decisions/explain', { placements: [{ id: 'a' }], ...body });
    const reply = await explain({ country: 'JP', exclude: { campaigns: ['c'] }, ad: adId(3) });
    expect(reply).toMatchObject({
      status: 200,
      headers: { 'Cache-Control': 'no-store', 'Catalog-Version': '4' },
      json: {
        at: '2026-11-21T00:01:00.000Z',
        live: 4,
        priorities: expect.arrayContaining([
          {
            ...{ priority: 8, matched: 1, paused: 0 },
            ...{ excluded_ads: 0, excluded_campaigns: 1, capped: 0, ready: 0 },
          },
        ]) as unknown,
        ad: { id: adId(3), excluded_by: 'country' },
      },
    });
    const reasonFor = async (n: number, body: object = {}) =>
      ((await explain({ ...body, ad: adId(n) })).json as { ad: { excluded_by: unknown } }).ad.excluded_by;
    expect(await reasonFor(1)).toBeNull();
    expect(await reasonFor(2)).toBe('paused');
    expect(await reasonFor(4)).toBe('higher_priority');
    expect(await reasonFor(1, { exclude: { ads: [adId(1)] } })).toBe('excluded_ad');
    expect(await reasonFor(9)).toBe('unknown');
    expect((await explain({})).json).toMatchObject({ ad: null });
    // Without goals nothing is said of them.
    expect((await explain({ exclude: { campaigns: ['c'] }, ad: adId(4) })).text).toBe(
      '{"at":"2026-11-21T00:01:00.000Z","live":4,"priorities":[' +
        '{"priority":1,"matched":2,"paused":1,"excluded_ads":0,"excluded_campaigns":0,"capped":0,"ready":1},' +
        '{"priority":8,"matched":2,"paused":0,"excluded_ads":0,"excluded_campaigns":1,"capped":0,"ready":1}],' +
        `"ad":{"id":"${adId(4)}","excluded_by":"excluded_campaign"}}`,
    );
    expect((await explain({ count: 'served' })).status).toBe(400);
  });
});

describe('a report', () => {
  it('of an ad has its numbers over time', async () => {
    const world = await createDeliveryWorld();
    const first = await world.decideOne();
    await world.visit(first.decision.impression_url!);
    await world.visit(first.decision.click_url!);
    await world.clock.advance(60_000);
    for (let time = 0; time < 2; time += 1)
      await world.visit((await world.decideOne()).decision.impression_url!);
    await world.clock.advance(1);
    const path = `/api/v1/ad/${adId(1)}/delivery?bucket=minute`;
    const reply = await world.get(`${path}&from=2026-11-21T00:00:00Z&to=2026-11-21T00:03:00Z`);
    expect(reply).toMatchObject({ status: 200, headers: { 'Cache-Control': 'no-store' } });
    expect(reply.json).toEqual({
      ...{ id: adId(1), impressions: 3, clicks: 1, ctr: 0.333333, not_counted: nothingApart },
      ...{ bucket: 'minute', from: '2026-11-21T00:00:00.000Z', to: '2026-11-21T00:03:00.000Z' },
      points: [
        { at: '2026-11-21T00:00:00.000Z', impressions: 0, clicks: 0 },
        { at: '2026-11-21T00:01:00.000Z', impressions: 1, clicks: 1 },
        { at: '2026-11-21T00:02:00.000Z', impressions: 2, clicks: 0 },
      ],
    });
    const nobody = await world.get(`/api/v1/ad/${adId(9)}/delivery?bucket=day`);
    expect(nobody.json).toMatchObject({ impressions: 0, clicks: 0, ctr: null });
    expect((await world.get(`/api/v1/ad/${adId(1)}/delivery`)).status).toBe(400);
    expect((await world.get('/api/v1/ad/x/delivery?bucket=day')).status).toBe(400);
    const token = 'c2.local.1.shardId-000000000000.999999.1795219200.%01i%23' + adId(1);
    expect((await world.get(path, { 'consistency-token': token })).status).toBe(503);
  });

  it('of a campaign has its live ads, page by page', async () => {
    const world = await createDeliveryWorld(many(7, (n) => (n === 4 ? {} : { campaignId: 'sum"mer' })));
    const ad = await world.decideOne({ exclude: { ads: [adId(4)] } });
    await world.visit(ad.decision.impression_url!);
    await world.clock.advance(1);
    const path = `/api/v1/delivery?campaign_id=${encodeURIComponent('sum"mer')}&limit=4`;
    const seen: unknown[] = [];
    let cursor = '';
    for (let pages = 0; pages < 3; pages += 1) {
      const { json } = await world.get(`${path}${cursor}`);
      const page = json as Page;
      expect(page.campaign_id).toBe('sum"mer');
      seen.push(...page.ads.map(({ id, impressions }) => [id, impressions]));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual([1, 2, 3, 5, 6, 7].map((n) => [adId(n), adId(n) === ad.id ? 1 : 0]));
    expect((await world.get('/api/v1/delivery?campaign_id=x')).json).toEqual({
      ...{ campaign_id: 'x', ads: [], next_cursor: null },
    });
    expect((await world.get('/api/v1/delivery')).status).toBe(400);
    expect((await world.get('/api/v1/delivery?campaign_id=x&limit=51')).status).toBe(400);
  });

  it('of a campaign has its ads that have ended, the newest end first, page by page', async () => {
    const ends = [3, 9, 2, 4, 2].map((hours) => adEpochMs + hours * hourMs);
    const world = await createDeliveryWorld(
      ends.map((endAt, index) => ({ endAt, campaignId: index === 4 ? 'other' : 'tea' })),
    );
    const ad = await world.decideOne({ exclude: { ads: [2, 3, 4, 5].map(adId) } });
    await world.visit(ad.decision.impression_url!);
    const expired = ends.map((endAt, index) => adExpired(index + 1, endAt)).filter((_, index) => index !== 1);
    await world.clock.advance(4 * hourMs);
    await world.adEvents.append(
      expired.map((event) => ({ partitionKey: adEventsPartitionKey, data: encodeAdEvent(event) })),
    );
    await world.clock.advance(1000);
    const path = '/api/v1/delivery?campaign_id=tea';
    const page = async (query: string) => {
      const { json } = await world.get(path + query);
      const { ads, next_cursor: next } = json as Page;
      return { ads: ads.map(({ id, impressions }) => [id, impressions]), next };
    };
    expect(await page('')).toEqual({ ads: [[adId(2), 0]], next: null });
    const first = await page('&status=ended&limit=2');
    expect(first.ads).toEqual([
      [adId(4), 0],
      [adId(1), 1],
    ]);
    let rest = await page(`&status=ended&limit=2&cursor=${first.next}`);
    expect(rest.ads).toEqual([[adId(3), 0]]);
    // Days without an end are read until the last that is kept.
    while (rest.next !== null) rest = await page(`&status=ended&cursor=${rest.next}`);
    const isRefused = async (query: string) => (await world.get(path + query)).status === 400;
    expect(await isRefused(`&cursor=${first.next}`)).toBe(true);
    expect(await isRefused('&status=active')).toBe(true);
  });
});
