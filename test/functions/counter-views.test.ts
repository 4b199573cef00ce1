import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stageSettings } from '../../lib/stages.ts';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

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
      for (const from of ['&from=9999-12-31T00:00:00Z', '']) {
        const { status, json } = await world.get(`${path}?bucket=${bucket}&to=${last}${from}`);
        const { to, points, from: first } = json as { to: string; from: string; points: { at: string }[] };
        expect([status, to]).toEqual([200, last]);
        expect(first.length).toBe(last.length);
        for (const { at } of points) expect([at.length, at >= first]).toEqual([last.length, true]);
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

const seriesOfA = '/api/v1/counters/a/series';
const bucketMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

type Bucket = keyof typeof bucketMs;

/** It keeps every level. */
async function buildSeries() {
  const world = createHttpWorld({ settings: stageSettings('dev') });
  await world.post('/increment?mode=sync', { key: 'a', value: 5 });
  const { clock } = world;
  /** Lets time pass until so long after the start of a day. */
  const untilAfterMidnight = (ms: number) =>
    clock.advance(bucketMs.day - (clock.nowMs() % bucketMs.day) + ms);
  const ask = async (query: string) => {
    const { status, json } = await world.get(`${seriesOfA}?${query}`);
    return {
      status,
      ...(json as { points?: { at: string }[]; from?: string; to?: string; errors?: unknown }),
    };
  };
  return { ...world, untilAfterMidnight, ask };
}

const text = (ms: number): string => new Date(ms).toISOString();

describe('the range of a series', () => {
  it.each([
    ['minute', 60],
    ['hour', 48],
    ['day', 31],
  ] as const)(
    'by %s ends with the current bucket and begins %d buckets before its instant',
    async (bucket, count) => {
      // A millisecond before a bucket ends, at the start of the next, and a millisecond after it.
      for (const [afterMs, more] of [
        [-1, 0],
        [0, 1],
        [1, 1],
      ] as const) {
        const { untilAfterMidnight, ask, clock } = await buildSeries();
        await untilAfterMidnight(afterMs);
        const nowMs = clock.nowMs();
        const { points, from, to } = await ask(`bucket=${bucket}`);
        const currentMs = Math.floor(nowMs / bucketMs[bucket]) * bucketMs[bucket];
        expect(points).toHaveLength(count + more);
        expect(points!.at(-1)!.at).toBe(text(currentMs));
        expect([from, to]).toEqual([points![0]!.at, text(currentMs + bucketMs[bucket])]);
      }
    },
  );

  it.each(['minute', 'hour', 'day'] as const)('by %s has at most 1,500 buckets', async (bucket: Bucket) => {
    const { untilAfterMidnight, ask, clock } = await buildSeries();
    await untilAfterMidnight(0);
    const toMs = clock.nowMs();
    const from = (buckets: number, ms = 0): string =>
      `bucket=${bucket}&to=${text(toMs)}&from=${text(toMs - buckets * bucketMs[bucket] + ms)}`;
    expect((await ask(from(1500))).status).toBe(200);
    // A millisecond earlier, it is one bucket more.
    expect(await ask(from(1500, -1))).toMatchObject({ status: 400, errors: [{ path: 'from' }] });
    expect(
      (await ask(`bucket=${bucket}&to=${text(toMs + 1)}&from=${text(toMs - 1500 * bucketMs[bucket] + 1)}`))
        .status,
    ).toBe(400);
    expect((await ask(from(1501))).status).toBe(400);
    expect((await ask(from(1501, 1))).status).toBe(400);
    expect((await ask(from(1501, bucketMs[bucket]))).status).toBe(200);
  });

  it('ends after it begins, by a millisecond at least', async () => {
    const { ask, clock } = await buildSeries();
    const now = clock.nowMs();
    const status = async (fromMs: number): Promise<number> =>
      (await ask(`bucket=minute&from=${text(fromMs)}&to=${text(now)}`)).status;
    expect([await status(now - 1), await status(now), await status(now + 1)]).toEqual([200, 400, 400]);
  });

  it('that a stage no longer keeps is empty, from and to its end', async () => {
    const { ask, untilAfterMidnight, clock } = await buildSeries();
    await untilAfterMidnight(0);
    const day = clock.nowMs() - 10 * bucketMs.day;
    const { status, points, from, to } = await ask(
      `bucket=minute&from=${text(day)}&to=${text(day + 60_001)}`,
    );
    expect({ status, points }).toEqual({ status: 200, points: [] });
    expect([from, to]).toEqual([text(day + 120_000), text(day + 120_000)]);
  });
});

describe('the series of many counters over HTTP', () => {
  const singles = async (
    world: HttpWorld,
    keys: readonly string[],
    range: string,
  ): Promise<readonly string[]> => {
    const texts: string[] = [];
    for (const key of keys) {
      const one = await world.get(`/api/v1/counters/${encodeURIComponent(key)}/series?${range}`);
      if (one.status === 200) texts.push(one.text);
    }
    return texts;
  };
  const query = (keys: readonly string[], range: string): string =>
    `/api/v1/series?${range}${keys.map((key) => `&key=${encodeURIComponent(key)}`).join('')}`;

  it('are, digit for digit, what single reads return, whatever keys and range', async () => {
    const names = ['a/b', 'é', '"q"', 'big', 'none', 'nobody'];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.constantFrom(...names.slice(0, 4)), afterMs: fc.nat(2 * 3_600_000) }), {
          maxLength: 12,
        }),
        fc.shuffledSubarray(names, { minLength: 1 }),
        fc.constantFrom('minute', 'hour', 'day'),
        fc.option(fc.integer({ min: 1, max: 12 * 3_600_000 })),
        async (increments, keys, bucket, lengthMs) => {
          const world = createHttpWorld({ settings: stageSettings('dev') });
          for (const { key, afterMs } of increments) {
            await world.clock.advance(afterMs);
            await world.post('/increment?mode=sync', { key, value: 2 ** 53 - 1 });
          }
          const nowMs = world.clock.nowMs();
          const from = lengthMs === null ? '' : `&from=${text(nowMs - lengthMs)}`;
          const range = `bucket=${bucket}${from}&to=${text(nowMs + 1)}`;
          const { status, text: body } = await world.get(query(keys, range));
          const expected = `{"series":[${(await singles(world, keys, range)).join(',')}]}`;
          expect([status, body]).toEqual([200, expected]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('include the writes of their tokens, of every key', async () => {
    world.startConsumers();
    const tokens: string[] = [];
    for (const key of ['x', 'y']) {
      const written = await world.post('/increment', { key, value: 3 });
      tokens.push(written.headers['Consistency-Token'] ?? '');
    }
    const { json } = await world.get(query(['x', 'y'], 'bucket=day'), {
      'consistency-token': tokens.join(', '),
    });
    const { series } = json as { series: { key: string; points: { value: number }[] }[] };
    expect(series.map(({ key, points }) => [key, points.at(-1)?.value])).toEqual([
      ['x', 3],
      ['y', 3],
    ]);
  });

  it('wait for a token in vain where nothing is settled', async () => {
    const written = await world.post('/increment', { key: 'x', value: 3 });
    const headers = { 'consistency-token': written.headers['Consistency-Token'] ?? '' };
    const asked = query(['a/b', 'x'], 'bucket=day');
    expect((await world.get(asked, headers)).status).toBe(503);
    expect((await world.get(asked)).json).toMatchObject({ series: [{ key: 'a/b' }] });
  });

  it.each([
    ['bucket=day', 'key', 'is missing'],
    ['key=a', 'bucket', 'is missing'],
    ['bucket=day&key=a&key=a', 'key', 'must not repeat a value'],
    ['bucket=day&key=', 'key', 'must not be empty'],
    ['bucket=day&key=%01', 'key.0', 'must not contain control characters'],
    ['bucket=day&key=a&top=5', 'top', 'is not known'],
    [
      'bucket=minute&key=a&from=2026-01-01T00:00:00Z&to=2026-01-03T00:00:00Z',
      'from',
      'must be at most 1500 buckets before `to`',
    ],
  ])('refuse %s', async (asked, path, message) => {
    const { status, json } = await world.get(`/api/v1/series?${asked}`);
    expect({ status, json }).toMatchObject({ status: 400, json: { errors: [{ path, message }] } });
  });

  it('have at most 50 keys, and 15,000 buckets in all', async () => {
    const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);
    const range = (buckets: number): string =>
      `bucket=minute&from=${text(world.clock.nowMs() - buckets * 60_000)}&to=${text(world.clock.nowMs())}`;
    await world.clock.advance(60_000 - (world.clock.nowMs() % 60_000));
    const status = async (count: number, buckets: number): Promise<number> =>
      (await world.get(query(keys(count), range(buckets)))).status;
    expect([await status(50, 300), await status(50, 301)]).toEqual([200, 400]);
    expect([await status(10, 1500), await status(11, 1364), await status(11, 1363)]).toEqual([200, 400, 200]);
    expect(await status(51, 1)).toBe(400);
    const refused = await world.get(query(keys(50), range(301)));
    const message = 'must be at most 300 buckets before `to` with 50 keys';
    expect(refused.json).toMatchObject({ errors: [{ path: 'from', message }] });
  });

  it('cost one read of all counters and one of each that exists, ten at a time', async () => {
    const calls: string[] = [];
    let [open, most] = [0, 0];
    const { memoryState } = createHttpWorld();
    const noted = <Args extends readonly unknown[], Result>(
      name: string,
      call: (...args: Args) => Promise<Result>,
    ) => {
      return async (...args: Args): Promise<Result> => {
        calls.push(name);
        most = Math.max(most, (open += 1));
        await Promise.resolve();
        const result = await call(...args);
        open -= 1;
        return result;
      };
    };
    const state: StateStore = {
      get: (...args) => memoryState.get(...args),
      getMany: noted('getMany', (...args) => memoryState.getMany(...args)),
      query: noted('query', (...args) => memoryState.query(...args)),
      write: (...args) => memoryState.write(...args),
      writeEach: (...args) => memoryState.writeEach(...args),
      transact: (...args) => memoryState.transact(...args),
      transactEach: (...args) => memoryState.transactEach(...args),
    };
    const counted = createHttpWorld({ settings: stageSettings('dev'), state });
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    for (const key of keys) await counted.post('/increment?mode=sync', { key, value: 1 });
    calls.length = 0;
    expect((await counted.get(query([...keys, 'nobody'], 'bucket=hour'))).status).toBe(200);
    expect([calls.filter((name) => name === 'getMany').length, calls.length, most]).toEqual([1, 41, 10]);
  });
});

async function buildCounters() {
  const telemetry = createRecordingTelemetry();
  const world = createHttpWorld({ settings: stageSettings('dev'), telemetry });
  for (let i = 0; i < 25; i += 1) await world.post('/increment?mode=sync', { key: `k${i}`, value: i + 1 });
  // The sketch of hot keys has all of them.
  await world.clock.advance(10_001);
  await world.post('/increment?mode=sync', { key: 'k0', value: 1 });
  return { ...world, telemetry };
}

describe('answers about counters', () => {
  it('are in no cache, found or not, since any increment changes them', async () => {
    const { get } = await buildCounters();
    for (const [path, status] of [
      ['/increment/k1', 200],
      ['/increment/nobody', 404],
      ['/api/v1/counters/k1', 200],
      ['/api/v1/counters/nobody', 404],
      ['/api/v1/counters?key=k1&key=k2', 200],
      ['/api/v1/counters?top=5', 200],
      ['/api/v1/hot-counters', 200],
      ['/api/v1/counters/k1/series?bucket=hour', 200],
      ['/api/v1/counters/nobody/series?bucket=hour', 404],
      ['/api/v1/series?bucket=hour&key=k1&key=nobody', 200],
      ['/api/v1/counters?key=', 400],
    ] as const) {
      const reply = await get(path);
      expect([path, reply.status, reply.headers['Cache-Control']]).toEqual([path, status, 'no-store']);
    }
  });

  it('list twenty hot counters by default, and as many as are asked for', async () => {
    const { get } = await buildCounters();
    const lengths = async (path: string): Promise<readonly number[]> => {
      const { recent, all } = (await get(path)).json as Record<string, { keys: readonly unknown[] }>;
      return [recent!.keys.length, all!.keys.length];
    };
    expect(await lengths('/api/v1/hot-counters')).toEqual([20, 20]);
    expect(await lengths('/api/v1/hot-counters?limit=3')).toEqual([3, 3]);
    expect(await lengths('/api/v1/hot-counters?limit=100')).toEqual([25, 25]);
    expect(await lengths('/api/v1/counters?top=7')).toEqual([7, 7]);
  });

  it.each([
    ['/api/v1/counters/k1', 0],
    ['/api/v1/counters/nobody', 1],
    ['/increment/nobody', 1],
    ['/api/v1/counters?key=k1&key=k2', 0],
    ['/api/v1/counters?key=k1&key=x&key=k2&key=y&key=z', 3],
    ['/api/v1/counters/nobody/series?bucket=hour', 1],
    ['/api/v1/series?bucket=hour&key=k1&key=x&key=y', 2],
  ])('tell how many counters were not found: %s, %d', async (path, count) => {
    const { get, telemetry } = await buildCounters();
    await get(path);
    expect(telemetry.total(metrics.counterNotFound)).toBe(count);
  });
});
