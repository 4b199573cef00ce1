import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { skipKey } from '../../../lib/app/state-keys.ts';
import { noPartitionKey } from '../../../lib/core/streams.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import {
  counterShard,
  createCounterWorld,
  deliver,
  expectedTotals,
  increment,
  keyed,
  logRecords,
  totals,
  type Logged,
} from '../../support/counter-world.ts';
import { Prng } from '../../support/prng.ts';

/**
 * A stream that somebody has switched to AUTO distribution: the records of one key are on every shard, and a
 * producer that is not ours may write records without a key.
 */
const shardCount = 5;
const shardIds = Array.from({ length: shardCount }, (_, i) => `shardId-00000000000${i}`);

interface Spread {
  readonly shardId: string;
  readonly records: readonly LogRecord[];
}

function spread(prng: Prng, logged: readonly Logged[]): readonly Spread[] {
  const byShard = shardIds.map((): Logged[] => []);
  for (const one of logged) byShard[prng.int(0, shardCount - 1)]?.push(one);
  return byShard.map((own, i) => ({ shardId: shardIds[i]!, records: logRecords(own, 95n) }));
}

/** A batch from each shard, cut at random, now and then one again, all at the same time. */
async function deliverAll(prng: Prng, shards: readonly Spread[], world = createCounterWorld()) {
  const aggregator = createAggregator(world.ports);
  await Promise.all(
    shards.map(async ({ shardId, records }) => {
      for (let from = 0; from < records.length;) {
        const to = Math.min(records.length, from + prng.int(1, 9));
        const batch = records.slice(from, to);
        const twin = prng.chance(0.3) ? deliver(aggregator, batch, { ...counterShard, shardId }) : undefined;
        await deliver(aggregator, batch, { ...counterShard, shardId });
        await twin;
        // The poller may begin again a little before.
        from = prng.chance(0.2) ? Math.max(0, to - 3) : to;
      }
    }),
  );
  return world;
}

const keyless = (value: number): Logged => ({ ...increment('a', value), partitionKey: noPartitionKey });

describe('a stream that ignores partition keys', () => {
  it.each([1, 2, 3, 4, 5, 6])('is counted exactly, one key on every shard: seed %d', async (seed) => {
    const prng = new Prng(seed);
    const events = Array.from({ length: 120 }, (_, i) =>
      i % 5 === 0 ? keyed('a', 10 ** (i % 4)) : increment(i % 3 === 0 ? 'b' : 'a', i + 1),
    );
    // A keyed event may have a second record, on any shard.
    const logged = [...events, ...events.filter(({ event }) => event?.keyed)];
    const world = await deliverAll(prng, spread(prng, logged));
    expect(await totals(world.memoryState, events)).toEqual(expectedTotals(events));
  });

  it.each([1, 2, 3])('has each record without a key in the quarantine, whole: seed %d', async (seed) => {
    const prng = new Prng(seed);
    const counted = Array.from({ length: 60 }, (_, i) => increment('a', i + 1));
    const foreign = Array.from({ length: 40 }, (_, i) => keyless(i + 1));
    const logged = counted.flatMap((one, i) => [one, ...foreign.slice(i, i + 1)]);
    const shards = spread(prng, logged);
    const world = await deliverAll(prng, shards);
    expect(await totals(world.memoryState, counted)).toEqual(expectedTotals(counted));
    const { records } = await world.quarantine.list({ limit: 1000 });
    const wanted = shards.flatMap(({ shardId, records: all }) =>
      all
        .filter(({ partitionKey }) => partitionKey === noPartitionKey)
        .map(({ sequenceNumber, data }) => [shardId, sequenceNumber, Buffer.from(data).toString()]),
    );
    expect(records.map(({ reason }) => reason)).toEqual(foreign.map(() => 'no partition key'));
    const found = records.map(({ shardId, sequenceNumber }) => ({ shardId, sequenceNumber }));
    const kept = await Promise.all(
      found.map(async (id) => {
        const record = await world.quarantine.get({ stream: 'increments', epoch: '1', ...id });
        return [id.shardId, id.sequenceNumber, Buffer.from(record?.data ?? []).toString()];
      }),
    );
    expect(kept.sort()).toEqual(wanted.sort());
  });

  it('settles records without a key in any order: none hides one that is delivered later', async () => {
    const world = createCounterWorld();
    const aggregator = createAggregator(world.ports);
    const [first, second, third] = logRecords([keyless(1), keyless(2), keyless(3)]);
    await deliver(aggregator, [third!]);
    await deliver(aggregator, [first!]);
    await deliver(aggregator, [second!, third!]);
    const { records } = await world.quarantine.list({ limit: 10 });
    const states = await Promise.all(
      records.map(async ({ sequenceNumber }) => {
        const { reason } = (await world.memoryState.get(
          skipKey('increments', { ...counterShard, sequenceNumber }),
        )) as { reason: string };
        return [sequenceNumber, reason];
      }),
    );
    expect(states.sort()).toEqual(['7', '8', '9'].map((number) => [number, 'no partition key']));
  });
});
