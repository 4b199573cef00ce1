import { describe, expect, it } from '@jest/globals';
import { createReadStats } from '../../functions/read-stats/read-stats.ts';
import { createAggregator } from '../../lib/app/counters/aggregator.ts';
import type { MemoryEventLog } from '../support/memory/memory-event-log.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { StatsError, type PipelineStats } from '../../lib/ports/pipeline-stats.ts';
import { StateStoreError } from '../../lib/ports/state-store.ts';
import { statsSchema } from '../../lib/api/operation-schemas.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';
import { createMemoryQuarantine } from '../support/memory/memory-quarantine.ts';
import { overrideState } from '../support/faulty-ad-ports.ts';
import { faultyPorts } from '../support/faulty-ports.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';
import { toEvent } from '../support/proxy-event.ts';

const event = (key: string, id: string): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      ...{ v: 1, type: 'Incremented', id: id.repeat(32), key, value: '5', count: 2, keyed: false, at: 0 },
    }),
  );

/** A world whose consumer has given up `keys.length` records, one a counter, each under its key. */
async function quarantined(keys: readonly string[], world = createHttpWorld()): Promise<HttpWorld> {
  const log = world.ports.increments as MemoryEventLog;
  const aggregator = createAggregator(world.ports);
  for (const partitionKey of keys) {
    await log.append([{ partitionKey, data: new TextEncoder().encode('spoilt <b>secret</b>') }]);
  }
  for (const { shardId } of await log.shards()) {
    const records = await log.read(shardId, undefined, { recordsMax: 100, bytesMax: Infinity });
    if (records.length > 0)
      await aggregator.aggregate({ stream: log.stream, epoch: log.epoch, shardId, records });
  }
  return world;
}

interface Page {
  records: { id: string; state: string; partition_key: string; reason: string; bytes: number }[];
  next_cursor: string | null;
}

async function list(world: HttpWorld, query = ''): Promise<Page> {
  const reply = await world.get(`/api/v1/quarantine${query}`);
  expect(reply.status).toBe(200);
  return reply.json as Page;
}

async function redrive(
  world: HttpWorld,
  ids: readonly string[],
): Promise<{ outcome: string; reason: string | null }[]> {
  const reply = await world.post('/api/v1/quarantine/redrive', { ids });
  expect(reply.status).toBe(200);
  return (reply.json as { results: { outcome: string; reason: string | null }[] }).results;
}

/** An operator mends the stored record. */
async function mend(world: HttpWorld, key: string): Promise<string> {
  const { records } = await world.ports.quarantine.list({ limit: 100 });
  const record = records.find(({ partitionKey }) => partitionKey === key)!;
  await world.ports.quarantine.store({ ...record, data: event(key, 'a') });
  return `${record.stream}/${record.epoch}/${record.shardId}/${record.sequenceNumber}`;
}

describe('GET /api/v1/quarantine', () => {
  it('is empty at first', async () => {
    expect(await list(createHttpWorld())).toEqual({ records: [], unreadable: [], next_cursor: null });
  });

  // Covers QUARANTINE.1 (docs/security.md).
  it('lists each record with its reason and state, and nothing of what it holds', async () => {
    const world = await quarantined(['a']);
    const { text, json } = await world.get('/api/v1/quarantine');
    expect((json as Page).records).toEqual([
      expect.objectContaining({
        state: 'quarantined',
        partition_key: 'a',
        reason: 'not JSON in UTF-8',
        bytes: 20,
      }),
    ]);
    expect(text).not.toContain('secret');
  });

  it('pages through all of them, each once', async () => {
    const keys = Array.from({ length: 7 }, (_, i) => `key ${i}`);
    const world = await quarantined(keys);
    const found: string[] = [];
    for (let query = '?limit=3', pages = 0; query !== '' && pages < 10; pages += 1) {
      const page = await list(world, query);
      found.push(...page.records.map((record) => record.partition_key));
      query = page.next_cursor === null ? '' : `?limit=3&cursor=${page.next_cursor}`;
    }
    expect(found.sort()).toEqual(keys);
  });

  it.each(['?cursor=stolen', '?limit=0', '?limit=51', '?cursor=', '?what=1'])('refuses %s', async (query) => {
    expect((await createHttpWorld().get(`/api/v1/quarantine${query}`)).status).toBe(400);
  });
});

describe('POST /api/v1/quarantine/redrive', () => {
  // Covers QUARANTINE.2 (docs/security.md).
  it('counts a record that has been mended, once however often it is asked for', async () => {
    const world = await quarantined(['a']);
    const id = await mend(world, 'a');
    expect(await redrive(world, [id, id])).toEqual([
      { id, outcome: 'counted', reason: null },
      { id, outcome: 'ended-before', reason: 'counted' },
    ]);
    expect(await redrive(world, [id])).toEqual([{ id, outcome: 'ended-before', reason: 'counted' }]);
    expect((await world.get('/increment/a')).text).toBe('{"a":5}');
    expect(world.telemetry.total(metrics.recordsRedriven)).toBe(1);
    expect((await list(world)).records).toEqual([]);
  });

  it('says why a record is refused, and leaves it', async () => {
    const world = await quarantined(['a']);
    const [record] = (await list(world)).records;
    expect(await redrive(world, [record!.id])).toEqual([
      { id: record!.id, outcome: 'refused', reason: 'not JSON in UTF-8' },
    ]);
    expect((await list(world)).records).toEqual([record]);
  });

  it('tells of a record that was never given up', async () => {
    const id = 'increments/1/shardId-000000000000/1';
    expect(await redrive(createHttpWorld(), [id])).toEqual([
      { id, outcome: 'not-quarantined', reason: 'it was never quarantined, or its consumer still has it' },
    ]);
  });

  it('goes on with the next record when a store fails for one', async () => {
    let failing = false;
    const stores = { state: createMemoryStateStore(), quarantine: createMemoryQuarantine() };
    const { state, quarantine } = faultyPorts(stores, () => {
      const fails = failing;
      failing = false;
      return fails ? 'refuse' : undefined;
    });
    const world = await quarantined(['a', 'b'], createHttpWorld({ state, quarantine }));
    const ids = [await mend(world, 'a'), await mend(world, 'b')];
    failing = true;
    expect((await redrive(world, ids)).map(({ outcome }) => outcome)).toEqual(['unavailable', 'counted']);
    expect((await redrive(world, ids)).map(({ outcome }) => outcome)).toEqual([
      'counted-before',
      'ended-before',
    ]);
  });

  // Covers QUARANTINE.3 (docs/security.md).
  it.each([
    [{ ids: [] }],
    [{ ids: ['../../secret'] }],
    [{ ids: ['increments/1/x'] }],
    [{ ids: 'increments' }],
    [{ ids: Array.from({ length: 21 }, () => 'increments/1/shardId-000000000000/1') }],
    [{}],
    [{ ids: ['increments/1/shardId-000000000000/1'], all: true }],
  ])('refuses %j', async (body) => {
    expect((await createHttpWorld().post('/api/v1/quarantine/redrive', body)).status).toBe(400);
  });

  it('has no GET', async () => {
    expect((await createHttpWorld().get('/api/v1/quarantine/redrive')).status).toBe(405);
  });
});

const counts = {
  ...{ requests: 3, refused: 2, errors: 1, accepted: 10, counted: 7, addedAtOnce: 1 },
  ...{ adReads: 4, counterReads: 5, adChanges: 6 },
};
const stats: PipelineStats = {
  ...{ atMs: 0, source: 'process', refreshSeconds: 1, liveAds: 4 },
  rates: { windowSeconds: 60, ...counts },
  totals: { sinceMs: 0, ...counts, duplicates: 1, quarantined: 1, redriven: 0 },
  freshness: {
    ...{ windowSeconds: 60, count: 1, p50Ms: 5, p90Ms: 5, p99Ms: null },
    buckets: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  },
  streams: [
    {
      ...{ stream: 'increments', consumer: 'aggregate-increments', shardCount: 1, lanesPerShard: 1 },
      ...{ recordsBehind: 2, oldestAgeMs: 9, logBytes: 100 },
      shards: [
        {
          ...{ shardId: 's', recordsBehind: 2, oldestAgeMs: 9 },
          lanes: [{ recordsBehind: 2, oldestAgeMs: 9, busy: true }],
        },
      ],
    },
  ],
  readers: {
    ...{ atOnce: 1, catalogVersion: 8, staleServedMs: 0, releases: null },
    containers: [{ name: 'one', catalogVersion: 8, ads: 4, checkedAgoMs: null }],
  },
};

describe('GET /api/v1/stats', () => {
  it('gives the figures as its schema has them, with what is in flight', async () => {
    const { ports } = createHttpWorld();
    const readStats = createReadStats({ ...ports, stats: { read: () => Promise.resolve(stats) } });
    const answer = await readStats(toEvent({ path: '/api/v1/stats' }));
    expect(answer.statusCode).toBe(200);
    const body = statsSchema.parse(JSON.parse(answer.body));
    expect(body.totals).toMatchObject({
      accepted: 10,
      counted: 7,
      duplicates: 1,
      quarantined: 1,
      in_flight: 1,
    });
    expect(body.rates.added_at_once).toBe(1);
    expect(body.ads.changes).toEqual({ version: 0, created: 0, updated: 0, deleted: 0, expired: 0 });
    expect(body.freshness.buckets.at(-1)).toEqual({ up_to_ms: null, count: 0 });
    expect(body.streams[0]?.shards?.[0]?.lanes).toEqual([
      { records_behind: 2, oldest_age_ms: 9, busy: true },
    ]);
  });

  it('is given without the changes of ads while the store does not answer', async () => {
    const { ports } = createHttpWorld();
    const state = overrideState(ports.state, {
      get: () => Promise.reject(new StateStoreError('state-unavailable', 'no answer')),
    });
    const readStats = createReadStats({ ...ports, state, stats: { read: () => Promise.resolve(stats) } });
    const answer = await readStats(toEvent({ path: '/api/v1/stats' }));
    expect([answer.statusCode, JSON.parse(answer.body)]).toMatchObject([200, { ads: { changes: null } }]);
  });

  it('is 503 while nobody gives the figures', async () => {
    const reply = await createHttpWorld().get('/api/v1/stats');
    expect(reply.status).toBe(503);
    expect(reply.json).toMatchObject({ type: 'urn:adtally:problem:state-unavailable' });
    expect(reply.text).toContain('CloudWatch');
  });

  it('is 500 for a bug', async () => {
    const { ports } = createHttpWorld();
    const readStats = createReadStats({ ...ports, stats: { read: () => Promise.reject(new TypeError()) } });
    expect((await readStats(toEvent({ path: '/api/v1/stats' }))).statusCode).toBe(500);
    expect(new StatsError('x').retryable).toBe(true);
  });

  it('takes no parameter', async () => {
    expect((await createHttpWorld().get('/api/v1/stats?deep=1')).status).toBe(400);
  });
});
