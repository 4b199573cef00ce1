import { setImmediate } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createAdExpirer } from '../../lib/app/ads/ad-expirer.ts';
import { headKey } from '../../lib/app/state-keys.ts';
import { stageSettings, type StageSettings } from '../../lib/stages.ts';
import { hourMs } from '../support/ad-event-builder.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { newAdBody } from '../support/new-ad-body.ts';

interface Ad {
  readonly id: string;
  readonly title: string;
  readonly end_at: string;
  readonly ended_at?: string;
}
interface List {
  readonly ads: readonly Ad[];
  readonly next_cursor: string | null;
}

const dayMs = 24 * hourMs;
const pagesMax = 200;
const turnsMax = 100_000;
const soon = { prefer: 'wait=5' };

let world: HttpWorld;

function open(ads: Partial<StageSettings['ads']> = {}): void {
  const base = stageSettings('local');
  world = createHttpWorld({ settings: { ...base, ads: { ...base.ads, ...ads } } });
  world.startConsumers();
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** Creates an ad that ends so much later, and returns its id. */
async function create(lifeMs: number, fields: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const nowMs = world.clock.nowMs();
  const body = { ...newAdBody(nowMs), end_at: iso(nowMs + lifeMs), ...fields };
  const { status, json } = await world.post('/api/v1/ad', body, soon);
  expect(status).toBe(201);
  return (json as Ad).id;
}

/** Lets time pass, and logs and projects the ends that have come. */
async function pass(ms: number): Promise<void> {
  await world.clock.advance(ms);
  const expired = async (): Promise<unknown> => (await world.memoryState.get(headKey))?.expired;
  const before = await expired();
  const { appended } = await createAdExpirer(world.ports).sweep();
  for (let turns = 0; turns < turnsMax; turns += 1) {
    if ((await expired()) === BigInt(Number(before ?? 0) + appended)) return;
    await setImmediate();
  }
  throw new Error('the ends are not projected');
}

const read = async (id: string, query = '?include=ended') => world.get(`/api/v1/ad/${id}${query}`);
const list = async (query = ''): Promise<List> =>
  (await world.get(`/api/v1/ads?status=ended${query}`)).json as List;

/** The titles of all pages. */
async function titles(query = ''): Promise<readonly string[]> {
  const seen: string[] = [];
  let cursor = '';
  for (let pages = 0; pages < pagesMax; pages += 1) {
    const { ads, next_cursor: next } = await list(`${query}${cursor}`);
    seen.push(...ads.map(({ title }) => title));
    if (next === null) return seen;
    cursor = `&cursor=${next}`;
  }
  throw new Error('the list has no end');
}

describe('an ad that has ended', () => {
  beforeEach(() => {
    open();
  });

  it('is answered with include=ended as it was, with its end', async () => {
    const id = await create(hourMs);
    const live = await read(id, '');
    await pass(2 * hourMs);
    expect((await read(id, '')).status).toBe(404);
    const { status, json, headers } = await read(id);
    const before = live.json as Ad;
    expect(status).toBe(200);
    expect(json).toEqual({ ...before, ended_at: before.end_at });
    expect(headers.ETag).toBe('"1-ended"');
    expect((await read(id, '?include=ended&consistency=strong')).json).toEqual(json);
  });

  it('is answered so from its end on, whether or not its removal is logged', async () => {
    const id = await create(hourMs);
    await world.clock.advance(hourMs);
    expect((await read(id, '')).status).toBe(404);
    const due = await read(id);
    expect(due.status).toBe(200);
    await pass(hourMs);
    const removed = await read(id);
    expect([removed.text, removed.headers.ETag]).toEqual([due.text, due.headers.ETag]);
  });

  it('is answered as any other while it is live', async () => {
    const id = await create(hourMs);
    const [asked, plain] = [await read(id), await read(id, '')];
    expect([asked.text, asked.headers.ETag]).toEqual([plain.text, plain.headers.ETag]);
    expect(asked.json).not.toHaveProperty('ended_at');
  });

  it('is not changed when somebody has its entity tag', async () => {
    const id = await create(hourMs);
    await pass(2 * hourMs);
    const tag = (await read(id)).headers.ETag ?? '';
    const again = await world.get(`/api/v1/ad/${id}?include=ended`, { 'if-none-match': tag });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await world.get(`/api/v1/ad/${id}?include=ended`, { 'if-none-match': '"1"' })).status).toBe(200);
  });

  it('is none after a delete', async () => {
    const id = await create(hourMs, { title: 'deleted' });
    expect((await world.delete(`/api/v1/ad/${id}`, soon)).status).toBe(204);
    await pass(2 * hourMs);
    expect((await read(id)).json).toMatchObject({ status: 404, detail: 'No live or ended ad has this id.' });
    expect(await titles()).toEqual([]);
  });

  it('gives its external id away, and stays', async () => {
    const id = await create(hourMs, { external_id: 'shop-1', title: 'the first' });
    await world.clock.advance(hourMs);
    const next = await create(hourMs, { external_id: 'shop-1', title: 'the second' });
    expect((await read(id)).json).toMatchObject({ title: 'the first', external_id: 'shop-1' });
    expect((await read(next)).json).not.toHaveProperty('ended_at');
    await pass(2 * hourMs);
    expect(await titles('&external_id=shop-1')).toEqual(['the second', 'the first']);
  });

  it('gives its external id to an import, and stays', async () => {
    await create(hourMs, { external_id: 'shop-1', title: 'the first' });
    await world.clock.advance(hourMs);
    const nowMs = world.clock.nowMs();
    const ads = [{ ...newAdBody(nowMs), external_id: 'shop-1', title: 'the second' }];
    expect((await world.post('/api/v1/ads:import', { ads }, soon)).status).toBe(200);
    expect(await titles()).toEqual(['the first']);
  });

  it.each([
    ['to the last moment of its days', 90 * dayMs - 1, true],
    ['no longer', 90 * dayMs, false],
  ])('is kept for 90 days: %s', async (_, afterMs, isKept) => {
    const id = await create(hourMs, { title: 'old one' });
    await pass(2 * hourMs);
    const { end_at: endAt } = (await read(id)).json as Ad;
    await world.clock.advance(Date.parse(endAt) + afterMs - world.clock.nowMs());
    expect((await read(id)).status).toBe(isKept ? 200 : 404);
    expect(await titles()).toEqual(isKept ? ['old one'] : []);
  });

  it.each([
    ['gone', 'must be ended'],
    ['', 'must not be empty'],
  ])('is not answered with include=%s: it %s', async (include, message) => {
    const { status, json } = await read(await create(hourMs), `?include=${include}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ path: 'include', message }] });
  });
});

describe('a stage that keeps ended ads for fewer days than before', () => {
  it('hides those that are older now', async () => {
    open();
    const id = await create(hourMs, { title: 'old one' });
    await pass(2 * dayMs);
    const { memoryState, clock } = world;
    for (const [endedDays, isKept] of [
      [3, true],
      [1, false],
      [0, false],
    ] as const) {
      const base = stageSettings('local');
      const settings = { ...base, ads: { ...base.ads, endedDays } };
      world = createHttpWorld({ settings, state: memoryState, clock });
      expect((await read(id)).status).toBe(isKept ? 200 : 404);
      expect(await titles()).toEqual(isKept ? ['old one'] : []);
    }
  });
});

describe('a stage that does not keep ended ads', () => {
  it('writes and shows none', async () => {
    open({ endedDays: 0 });
    const id = await create(hourMs);
    await world.clock.advance(hourMs);
    expect((await read(id)).status).toBe(404);
    await pass(hourMs);
    expect((await read(id)).status).toBe(404);
    expect(await list()).toEqual({ ads: [], next_cursor: null });
    expect(world.memoryState.all().filter(({ key }) => key.pk.startsWith('ended#'))).toEqual([]);
  });
});

describe('the list of ads that have ended', () => {
  beforeEach(async () => {
    open();
    for (const [title, lifeMs, fields] of [
      ['Tea one', hourMs, { country: ['TW'], external_id: 'a' }],
      ['Tea two', 3 * dayMs, { country: ['JP'] }],
      ['Coffee', 2 * hourMs, { external_id: 'b' }],
      ['Tea three', 3 * dayMs + 1, {}],
      ['Still live', 20 * dayMs, {}],
    ] as const)
      await create(lifeMs, { title, ...fields });
    await pass(5 * dayMs);
  });
  const all = ['Tea three', 'Tea two', 'Coffee', 'Tea one'];

  it.each([
    ['', all],
    ['&limit=1', all],
    ['&limit=2', all],
    ['&title=Tea', ['Tea three', 'Tea two', 'Tea one']],
    ['&title=Tea&limit=1', ['Tea three', 'Tea two', 'Tea one']],
    ['&country=TW', ['Tea three', 'Coffee', 'Tea one']],
    ['&country=unknown', ['Tea three', 'Coffee']],
    ['&external_id=b', ['Coffee']],
    ['&external_id=none', []],
    ['&country=JP&title=Tea&consistency=eventual', ['Tea three', 'Tea two']],
  ])('has with %s the newest end first: %j', async (query, expected) => {
    expect(await titles(query)).toEqual(expected);
  });

  it('shows each ad as a read of it does', async () => {
    const { ads } = await list();
    for (const ad of ads) expect((await read(ad.id)).json).toEqual(ad);
    expect(ads.map(({ ended_at: endedAt }) => endedAt)).toEqual(ads.map(({ end_at: endAt }) => endAt));
  });

  it('orders ends of one instant by id, the highest first', async () => {
    const endAt = iso(world.clock.nowMs() + hourMs);
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.push(await create(hourMs, { title: 'at once', end_at: endAt }));
    await pass(2 * hourMs);
    const { ads } = await list('&title=at%20once');
    expect(ads.map(({ id }) => id)).toEqual(ids.toSorted().toReversed());
  });

  it('leads on over days without an end', async () => {
    await pass(60 * dayMs);
    expect(await titles('&limit=3')).toEqual(['Still live', ...all]);
  });

  it('has one ad in each line if asked for lines', async () => {
    const { headers, text } = await world.get('/api/v1/ads?status=ended&limit=2', {
      accept: 'application/x-ndjson',
    });
    expect(headers['Content-Type']).toBe('application/x-ndjson');
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as Ad).title),
    ).toEqual(all.slice(0, 2));
    const { ads } = await list(`&cursor=${headers['Next-Cursor'] ?? ''}`);
    expect(ads.map(({ title }) => title)).toEqual(all.slice(2));
  });

  it('has what a token names, and names it in its own', async () => {
    const id = await create(hourMs, { title: 'last of all' });
    await pass(2 * hourMs);
    const { headers } = await world.get('/api/v1/ads?status=ended');
    const token = headers['Consistency-Token'] ?? '';
    const again = await world.get('/api/v1/ads?status=ended&limit=1', { 'consistency-token': token });
    expect((again.json as List).ads[0]?.id).toBe(id);
    expect([headers['Catalog-Version'], again.headers['Cache-Control']]).toEqual(['11', 'no-store']);
  });

  it('skips an ad of which the store has deleted one of the two items', async () => {
    const { ads } = await list();
    await world.memoryState.write({
      type: 'delete',
      key: { table: 'ads', pk: `ended#${ads[1]?.id ?? ''}`, sk: '' },
    });
    expect(await titles('&limit=1')).toEqual(all.toSpliced(1, 1));
  });

  it.each([
    ['status=ended&limit=1', 'status=ended&title=Tea'],
    ['status=ended&limit=1', 'status=active'],
    ['status=ended&limit=1', 'limit=1'],
    ['limit=1', 'status=ended'],
    ['status=active&limit=1', 'status=ended'],
  ])('refuses the cursor of %j with %j', async (first, second) => {
    await create(hourMs);
    await create(hourMs);
    const { next_cursor: cursor } = (await world.get(`/api/v1/ads?${first}`)).json as List;
    expect(cursor).not.toBeNull();
    const reply = await world.get(`/api/v1/ads?${second}&cursor=${cursor ?? ''}`);
    expect(reply.json).toMatchObject({ status: 400, errors: [{ path: 'cursor' }] });
  });

  it('reads so many ads at most to find those of a filter, and then leads on', async () => {
    const many = 1101;
    const nowMs = world.clock.nowMs();
    for (let start = 0; start < many; start += 100) {
      const ads = Array.from({ length: Math.min(100, many - start) }, (_, n) => ({
        ...newAdBody(nowMs),
        ...{ end_at: iso(nowMs + hourMs + start + n), external_id: `many-${start + n}` },
      }));
      expect((await world.post('/api/v1/ads:import', { ads }, soon)).status).toBe(200);
    }
    await pass(2 * hourMs);
    const first = await list('&external_id=many-0');
    expect(first.ads).toEqual([]);
    const second = await list(`&external_id=many-0&cursor=${first.next_cursor ?? ''}`);
    expect(second.ads).toMatchObject([{ external_id: 'many-0' }]);
    expect(await titles('&title=an%20ad&limit=100')).toHaveLength(many);
  });
});
