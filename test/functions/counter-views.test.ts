import { beforeEach, describe, expect, it } from '@jest/globals';
import { stageSettings } from '../../lib/stages.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';

let world: HttpWorld;

beforeEach(async () => {
  // It keeps every level.
  world = createHttpWorld({ settings: stageSettings('dev') });
  await world.post('/increment?mode=sync', { key: 'a/b', value: 5 });
});

const path = '/api/v1/counters/a%2Fb/series';

describe('the series of a counter over HTTP', () => {
  it.each([
    ['minute', 60],
    ['hour', 48],
    ['day', 31],
  ])('by %s is by default of the last %d buckets', async (bucket, buckets) => {
    const { status, json } = await world.get(`${path}?bucket=${bucket}`);
    expect(status).toBe(200);
    const { points, ...facts } = json as { points: { at: string; value: number }[] };
    expect(facts).toMatchObject({ key: 'a/b', bucket, from: points[0]?.at });
    expect(points.length).toBeGreaterThanOrEqual(buckets);
    expect(points.length).toBeLessThanOrEqual(buckets + 1);
    expect(points.at(-1)?.value).toBe(5);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(5);
  });

  it.each(['minute', 'hour', 'day'])(
    'by %s ends with the last instant that has four digits',
    async (bucket) => {
      const last = '9999-12-31T23:59:59.999Z';
      for (const from of ['&from=9999-12-31T00:00:00Z', `&from=${last}`, '']) {
        const { status, json } = await world.get(`${path}?bucket=${bucket}&to=${last}${from}`);
        const { to, points, from: first } = json as { to: string; from: string; points: { at: string }[] };
        expect([status, to]).toEqual(from === `&from=${last}` ? [400, undefined] : [200, last]);
        for (const { at } of points ?? []) expect([at.length, at >= first]).toEqual([last.length, true]);
      }
    },
  );

  it('is written digit for digit', async () => {
    for (const value of [2 ** 53 - 1, 2]) await world.post('/increment?mode=sync', { key: 'big', value });
    expect((await world.get('/api/v1/counters/big/series?bucket=day')).text).toContain(
      '"value":9007199254740993}',
    );
  });

  it.each([
    ['', 'bucket'],
    ['?bucket=week', 'bucket'],
    ['?bucket=day&from=yesterday', 'from'],
    ['?bucket=day&from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z', 'from'],
    ['?bucket=minute&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z', 'from'],
    ['?bucket=day&bucket=hour', 'bucket'],
    ['?bucket=day&colour=red', 'colour'],
  ])('refuses %j and names the place', async (query, place) => {
    const { status, json } = await world.get(path + query);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ path: place }] });
  });

  it('says which buckets a stage keeps', async () => {
    const ask = async (series: object) => {
      const settings = {
        ...stageSettings('local'),
        counters: { ...stageSettings('local').counters, series },
      };
      return (await createHttpWorld({ settings }).get(`${path}?bucket=minute`)).json;
    };
    expect(await ask({ hour: 9 })).toMatchObject({ errors: [{ message: 'must be hour or day' }] });
    expect(await ask({})).toMatchObject({ errors: [{ message: 'this stage keeps no series' }] });
  });

  it('is not found where there is no counter', async () => {
    expect((await world.get('/api/v1/counters/nobody/series?bucket=day')).status).toBe(404);
  });
});

describe('the hottest counters over HTTP', () => {
  it('come with their amounts and errors', async () => {
    world.startConsumers();
    for (const [key, value] of [
      ['few', 1],
      ['many', 2 ** 53 - 1],
      ['many', 2],
    ] as const) {
      const written = await world.post('/increment', { key, value });
      await world.get(`/increment/${key}`, {
        'consistency-token': written.headers['Consistency-Token'] ?? '',
      });
    }
    // The sketch is written when the totals are.
    await world.clock.advance(2000);
    const { status, text, headers } = await world.get('/api/v1/hot-counters?limit=1');
    expect(status).toBe(200);
    const row = '"keys":[{"key":"many","value":9007199254740993,"error_max":0}]';
    expect(text.replace(/"window_ms":\d+,/, '')).toBe(`{"recent":{${row}},"all":{${row}}}`);
    expect(headers).not.toHaveProperty('Deprecation');
    const old = await world.get('/api/v1/counters?top=1');
    expect(old.text).toBe(`{"counters":[],${text.slice(1)}`);
    expect(old.headers).toMatchObject({
      Deprecation: expect.stringMatching(/^@\d+$/) as unknown,
      Link: '</api/v1/hot-counters>; rel="successor-version"',
    });
  });

  it('count what mode=sync added, once', async () => {
    const headers = { 'Idempotency-Key': 'once' };
    for (let i = 0; i < 2; i++) await world.post('/increment?mode=sync', { key: 'now', value: 7 }, headers);
    // A container writes its sketch with a call, so often at most: the next one brings what these have left.
    await world.clock.advance(10_001);
    await world.post('/increment?mode=sync', { key: 'later', value: 1 });
    const { json } = await world.get('/api/v1/hot-counters?limit=100');
    const keys = expect.arrayContaining([{ key: 'now', value: 7, error_max: 0 }]) as unknown;
    expect(json).toMatchObject({ recent: { keys }, all: { keys } });
  });

  it.each([
    ['?top=0', 'top'],
    ['?top=101', 'top'],
    ['?top=5&key=a', 'key'],
    ['', 'key'],
  ])('refuses %j', async (query, place) => {
    const { status, json } = await world.get(`/api/v1/counters${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ path: place }] });
  });

  it('says when a stage keeps no list', async () => {
    const local = stageSettings('local');
    const settings = { ...local, counters: { ...local.counters, topKeysSaveMs: 0 } };
    for (const path of ['/api/v1/counters?top=1', '/api/v1/hot-counters']) {
      expect((await createHttpWorld({ settings }).get(path)).status).toBe(400);
    }
  });
});
