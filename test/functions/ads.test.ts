import { hashPosition } from '../../lib/adapters/records/partition-hash.ts';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { toEvent } from '../support/proxy-event.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import type { EventLog } from '../../lib/ports/event-log.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { stageSettings } from '../../lib/stages.ts';
import { hourMs } from '../support/ad-event-builder.ts';

const ad = {
  title: 'Five!',
  content: 'Something worth it.',
  start_at: '2026-11-20T00:00:00+08:00',
  end_at: '2026-11-22 08:00:00 +0800 CST',
};
const wait = { prefer: 'wait=10' };

interface AdJson {
  readonly id: string;
  readonly version: number;
}

describe('Ads over HTTP', () => {
  let world: HttpWorld;
  beforeEach(() => {
    world = createHttpWorld();
    world.startConsumers();
  });

  /** Creates an ad and waits for it. */
  async function create(fields: object = {}): Promise<AdJson> {
    const reply = await world.post('/api/v1/ad', { ...ad, ...fields }, wait);
    expect(reply.status).toBe(201);
    return reply.json as AdJson;
  }

  it('answers a new ad with where it is and a token that makes a read show it', async () => {
    const reply = await world.post('/api/v1/ad', ad);
    expect(reply.status).toBe(202);
    const { id, version, title } = reply.json as { id: string; version: number | null; title: string };
    expect({ version, title }).toStrictEqual({ version: null, title: ad.title });
    expect(reply.headers.Location).toBe(`/api/v1/ad/${id}`);
    const token = reply.headers['Consistency-Token'] ?? '';
    const found = await world.get('/api/v1/ad', { 'consistency-token': token });
    expect(found.json).toMatchObject({ total: 1, ads: [{ id, version: 1 }] });
    expect((await world.get(`/api/v1/ad/${id}`)).json).toStrictEqual(
      (found.json as { ads: unknown[] }).ads[0],
    );
  });

  it('answers with the whole ad when asked to wait', async () => {
    const reply = await world.post('/api/v1/ad', { ...ad, country: ['US', 'TW', 'US'], age_end: null }, wait);
    expect(reply.status).toBe(201);
    expect(reply.headers).toMatchObject({ ETag: '"1"', 'Preference-Applied': 'wait=10' });
    expect(reply.json).toMatchObject({
      title: 'Five!',
      start_at: '2026-11-19T16:00:00.000Z',
      end_at: '2026-11-22T00:00:00.000Z',
      age_start: null,
      age_end: null,
      gender: [],
      country: ['TW', 'US'],
      platform: [],
      version: 1,
    });
  });

  it('answers 202 when the ad is not applied in time', async () => {
    const idle = createHttpWorld();
    const reply = await idle.post('/api/v1/ad', ad, { prefer: 'wait=1' });
    expect(reply.status).toBe(202);
    expect(reply.headers['Preference-Applied']).toBe('wait=1');
  });

  it('puts the stage in front of Location', async () => {
    const headers = { 'content-type': 'application/json' };
    const event = toEvent({ method: 'POST', path: '/api/v1/ad', body: ad, headers });
    const requestContext = { ...event.requestContext, path: '/prod/api/v1/ad' };
    const reply = await world.functions['ingest-ads']({ ...event, requestContext });
    expect(reply.headers?.Location).toMatch(/^\/prod\/api\/v1\/ad\/[0-9a-f-]{36}$/);
  });

  it('replays the answer to a repeated request, and refuses another one under its key', async () => {
    const keyed = { 'idempotency-key': 'order-1' };
    const first = await world.post('/api/v1/ad', ad, keyed);
    const again = await world.post('/api/v1/ad', ad, keyed);
    expect(again.json).toStrictEqual(first.json);
    expect(again.headers).toMatchObject({ ...first.headers, 'Idempotent-Replayed': 'true' });
    expect(first.headers['Idempotent-Replayed']).toBeUndefined();
    const other = await world.post('/api/v1/ad', { ...ad, title: 'Other' }, keyed);
    expect(other.status).toBe(422);
    expect(await world.logged()).toBe(1);
    const stranger = await world.send({
      method: 'POST',
      path: '/api/v1/ad',
      body: ad,
      principal: 'somebody-else',
      headers: { ...keyed, 'content-type': 'application/json' },
    });
    expect(stranger.json).not.toStrictEqual(first.json);
  });

  it('frees the key of a refused change: the loser of two edits may try again under its key', async () => {
    const { id } = await create();
    const path = `/api/v1/ad/${id}`;
    const edit = (key: string, title: string, headers: Record<string, string>) =>
      world.patch(path, { title }, { 'idempotency-key': key, ...headers });
    const both = await Promise.all([
      edit('one', 'First one', { 'if-match': '"1"' }),
      edit('two', 'Other one', { 'if-match': '"1"' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toStrictEqual([200, 412]);
    const [key, title] = both[0].status === 412 ? ['one', 'First one'] : ['two', 'Other one'];
    expect((await edit(key, title, { 'if-match': '"1"' })).status).toBe(412);
    expect((await edit(key, title, { 'if-match': '"2"' })).json).toMatchObject({ title, version: 3 });
    expect((await edit('three', 'No such version', { 'if-match': '"9"' })).status).toBe(412);
    const free = await edit('three', 'Without a tag', wait);
    expect(free.json).toMatchObject({ title: 'Without a tag', version: 4 });
    expect((await edit('three', 'Something else', wait)).status).toBe(422);
  });

  it('replays also when the ad has ended meanwhile', async () => {
    const keyed = { 'idempotency-key': 'order-1' };
    const short = { ...ad, end_at: '2026-11-21T01:00:00Z' };
    const first = await world.post('/api/v1/ad', short, keyed);
    await world.clock.advance(3 * hourMs);
    expect((await world.post('/api/v1/ad', short, keyed)).json).toStrictEqual(first.json);
    expect((await world.post('/api/v1/ad', short)).status).toBe(400);
  });

  it('answers 507 over the limit of live ads', async () => {
    const settings = {
      ...stageSettings('local'),
      ads: { liveAdsMax: 1, liveBytesMax: 1_000_000, endedDays: 90 },
    };
    world = createHttpWorld({ settings });
    world.startConsumers();
    await create();
    expect((await world.post('/api/v1/ad', ad, wait)).status).toBe(507);
  });

  describe('PATCH', () => {
    it('changes the named fields and clears with null', async () => {
      const { id } = await create({ age_start: 20, gender: ['M'] });
      const path = `/api/v1/ad/${id.toUpperCase()}`;
      const reply = await world.patch(
        path,
        { title: 'Other', age_start: null, gender: null },
        {
          ...wait,
          'content-type': 'application/merge-patch+json',
        },
      );
      expect(reply.status).toBe(200);
      expect(reply.headers.ETag).toBe('"2"');
      expect(reply.json).toMatchObject({
        id,
        title: 'Other',
        content: ad.content,
        age_start: null,
        gender: [],
      });
    });

    it('answers {} with the ad as it is, and logs nothing', async () => {
      const { id } = await create();
      const reply = await world.patch(`/api/v1/ad/${id}`, {});
      expect(reply.status).toBe(200);
      expect(reply.json).toMatchObject({ id, version: 1 });
      expect(await world.logged()).toBe(1);
    });

    it('names the field when the merged ad would be wrong', async () => {
      const { id } = await create({ age_end: 30 });
      const path = `/api/v1/ad/${id}`;
      const window = await world.patch(path, { start_at: '2026-12-01T00:00:00Z' }, wait);
      expect(window.json).toMatchObject({ status: 400, errors: [{ path: 'end_at' }] });
      const ages = await world.patch(path, { age_start: 31 }, wait);
      expect(ages.json).toMatchObject({ status: 400, errors: [{ path: 'age_end' }] });
      expect(await world.logged()).toBe(1);
    });

    it('waits by itself with If-Match, and answers 412 when another version is there', async () => {
      const { id } = await create();
      const path = `/api/v1/ad/${id}`;
      const changed = await world.patch(path, { title: 'Other' }, { 'if-match': '"1"' });
      expect(changed.status).toBe(200);
      for (const tag of ['"1"', 'W/"2"', '"abc"', '"1", "3"']) {
        const lost = await world.patch(path, { title: 'Third' }, { 'if-match': tag });
        expect([tag, lost.status]).toStrictEqual([tag, 412]);
      }
      expect((await world.patch(path, { title: 'Third' }, { 'if-match': '"1", "2"' })).status).toBe(200);
      expect((await world.patch(path, { title: 'Fourth' }, { 'if-match': '*' })).status).toBe(200);
      expect((await world.patch(path, {}, { 'if-match': '"1"' })).status).toBe(412);
    });

    it('lets one of two edits with one If-Match succeed', async () => {
      const { id } = await create();
      const edits = ['Left!', 'Right'].map((title) =>
        world.patch(`/api/v1/ad/${id}`, { title }, { 'if-match': '"1"' }),
      );
      const statuses = (await Promise.all(edits)).map(({ status }) => status);
      expect(statuses.sort()).toStrictEqual([200, 412]);
    });

    it('answers 404 for an unknown id, and 503 while a young one may turn up', async () => {
      const old = '019a0000-0000-7000-8000-000000000000';
      expect((await world.patch(`/api/v1/ad/${old}`, { title: 'Other' })).status).toBe(404);
      const young = world.ports.ids.uuidv7(world.clock.nowMs());
      const reply = await world.patch(`/api/v1/ad/${young}`, { title: 'Other' });
      expect(reply.status).toBe(503);
      expect(reply.headers['Retry-After']).toBe('1');
      expect(reply.json).toMatchObject({ type: 'urn:adtally:problem:not-caught-up' });
    });
  });

  describe('DELETE', () => {
    it('removes the ad, once', async () => {
      const { id } = await create();
      const path = `/api/v1/ad/${id}`;
      expect((await world.delete(path, { 'if-match': '"7"' })).status).toBe(412);
      expect((await world.delete(path, wait)).status).toBe(204);
      await world.clock.advance(11_000);
      expect((await world.get(path)).status).toBe(404);
      expect((await world.delete(path)).status).toBe(404);
    });

    it('answers 202 without waiting', async () => {
      const { id } = await create();
      const reply = await world.delete(`/api/v1/ad/${id}`);
      expect(reply.status).toBe(202);
      expect(reply.headers['Consistency-Token']).toMatch(/^a2\./);
    });
  });

  describe('GET one', () => {
    it('answers 304 to its entity tag, and HEAD with what the gateway takes the length of', async () => {
      const { id } = await create();
      const path = `/api/v1/ad/${id}`;
      const got = await world.get(path);
      const { ETag = '' } = got.headers;
      expect(ETag).toBe('"1"');
      const unchanged = await world.get(path, { 'If-None-Match': `"x", W/${ETag}` });
      expect(unchanged).toMatchObject({ status: 304, text: '' });
      expect(unchanged.headers.ETag).toBe(ETag);
      expect((await world.get(path, { 'if-none-match': '"2", x' })).status).toBe(200);
      const head = await world.send({ method: 'HEAD', path });
      expect(head).toStrictEqual(got);
    });

    it('finds an ad that has not started, and none that has ended', async () => {
      const { id } = await create({ start_at: '2026-11-21T10:00:00Z' });
      expect((await world.get(`/api/v1/ad/${id}`)).status).toBe(200);
      expect((await world.get('/api/v1/ad')).json).toStrictEqual({ ads: [], total: 0 });
      await world.clock.advance(25 * hourMs);
      expect((await world.get(`/api/v1/ad/${id}`)).status).toBe(404);
    });
  });

  describe('GET many', () => {
    it('shows ads for any country where the country is one that no ad can name', async () => {
      await create({ title: 'Anywhere' });
      await create({ title: 'Taiwan', country: ['TW'] });
      const titles = async (country: string): Promise<unknown> => {
        const page = await world.get(`/api/v1/ad?country=${country}`);
        const explained = await world.get(`/api/v1/ad/explain?country=${country}`);
        const { ads, total } = page.json as { ads: { title: string }[]; total: number };
        expect(explained.json).toMatchObject({ conditions: { 6: { name: 'country', left: total } } });
        return ads.map(({ title }) => title);
      };
      for (const country of ['XK', 'XX', 'T1', 'DE']) expect(await titles(country)).toEqual(['Anywhere']);
      expect(await titles('TW')).toHaveLength(2);
      for (const country of ['tw', 'T2', 'TWN']) {
        expect((await world.get(`/api/v1/ad?country=${country}`)).status).toBe(400);
        expect((await world.get(`/api/v1/ad/explain?country=${country}`)).status).toBe(400);
      }
    });

    it.each([
      ['age', { age_start: 18 }],
      ['age', { age_end: 120 }],
      ['gender', { gender: ['M', 'F'] }],
      ['country', { country: ['TW'] }],
      ['platform', { platform: ['web'] }],
    ])('shows only ads that do not target it where %s is unknown: not %j', async (name, target) => {
      await create({ title: 'Anybody' });
      await create({ title: 'Somebody', ...target });
      const page = await world.get(`/api/v1/ad?${name}=unknown`);
      expect(page.json).toMatchObject({ ads: [{ title: 'Anybody' }], total: 1 });
      const { json } = await world.get(`/api/v1/ad/explain?${name}=unknown`);
      const { conditions } = json as { conditions: { name: string; left: number }[] };
      expect(conditions.map(({ left }) => left)).toEqual(
        conditions.map((_, place) => (place < conditions.findIndex((each) => each.name === name) ? 2 : 1)),
      );
      expect((await world.get('/api/v1/ad')).json).toMatchObject({ total: 2 });
    });

    it('filters, pages without overlap, and tells the exact total', async () => {
      const ids: string[] = [];
      for (const hour of ['05', '03', '04', '01', '02']) {
        ids.push((await create({ end_at: `2026-11-22T${hour}:00:00Z`, gender: ['F'] })).id);
      }
      await create({ gender: ['M'] });
      const pages = await Promise.all(
        [0, 2, 4, 6].map((offset) => world.get(`/api/v1/ad?gender=F&age=24&limit=2&offset=${offset}`)),
      );
      const found = pages.flatMap(({ json }) => (json as { ads: AdJson[] }).ads.map(({ id }) => id));
      expect(found).toStrictEqual([3, 4, 1, 2, 0].map((index) => ids[index]));
      expect(pages.map(({ json }) => (json as { total: number }).total)).toStrictEqual([5, 5, 5, 5]);
    });

    it('changes its entity tag with the version, the query and each start or end', async () => {
      await create({ start_at: '2026-11-21T00:00:00Z' });
      const tags = new Set<string>();
      const look = async (path: string): Promise<void> => {
        tags.add((await world.get(path)).headers.ETag ?? '');
      };
      await look('/api/v1/ad');
      await look('/api/v1/ad?offset=0&limit=10');
      expect(tags.size).toBe(1);
      await look('/api/v1/ad?limit=9');
      await create();
      await look('/api/v1/ad');
      await world.clock.advance(hourMs);
      await look('/api/v1/ad');
      expect(tags.size).toBe(4);
      const [first = ''] = [...tags].slice(-1);
      const unchanged = await world.get('/api/v1/ad', { 'if-none-match': first });
      expect(unchanged).toMatchObject({ status: 304, text: '' });
      expect(unchanged.headers['Catalog-Version']).toBe('2');
    });

    it('may be cached no longer than the stage may be stale, and not past the next start or end', async () => {
      const settings = {
        ...stageSettings('local'),
        reader: { maxStalenessMs: 3600, staleServeMaxMs: 60_000 },
      };
      world = createHttpWorld({ settings });
      world.startConsumers();
      await create();
      const long = await world.get('/api/v1/ad');
      expect(long.headers['Cache-Control']).toBe('public, max-age=3, must-revalidate, stale-if-error=0');
      expect(long.headers.Vary).toBe('Consistency-Token, Accept-Encoding');
      const start_at = new Date(world.clock.nowMs() + 1900).toISOString();
      const { headers } = await world.post('/api/v1/ad', { ...ad, start_at });
      const token = headers['Consistency-Token'] ?? '';
      const short = await world.get('/api/v1/ad', { 'consistency-token': token });
      expect(short.headers['Catalog-Version']).toBe('2');
      expect(short.headers['Cache-Control']).toMatch(/^public, max-age=[01],/);
    });

    it('answers 503 to a token that is not met in time', async () => {
      const idle = createHttpWorld();
      const { headers } = await idle.post('/api/v1/ad', ad);
      const reply = await idle.get('/api/v1/ad', { 'consistency-token': headers['Consistency-Token'] ?? '' });
      expect(reply.json).toMatchObject({ status: 503, type: 'urn:adtally:problem:not-caught-up' });
      expect(reply.headers['Retry-After']).toBe('1');
    });

    it('explains who sees what, now or at an instant', async () => {
      const shown = await create({ country: ['TW'] });
      const scheduled = await create({ start_at: '2030-01-01T00:00:00Z', end_at: '2031-01-01T00:00:00Z' });
      const ask = async (query: string): Promise<Record<string, unknown>> =>
        (await world.get(`/api/v1/ad/explain?${query}`)).json as Record<string, unknown>;
      const left = [1, 1, 1, 1, 1, 1, 0];
      const names = ['started', 'not_ended', 'paused', 'age', 'gender', 'platform', 'country'];
      const conditions = names.map((name, i) => ({ name, left: left[i] }));
      const ad = { id: shown.id, excluded_by: 'country' };
      expect(await ask(`country=JP&id=${shown.id.toUpperCase()}`)).toMatchObject({ live: 2, conditions, ad });
      expect(await ask(`country=TW&id=${shown.id}`)).toMatchObject({ ad: { excluded_by: null } });
      expect(await ask(`id=${scheduled.id}`)).toMatchObject({ ad: { excluded_by: 'started' } });
      const later = 'at=2030-06-01T00:00:00%2B02:00';
      expect(await ask(`${later}&id=${scheduled.id}`)).toMatchObject({
        at: '2030-05-31T22:00:00.000Z',
        ad: { excluded_by: null },
      });
      expect(await ask('id=00000000-0000-4000-8000-000000000000')).toMatchObject({
        ad: { excluded_by: 'unknown' },
      });
      expect(await ask('country=TW')).toMatchObject({ ad: null });
      expect(await ask('at=noon&id=me&limit=1')).toMatchObject({
        status: 400,
        errors: [{ path: 'at' }, { path: 'id' }, { path: 'limit' }],
      });
    });

    it('lists all live ads by id, a page at a time', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i += 1) {
        ids.push((await create({ start_at: '2026-11-21T10:00:00Z' })).id);
        await world.clock.advance(5);
      }
      const found: string[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null && page < 5; page += 1) {
        const reply = await world.get(`/api/v1/ads?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
        const body = reply.json as { ads: AdJson[]; next_cursor: string | null };
        found.push(...body.ads.map(({ id }) => id));
        cursor = body.next_cursor;
      }
      expect(found).toStrictEqual(ids.toSorted());
      expect(cursor).toBeNull();
    });
  });

  describe('when the log or the store fails', () => {
    const failingLog = (status: 'refused' | 'unknown'): EventLog => ({
      stream: 'ad-events',
      epoch: '1',
      hashPosition,
      append: async (entries) => Promise.resolve(entries.map(() => ({ status, reason: 'down' }))),
    });

    it.each([
      ['refused', /was not logged/],
      ['unknown', /may or may not/],
    ] as const)('answers 503 for an append that is %s', async (status, detail) => {
      world = createHttpWorld({ adEvents: failingLog(status) });
      const reply = await world.post('/api/v1/ad', ad, { 'idempotency-key': 'k' });
      expect(reply.status).toBe(503);
      expect(reply.headers['Retry-After']).toBe('1');
      expect(reply.json).toMatchObject({ type: 'urn:adtally:problem:log-unavailable' });
      expect((reply.json as { detail: string }).detail).toMatch(detail);
    });

    it('serves what it has and says how stale, up to the limit, then 503', async () => {
      const memory = createMemoryStateStore();
      let down = false;
      const state: StateStore = new Proxy(memory, {
        get: (target, name: keyof StateStore) =>
          down
            ? () => Promise.reject(new StateStoreError('state-unavailable', 'down'))
            : (target[name] as () => unknown).bind(target),
      });
      const settings = {
        ...stageSettings('local'),
        reader: { maxStalenessMs: 1000, staleServeMaxMs: 60_000 },
      };
      world = createHttpWorld({ state, settings });
      world.startConsumers();
      const { id } = await create();
      await world.clock.advance(1001);
      expect((await world.get('/api/v1/ad')).headers['Catalog-Stale-Ms']).toBeUndefined();
      down = true;
      await world.clock.advance(30_000);
      const stale = await world.get('/api/v1/ad');
      expect(stale.status).toBe(200);
      expect(Number(stale.headers['Catalog-Stale-Ms'])).toBeGreaterThanOrEqual(30_000);
      expect(stale.headers['Cache-Control']).toBe('public, max-age=0, must-revalidate, stale-if-error=0');
      expect((await world.get(`/api/v1/ad/${id}`)).json).toMatchObject({
        status: 503,
        type: 'urn:adtally:problem:state-unavailable',
      });
      await world.clock.advance(40_000);
      expect((await world.get('/api/v1/ad')).status).toBe(503);
      down = false;
      await world.clock.advance(1000);
      expect((await world.get('/api/v1/ad')).status).toBe(200);
    });

    // Covers API8.5 (docs/security.md).
    it('answers a bug with a bare 500, and tells the log', async () => {
      const state = { get: () => Promise.reject(new Error('secret')) } as unknown as StateStore;
      world = createHttpWorld({ state });
      const reply = await world.get('/api/v1/ad/019a0000-0000-7000-8000-000000000000');
      expect(reply.status).toBe(500);
      expect(reply.text).not.toContain('secret');
      expect(world.telemetry.lines.map(({ level }) => level)).toStrictEqual(['error']);
    });
  });
});
