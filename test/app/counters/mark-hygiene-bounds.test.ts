import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { countClaimed } from '../../../lib/app/counters/counter-actions.ts';
import { createCounterReader } from '../../../lib/app/counters/counter-reader.ts';
import { createIncrementWriter } from '../../../lib/app/counters/increment-writer.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import {
  batchOf,
  counterItem,
  countingAlone,
  createCounterWorld,
  increment,
  keyed,
  logRecords,
  type CounterWorld,
} from '../../support/counter-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const secondMs = 1000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The log keeps a record for seven days. */
const retentionMs = 7 * dayMs;
/** An item keeps this many marks, whatever their age. */
const marksMax = 64;

/** Counts one increment for each of the keys, from the shard of that name. */
async function count(world: CounterWorld, shard: string, keys: readonly string[] = ['a']): Promise<void> {
  const records = logRecords(
    keys.map((key) => increment(key)),
    7n,
    world.clock.nowMs(),
  );
  const batch = batchOf(records, { epoch: '1', shardId: shard });
  expect(await createAggregator(world.ports).aggregate(batch)).toEqual({ lowestUnsettled: undefined });
}

/** The shards that have a mark in the item. */
async function shards(world: CounterWorld, key = 'a'): Promise<readonly string[]> {
  const item = await counterItem(world.memoryState, key);
  return Object.keys(item ?? {}).flatMap((name) => (name.startsWith('hw|') ? [name.split('|')[2]!] : []));
}

/** Marks moved at the start, one for each shard; then the time passes. */
async function marked(count_: number, passesMs: number): Promise<CounterWorld> {
  const world = createCounterWorld(countingAlone);
  for (let shard = 0; shard < count_; shard += 1) await count(world, `old-${shard}`);
  await world.clock.advance(passesMs);
  return world;
}

describe('a mark that has not moved', () => {
  it.each([
    [2 * retentionMs - 1, true],
    [2 * retentionMs, true],
    [2 * retentionMs + 1, false],
  ])('for %d ms is kept by the next write: %p', async (passesMs, kept) => {
    const world = await marked(1, passesMs);
    await count(world, 'new');
    expect(await shards(world)).toEqual(kept ? ['old-0', 'new'] : ['new']);
  });

  it('is as old as its second', async () => {
    const world = createCounterWorld(countingAlone);
    await world.clock.advance(999);
    await count(world, 'old');
    await world.clock.advance(2 * retentionMs - 999);
    await count(world, 'new');
    expect(await shards(world)).toEqual(['old', 'new']);
    await world.clock.advance(1);
    await count(world, 'newer');
    expect(await shards(world)).toEqual(['new', 'newer']);
  });

  it('is there as long as a token can ask for it', async () => {
    for (const passesMs of [2 * retentionMs, 2 * retentionMs + 1]) {
      const world = await marked(1, passesMs);
      await count(world, 'new');
      const position = { epoch: '1', shardId: 'old-0', sequenceNumber: '7' };
      const token = { type: 'counter', partitionKey: 'a', position, issuedAtMs: virtualStartMs } as const;
      expect(await createCounterReader(world.ports).read(['a'], [token])).toMatchObject({ status: 'ok' });
    }
  });
});

describe('an item with more marks than it should have', () => {
  it.each([
    [retentionMs, marksMax + 1, 1],
    [retentionMs + hourMs - 1, marksMax + 1, 1],
    // The log has dropped the record, and so has any invocation that got it just before.
    [retentionMs + hourMs, marksMax + 1, 1],
    [retentionMs + hourMs + 1, marksMax, 0],
  ])('after %d ms has %d left, and says how often there were too many: %d', async (passesMs, left, told) => {
    const world = await marked(marksMax, passesMs);
    await count(world, 'new');
    expect(await shards(world)).toHaveLength(left);
    expect(world.telemetry.total(metrics.marksOverLimit)).toBe(told);
  });

  it('keeps as many as it should, though all of them be older than the log', async () => {
    const world = await marked(marksMax - 1, 2 * retentionMs);
    await count(world, 'new');
    expect(await shards(world)).toHaveLength(marksMax);
    expect(world.telemetry.total(metrics.marksOverLimit)).toBe(0);
  });

  it('drops those that moved longest ago, and counts the idle ones among them', async () => {
    const world = createCounterWorld(countingAlone);
    // In another order than that of their names or of their coming.
    for (const shard of ['c', 'a', 'b']) {
      await count(world, shard);
      await world.clock.advance(retentionMs / 2);
    }
    for (let shard = 0; shard < marksMax - 2; shard += 1) await count(world, `s-${shard}`);
    // c and a are older than the log, c by far: of 65 marks, one has to go.
    expect((await shards(world)).filter((name) => name.length === 1)).toEqual(['a', 'b']);
    // Then all of them are older than the log, and a is idle: it goes for that, and nothing else has to.
    await world.clock.advance(retentionMs + secondMs);
    await count(world, 'new');
    expect((await shards(world)).filter((name) => name.length === 1)).toEqual(['b']);
    expect(world.telemetry.total(metrics.marksOverLimit)).toBe(0);
  });
});

describe('many items with idle marks', () => {
  it('are tidied a hundred at a time, the rest by the next write', async () => {
    const world = createCounterWorld(countingAlone);
    const keys = Array.from({ length: 130 }, (_, i) => `k${i}`);
    await count(world, 'old', keys);
    await world.clock.advance(2 * retentionMs + 1);
    const untidy = async (): Promise<number> => {
      const found = await Promise.all(keys.map((key) => shards(world, key)));
      return found.filter((names) => names.includes('old')).length;
    };
    await count(world, 'new', keys);
    expect(await untidy()).toBe(30);
    await count(world, 'newer', keys);
    expect(await untidy()).toBe(0);
  });
});

describe('a claim', () => {
  const eventId = 'f'.repeat(32);
  const key = { table: 'counters', pk: `claim#${eventId}`, sk: '' } as const;
  // For a client's repeats, the log and the quarantine together.
  const endsMs = virtualStartMs + (1 + 7 + 30) * dayMs + secondMs;

  it.each<[string, (world: CounterWorld) => Promise<unknown>]>([
    [
      'of the log',
      ({ ports }) => createAggregator(ports).aggregate(batchOf(logRecords([keyed('a', 5, { id: eventId })]))),
    ],
    [
      'of mode=sync',
      ({ ports }) =>
        createIncrementWriter(ports).addSync(
          { key: 'a', value: 5 },
          {
            identity: {
              keyed: true,
              joined: false,
              adId: 'none',
              eventId: (index) => (index === 0 ? eventId : 'e'.repeat(32)),
            },
          },
        ),
    ],
    [
      'of a redrive',
      ({ memoryState, ports }) => {
        const event = keyed('a', 5, { id: eventId }).event!;
        return memoryState.transact(countClaimed(event, ports.settings, ports.clock.nowMs()));
      },
    ],
  ])('%s lasts for 38 days, up to the next whole second', async (_name, count) => {
    const world = createCounterWorld();
    await world.clock.advance(1);
    await count(world);
    expect(await world.memoryState.get(key)).toEqual({ expires_at: BigInt(endsMs / secondMs) });
    await world.memoryState.sweepExpired((endsMs - 1) / secondMs, 1000);
    expect(await world.memoryState.get(key)).toBeDefined();
  });
});
