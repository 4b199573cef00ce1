import { beforeEach, describe, expect, it } from '@jest/globals';
import { stageSettings } from '../../lib/stages.ts';
import { hourMs } from '../support/ad-event-builder.ts';
import { createHttpWorld, type HttpWorld, type Reply } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

const wait = { prefer: 'wait=10' };
/** In the order in which an ad is shown. */
const all = {
  ...{
    external_id: 'a',
    status: 'active',
    priority: 8,
    weight: 1,
    click_url: 'https://shop.example/tea?a=1#b',
  },
  ...{ image_url: 'https://cdn.example/1.png', width: 300, height: 250, campaign_id: 'autumn "é"' },
  metadata: { 'line-item': 'A7', rank: -1.5, x: true },
  goal: { impressions: { total: 1000, daily: 100 }, pacing: 'even', timezone: 'Asia/Taipei' },
  frequency: { max: 3, per: 'P1D', scope: 'ad', anonymous: 'serve' },
};
const local = stageSettings('local');
const settingOf = (name: string): string => ({ goal: 'goals', frequency: 'caps' })[name] ?? 'accepts';

describe('the optional fields of an ad', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld({ settings: local });
    world.startConsumers();
  });

  const create = (fields: object, headers: Record<string, string> = wait): Promise<Reply> =>
    world.post('/api/v1/ad', { ...newAdBody(world.clock.nowMs()), ...fields }, headers);
  const pathOf = ({ json }: Reply): string => `/api/v1/ad/${(json as { id: string }).id}`;
  const optionalOf = ({ text }: Reply): string | undefined => /"platform":\[\],(.*)"version"/.exec(text)?.[1];

  it('are shown as they are set, in their order, wherever the ad is', async () => {
    const created = await create(Object.fromEntries(Object.entries(all).toReversed()));
    expect(created.status).toBe(201);
    const shown = JSON.stringify(all).slice(1, -1) + ',';
    expect(optionalOf(created)).toBe(shown);
    expect((await world.get(pathOf(created))).text).toBe(created.text);
    expect((await world.get('/api/v1/ad')).json).toStrictEqual({ ads: [created.json], total: 1 });
    expect((await world.get('/api/v1/ads')).json).toStrictEqual({ ads: [created.json], next_cursor: null });
  });

  it('are not there if they are missing or null', async () => {
    const none = Object.fromEntries(Object.keys(all).map((name) => [name, null]));
    for (const fields of [{}, none]) expect(optionalOf(await create(fields))).toBe('');
  });

  it('are shown before the ad is applied, but for metadata that a change merges', async () => {
    const fields = { ...all, external_id: null };
    const waiting = await create(fields, {});
    expect(waiting.status).toBe(202);
    expect(optionalOf(waiting)).toBe(JSON.stringify({ ...all, external_id: undefined }).slice(1, -1) + ',');
    await world.clock.advance(1000);
    const change = { status: 'paused', metadata: { y: 1 }, priority: null };
    const changed = await world.patch(pathOf(waiting), change);
    expect(changed.json).toStrictEqual({
      id: (waiting.json as { id: string }).id,
      status: 'paused',
      version: null,
    });
  });

  it.each(Object.entries(all))('%s is changed, taken away and set again', async (name, value) => {
    const path = pathOf(await create({ [name]: value }));
    expect((await world.patch(path, { [name]: value }, wait)).json).toMatchObject({ version: 1 });
    const cleared = await world.patch(path, { [name]: null }, wait);
    expect(cleared.json).toMatchObject({ version: 2 });
    expect(optionalOf(cleared)).toBe('');
    expect((await world.patch(path, { title: 'Another title' }, wait)).json).not.toHaveProperty(name);
    expect((await world.patch(path, { [name]: value }, wait)).json).toMatchObject({
      [name]: value,
      version: 4,
    });
  });

  it('metadata are merged key by key', async () => {
    const path = pathOf(await create({ metadata: { b: 1, a: 'x' } }));
    const change = async (metadata: unknown): Promise<unknown> =>
      ((await world.patch(path, { metadata }, wait)).json as { metadata?: unknown }).metadata;
    expect(JSON.stringify(await change({ d: false, c: 2, a: null }))).toBe('{"b":1,"c":2,"d":false}');
    expect(await change({ b: null, c: null, d: null })).toEqual({});
    expect(await change(null)).toBeUndefined();
    expect(await change({ a: null })).toEqual({});
  });

  it('metadata that are too much together are refused, whether the change is waited for or not', async () => {
    const path = pathOf(await create({ metadata: { a: 'x'.repeat(1500) } }));
    const more = { metadata: { b: 'x'.repeat(1500) } };
    const errors = [
      {
        path: 'metadata',
        message: 'must have at most 20 keys and 2048 bytes as JSON, together with what the ad has',
      },
    ];
    expect((await world.patch(path, more, wait)).json).toMatchObject({ status: 400, errors });
    expect((await world.patch(path, more)).json).toMatchObject({ status: 400, errors });
    expect(await world.logged()).toBe(1);
    const less = { metadata: { a: null, b: 'x'.repeat(1500) } };
    expect((await world.patch(path, less, wait)).status).toBe(200);
  });

  it.each([
    ['status', 'gone', 'must be active or paused'],
    ['priority', 0, 'must be a whole number from 1 to 16'],
    ['priority', 17, 'must be a whole number from 1 to 16'],
    ['priority', '1', 'must be a whole number from 1 to 16'],
    ['weight', 0, 'must be a whole number from 1 to 100'],
    ['weight', 101, 'must be a whole number from 1 to 100'],
    ['weight', 1.5, 'must be a whole number from 1 to 100'],
    ['width', 0, 'must be a whole number from 1 to 10000'],
    ['height', 10_001, 'must be a whole number from 1 to 10000'],
    ['campaign_id', '', 'must have 1 to 64 characters'],
    ['campaign_id', 'x'.repeat(65), 'must have 1 to 64 characters'],
    ['campaign_id', 'a\nb', 'must not contain control characters'],
    ['click_url', 1, 'must be text'],
    ['click_url', '', 'must have 1 to 2048 characters'],
    ['click_url', 'http://shop.example/', 'must be a URL that begins with https://'],
    ['click_url', 'javascript:alert(1)', 'must be a URL that begins with https://'],
    ['click_url', '//shop.example/', 'must be a URL that begins with https://'],
    ['click_url', ' https://shop.example/', 'must be a URL that begins with https://'],
    ['click_url', 'https://shop.example/a b', 'must not contain spaces; write %20 for one'],
    ['click_url', 'https://shop.example/\u2003', 'must not contain spaces; write %20 for one'],
    ['click_url', 'https://shop.example/a\nb', 'must not contain control characters'],
    ['click_url', 'https://shop.example/\ud800', 'must not contain a lone surrogate'],
    ['click_url', 'https://', 'must be a URL such as https://shop.example/tea?from=ad'],
    ['click_url', 'https://a:b', 'must be a URL such as https://shop.example/tea?from=ad'],
    [
      'click_url',
      'https://ann@shop.example/',
      'must not contain a user name or a password; leave out what is before the @',
    ],
    [
      'click_url',
      'https://:secret@shop.example/',
      'must not contain a user name or a password; leave out what is before the @',
    ],
    ['click_url', `https://a.example/${'x'.repeat(2031)}`, 'must have 1 to 2048 characters'],
    [
      'image_url',
      `https://a.example/${'é'.repeat(400)}`,
      'must have at most 2048 characters once it is encoded; it has 2418',
    ],
    ['metadata', [], 'must be an object'],
    ['metadata', 'x', 'must be an object'],
    [
      'metadata',
      Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, n])),
      'must have at most 20 keys',
    ],
    ['metadata', { a: 'é'.repeat(1021) }, 'must have at most 2048 bytes as JSON'],
  ] as const)('%s is not %j', async (name, value, message) => {
    const errors = [{ path: name, message }];
    expect((await create({ [name]: value })).json).toMatchObject({ status: 400, errors });
    const path = pathOf(await create({}));
    expect((await world.patch(path, { [name]: value })).json).toMatchObject({ status: 400, errors });
    expect(await world.logged()).toBe(1);
  });

  it.each([
    ['{"a b":1}', 'a b', 'must be a letter, then up to 63 letters, digits, or any of _ . : -'],
    ['{"1":1}', '1', 'must be a letter, then up to 63 letters, digits, or any of _ . : -'],
    ['{"__proto__":1}', '__proto__', 'must be a letter, then up to 63 letters, digits, or any of _ . : -'],
    ['{"a":{}}', 'a', 'must be text, a number, true or false'],
    ['{"a":null}', 'a', 'must be text, a number, true or false'],
    ['{"a":1e999}', 'a', 'must be a number from -9007199254740991 to 9007199254740991'],
    ['{"a":9007199254740993}', 'a', 'must be a number from -9007199254740991 to 9007199254740991'],
    ['{"a":-9007199254740992}', 'a', 'must be a number from -9007199254740991 to 9007199254740991'],
    ['{"a":"\\u0007"}', 'a', 'must not contain control characters'],
    ['{"a":"\\ud800"}', 'a', 'must not contain a lone surrogate'],
  ])('metadata are not %s', async (text, key, message) => {
    const body = JSON.stringify({ ...newAdBody(world.clock.nowMs()), metadata: 0 });
    const reply = await world.post('/api/v1/ad', body.replace('"metadata":0', `"metadata":${text}`));
    expect(reply.json).toMatchObject({ status: 400, errors: [{ path: `metadata.${key}`, message }] });
    expect(await world.logged()).toBe(0);
  });

  const counts = 'must be a whole number from 1 to 1000000000';
  it.each([
    ['goal', 1, '', 'must be an object'],
    ['goal', { pacing: 'even' }, '.impressions', 'is missing'],
    [
      'goal',
      { impressions: 1, pacing: 'even' },
      '.impressions',
      'must be an object with total, daily or both',
    ],
    ['goal', { impressions: {}, pacing: 'even' }, '.impressions', 'must have total, daily or both'],
    ['goal', { impressions: { total: 0 }, pacing: 'even' }, '.impressions.total', counts],
    ['goal', { impressions: { total: 1.5 }, pacing: 'even' }, '.impressions.total', counts],
    ['goal', { impressions: { daily: 1_000_000_001 }, pacing: 'asap' }, '.impressions.daily', counts],
    ['goal', { impressions: { daily: null }, pacing: 'asap' }, '.impressions.daily', counts],
    [
      'goal',
      { impressions: { total: 1, daily: 2 }, pacing: 'asap' },
      '.impressions.daily',
      'must not be above total',
    ],
    ['goal', { impressions: { clicks: 1 }, pacing: 'asap' }, '.impressions.clicks', 'is not known'],
    ['goal', { impressions: { total: 1 } }, '.pacing', 'is missing'],
    ['goal', { impressions: { total: 1 }, pacing: 'slow' }, '.pacing', 'must be even or asap'],
    ['goal', { impressions: { total: 1 }, pacing: 'even', cap: 1 }, '.cap', 'is not known'],
    ...['Asia/Taipeh', 'GMT0x', 'Mars'].map(
      (timezone) =>
        [
          ...(['goal', { impressions: { total: 1 }, pacing: 'even', timezone }, '.timezone'] as const),
          'must be an IANA time zone that is known here, such as Asia/Taipei',
        ] as const,
    ),
    ...['+08:00', '', 8, 'a b', `A${'/a'.repeat(32)}`].map(
      (timezone) =>
        [
          ...(['goal', { impressions: { total: 1 }, pacing: 'even', timezone }, '.timezone'] as const),
          'must be an IANA time zone such as Asia/Taipei',
        ] as const,
    ),
    ['frequency', [], '', 'must be an object'],
    ['frequency', { per: 'P1D', scope: 'ad' }, '.max', 'is missing'],
    ['frequency', { max: 1, scope: 'ad' }, '.per', 'is missing'],
    ['frequency', { max: 1, per: 'P1D' }, '.scope', 'is missing'],
    ...[0, 101, 1.5, '1'].map(
      (max) =>
        [
          ...(['frequency', { max, per: 'P1D', scope: 'ad' }, '.max'] as const),
          'must be a whole number from 1 to 100',
        ] as const,
    ),
    ...['PT0M', 'PT59S', 'P31D', 'PT721H', 'PT43201M', 'P1DT1H', 'P1W', 'PT1.5H', 'pt1h', '1h', '', 60].map(
      (per) =>
        [
          ...(['frequency', { max: 1, per, scope: 'ad' }, '.per'] as const),
          'must be from PT1M to P30D: minutes PT5M, hours PT12H or days P7D',
        ] as const,
    ),
    ['frequency', { max: 1, per: 'P1D', scope: 'user' }, '.scope', 'must be ad or campaign'],
    [
      'frequency',
      { max: 1, per: 'P1D', scope: 'ad', anonymous: 'no' },
      '.anonymous',
      'must be skip or serve',
    ],
    ['frequency', { max: 1, per: 'P1D', scope: 'ad', users: 1 }, '.users', 'is not known'],
  ] as const)('%s is not %j', async (name, value, path, message) => {
    const errors = [{ path: `${name}${path}`, message }];
    expect((await create({ [name]: value })).json).toMatchObject({ status: 400, errors });
    const changed = await world.patch(pathOf(await create({})), { [name]: value });
    expect(changed.json).toMatchObject({ status: 400, errors });
    expect(await world.logged()).toBe(1);
  });

  it.each(['PT1M', 'PT43200M', 'PT720H', 'P30D'])('a cap may be for %s', async (per) => {
    expect((await create({ frequency: { max: 100, per, scope: 'ad' } })).status).toBe(201);
  });

  it('goal and frequency are replaced whole by a patch, and shown in one order', async () => {
    const path = pathOf(await create({ goal: all.goal, frequency: all.frequency }));
    const goal = { pacing: 'asap', impressions: { daily: 7 } };
    const frequency = { scope: 'ad', per: 'PT60M', max: 1 };
    const { text } = await world.patch(path, { goal, frequency }, wait);
    expect(text).toContain(
      '"goal":{"impressions":{"daily":7},"pacing":"asap"},"frequency":{"max":1,"per":"PT60M","scope":"ad"}',
    );
    const unchanged = await world.patch(path, { goal: { ...goal }, frequency: { ...frequency } }, wait);
    expect(unchanged.json).toMatchObject({ version: 2 });
  });

  it('a cap for a campaign needs one', async () => {
    const errors = [{ path: 'frequency.scope', message: 'must be ad: the ad has no campaign_id' }];
    const frequency = { max: 1, per: 'P1D', scope: 'campaign' };
    expect((await create({ frequency })).json).toMatchObject({ status: 400, errors });
    const imported = { ...newAdBody(world.clock.nowMs()), external_id: 'a', frequency };
    const inImport = { path: 'ads.0.frequency.scope', message: errors[0]?.message };
    expect((await world.post('/api/v1/ads:import', { ads: [imported] })).json).toMatchObject({
      ...{ status: 400, errors: [inImport] },
    });
    const path = pathOf(await create({}));
    expect((await world.patch(path, { frequency }, wait)).json).toMatchObject({ status: 400, errors });
    expect((await world.patch(path, { frequency, campaign_id: 'tea' }, wait)).status).toBe(200);
    expect((await world.patch(path, { campaign_id: null }, wait)).json).toMatchObject({
      status: 400,
      errors,
    });
    expect((await world.patch(path, { campaign_id: null, frequency: null }, wait)).status).toBe(200);
  });

  it('the generation of a goal is never shown', async () => {
    const { text } = await create({ goal: all.goal });
    expect(text).not.toContain('generation');
    expect((await world.get('/api/v1/ads')).text).not.toContain('generation');
  });

  it.each([
    ['https://Shop.Example', 'https://shop.example/'],
    ['https://shop.example:443/a/../b', 'https://shop.example/b'],
    ['https://münchen.example/é?ü#ö', 'https://xn--mnchen-3ya.example/%C3%A9?%C3%BC#%C3%B6'],
    ['https://shop.example/%7Ea?b=c%20d', 'https://shop.example/%7Ea?b=c%20d'],
  ])('the URL %s is kept as %s', async (given, kept) => {
    const created = await create({ click_url: given, image_url: given });
    expect(created.json).toMatchObject({ click_url: kept, image_url: kept });
    const changed = await world.patch(pathOf(created), { click_url: given }, wait);
    expect(changed.json).toMatchObject({ version: 1 });
  });
});

describe('a paused ad', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld();
    world.startConsumers();
  });

  const shown = async (): Promise<unknown> => (await world.get('/api/v1/ad?country=TW')).json;

  it('leaves pages and totals at once, and comes back as it was', async () => {
    const body = newAdBody(world.clock.nowMs());
    const { json } = await world.post('/api/v1/ad', body, wait);
    await world.post('/api/v1/ad', { ...body, status: 'paused' }, wait);
    const path = `/api/v1/ad/${(json as { id: string }).id}`;
    expect(await shown()).toMatchObject({ ads: [json], total: 1 });
    const paused = await world.patch(path, { status: 'paused' }, wait);
    expect(paused.json).toMatchObject({ status: 'paused', version: 3 });
    expect(await shown()).toEqual({ ads: [], total: 0 });
    expect((await world.get(path)).json).toEqual(paused.json);
    expect((await world.get('/api/v1/ads')).json).toMatchObject({ ads: [{ status: 'paused' }, {}] });
    const resumed = await world.patch(path, { status: null }, wait);
    expect(resumed.json).toEqual({ ...(json as object), version: 4 });
    expect(await shown()).toEqual({ ads: [resumed.json], total: 1 });
  });

  it('is named by an explanation, and counted before', async () => {
    const body = newAdBody(world.clock.nowMs());
    const { json } = await world.post('/api/v1/ad', { ...body, status: 'paused', gender: ['M'] }, wait);
    await world.post('/api/v1/ad', body, wait);
    const { id } = json as { id: string };
    const explained = await world.get(`/api/v1/ad/explain?gender=F&id=${id}`);
    expect(explained.json).toMatchObject({
      live: 2,
      conditions: [
        { left: 2 },
        { name: 'not_ended', left: 2 },
        { name: 'paused', left: 1 },
        {},
        { left: 1 },
        {},
        {},
      ],
      ad: { id, excluded_by: 'paused' },
    });
  });

  it('ends and makes room as any other', async () => {
    const body = { ...newAdBody(world.clock.nowMs()), status: 'paused', external_id: 'a' };
    const { json } = await world.post('/api/v1/ad', body, wait);
    await world.clock.advance(hourMs + 1);
    expect((await world.get('/api/v1/ads')).json).toMatchObject({ ads: [] });
    expect((await world.get(`/api/v1/ad/${(json as { id: string }).id}`)).status).toBe(404);
    const next = { ...newAdBody(world.clock.nowMs()), external_id: 'a' };
    expect((await world.post('/api/v1/ad', next, wait)).status).toBe(201);
  });
});

describe('a stage that does not accept them yet', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld({ settings: { ...local, delivery: { ...local.delivery, accepts: false } } });
    world.startConsumers();
  });
  const message = 'is not accepted by this stage: its setting delivery.accepts is false';
  const { external_id: externalId, ...delivery } = all;

  it('refuses each in a creation, and takes the rest', async () => {
    const body = newAdBody(world.clock.nowMs());
    for (const [name, value] of Object.entries(delivery)) {
      const refused = await world.post('/api/v1/ad', { ...body, [name]: value });
      expect(refused.json).toMatchObject({ status: 400, errors: [{ path: name, message }] });
    }
    expect(await world.logged()).toBe(0);
    expect((await world.post('/api/v1/ad', { ...body, external_id: externalId }, wait)).status).toBe(201);
  });

  it.each(['goal', 'frequency'] as const)('refuses %s where its own setting is false', async (name) => {
    const setting = settingOf(name);
    const settings = { ...local, delivery: { ...local.delivery, [setting]: false } };
    const own = createHttpWorld({ settings });
    const errors = [
      { path: name, message: `is not accepted by this stage: its setting delivery.${setting} is false` },
    ];
    const body = newAdBody(own.clock.nowMs());
    expect((await own.post('/api/v1/ad', { ...body, [name]: all[name] })).json).toMatchObject({ errors });
    const imported = { ...body, external_id: 'a', [name]: all[name] };
    expect((await own.post('/api/v1/ads:import', { ads: [imported] })).json).toMatchObject({
      errors: [{ ...errors[0], path: `ads.0.${name}` }],
    });
    expect((await own.post('/api/v1/ad', { ...body, [name]: null })).status).toBe(202);
  });

  it('refuses them in a change, unless it takes them away', async () => {
    const { json } = await world.post('/api/v1/ad', newAdBody(world.clock.nowMs()), wait);
    const path = `/api/v1/ad/${(json as { id: string }).id}`;
    const refused = await world.patch(path, { title: 'Another title', status: 'active', priority: 1 }, wait);
    expect(refused.json).toMatchObject({
      errors: [
        { path: 'status', message },
        { path: 'priority', message },
      ],
    });
    const none = Object.fromEntries(Object.keys(delivery).map((name) => [name, null]));
    expect((await world.patch(path, none, wait)).json).toMatchObject({ version: 1 });
  });

  it('refuses an import in whole if one of its ads has one', async () => {
    const body = newAdBody(world.clock.nowMs());
    const ads = ['a', 'b', 'c'].map((name) => ({ ...body, external_id: name }));
    const given = ads.with(1, { ...ads[1], priority: 3 } as never);
    const refused = await world.post('/api/v1/ads:import', { ads: given }, wait);
    expect(refused.json).toMatchObject({ status: 400, errors: [{ path: 'ads.1.priority', message }] });
    expect(await world.logged()).toBe(0);
    expect((await world.post('/api/v1/ads:import', { ads }, wait)).status).toBe(200);
  });

  it('names the first 50 fields of an import that it does not accept', async () => {
    const body = { ...newAdBody(world.clock.nowMs()), status: 'paused' };
    const ads = Array.from({ length: 60 }, (_, n) => ({ ...body, external_id: `${n}` }));
    const { json } = await world.post('/api/v1/ads:import', { ads });
    expect(json).toMatchObject({ detail: '60 invalid fields; the first 50 are in errors.' });
    expect((json as { errors: unknown[] }).errors).toHaveLength(50);
  });
});

describe('an import', () => {
  it('sets all of the optional fields, and clears those that it leaves out', async () => {
    const world = createHttpWorld({ settings: local });
    world.startConsumers();
    const body = newAdBody(world.clock.nowMs());
    const list = async (): Promise<unknown> =>
      ((await world.get('/api/v1/ads')).json as { ads: unknown[] }).ads[0];
    await world.post('/api/v1/ads:import', { ads: [{ ...body, ...all }] }, wait);
    expect(await list()).toMatchObject({ ...all, version: 1 });
    const { metadata, ...others } = all;
    await world.post('/api/v1/ads:import', { ads: [{ ...body, ...others, metadata: { x: true } }] }, wait);
    expect(await list()).toMatchObject({ ...others, metadata: { x: true }, version: 2 });
    expect(Object.keys(metadata)).toHaveLength(3);
    await world.post('/api/v1/ads:import', { ads: [{ ...body, external_id: 'a', weight: null }] }, wait);
    for (const name of Object.keys(all).slice(1)) expect(await list()).not.toHaveProperty(name);
    expect(await list()).toMatchObject({ external_id: 'a', version: 3 });
  });
});
