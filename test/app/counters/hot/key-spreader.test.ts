import { describe, expect, it } from '@jest/globals';
import { hashPosition } from '../../../../lib/adapters/records/partition-hash.ts';
import { createAggregator } from '../../../../lib/app/counters/aggregator.ts';
import { createCounterReader } from '../../../../lib/app/counters/counter-reader.ts';
import { createKeySpreader } from '../../../../lib/app/counters/hot/key-spreader.ts';
import { createIncrementWriter } from '../../../../lib/app/counters/increment-writer.ts';
import { keyedEventId } from '../../../../lib/app/request-identity.ts';
import { parseToken } from '../../../../lib/core/consistency-token.ts';
import { parsePartitionKey } from '../../../../lib/core/counters/counter-key.ts';
import type { EventLog } from '../../../../lib/ports/event-log.ts';
import { createCounterWorld, deliver, totalOf } from '../../../support/counter-world.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

function spreaderAt() {
  const clock = createVirtualClock({ autoAdvance: true });
  const spreader = createKeySpreader({ clock, log: { hashPosition } });
  let events = 0;
  /** So many events a second for so long; resolves to the partition keys of the last second. */
  const send = async (key: string, perSecond: number, seconds: number): Promise<Set<string>> => {
    let found = new Set<string>();
    for (let second = 0; second < seconds; second += 1) {
      found = new Set();
      for (let i = 0; i < perSecond; i += 1) {
        found.add(spreader.partitionKeyOf(key, keyedEventId('n', (events += 1))));
        if (i % 10 === 0) await clock.advance(10_000 / perSecond);
      }
    }
    return found;
  };
  return { clock, spreader, send };
}

describe('a key that runs hot', () => {
  it('has one partition key while it is cool, itself', async () => {
    const { send } = spreaderAt();
    expect([...(await send('a', 170, 5))]).toStrictEqual(['a']);
  });

  it('gets more partition keys as its rate grows, all of them naming it, at most 32', async () => {
    const { send } = spreaderAt();
    const some = await send('a', 1000, 3);
    expect(some.size).toBeGreaterThanOrEqual(5);
    expect(some.size).toBeLessThanOrEqual(8);
    const many = await send('a', 5000, 3);
    expect(many.size).toBeGreaterThanOrEqual(25);
    const most = await send('a', 20_000, 2);
    expect(most.size).toBe(32);
    for (const one of most) expect(parsePartitionKey(one).counterKey).toBe('a');
    // Those it had are among those it gets.
    for (const one of some) expect(most.has(one)).toBe(true);
  });

  it('gets fewer as it cools, step by step, and none in the end', async () => {
    const { clock, send } = spreaderAt();
    await send('a', 5000, 2);
    const sizes: number[] = [];
    for (let step = 0; step < 6; step += 1) {
      await clock.advance(30_001);
      sizes.push((await send('a', 100, 1)).size);
    }
    expect(sizes).toStrictEqual([...sizes].sort((a, b) => b - a));
    expect(sizes[0]).toBeGreaterThan(8);
    expect(sizes.at(-1)).toBe(1);
  });

  it('leaves the others alone', async () => {
    const { send } = spreaderAt();
    await send('a', 5000, 1);
    expect([...(await send('b', 10, 1))]).toStrictEqual(['b']);
  });

  it('is spread when the log refuses it, however low its rate here, twice as far each time', async () => {
    const { clock, spreader, send } = spreaderAt();
    await send('a', 180, 1);
    for (const lanes of [2, 4, 8, 16, 32, 32]) {
      for (let refusals = 0; refusals < 5; refusals += 1) spreader.refused('a');
      expect((await send('a', 180, 2)).size).toBeLessThanOrEqual(lanes);
      await clock.advance(201);
      if (lanes <= 8) expect((await send('a', 180, 1)).size).toBe(lanes);
    }
  });

  it('that is cool stays where it is, though its shard is full', async () => {
    const { clock, spreader, send } = spreaderAt();
    await send('a', 1, 1);
    await clock.advance(1000);
    for (let refusals = 0; refusals < 5; refusals += 1) spreader.refused('a');
    expect([...(await send('a', 100, 1))]).toStrictEqual(['a']);
  });

  it('with a name too long for more stays where it is', async () => {
    const { send } = spreaderAt();
    const long = 'x'.repeat(250);
    expect([...(await send(long, 2000, 2))]).toStrictEqual([long]);
  });
});

describe('a spread counter', () => {
  const identity = (nonce: string, keyed: boolean) => ({
    keyed,
    joined: false,
    adId: 'none',
    eventId: (index: number) => keyedEventId(nonce, index),
  });

  it('is counted exactly, over all its lanes and shards, retried or not, and its tokens are met', async () => {
    const world = createCounterWorld();
    const { ports, increments } = world;
    // Every third record is refused the first time: the key is spread from then on.
    let calls = 0;
    const log: EventLog = {
      ...{ stream: increments.stream, epoch: increments.epoch },
      hashPosition: (partitionKey) => increments.hashPosition(partitionKey),
      append: (entries) =>
        (calls += 1) % 3 === 0
          ? Promise.resolve(entries.map(() => ({ status: 'refused' as const, reason: 'over the limit' })))
          : increments.append(entries),
    };
    const writer = createIncrementWriter({ ...ports, increments: log });
    const tokens: string[] = [];
    for (let i = 0; i < 200; i += 1) {
      const options = { identity: identity(`n${i}`, i % 2 === 0) };
      const result = await writer.append([{ key: 'a', value: 1 }], options);
      if (result.status === 'accepted') tokens.push(result.tokens.get('a') ?? '');
      // Keyed ones are sent again by a client that did not get its answer.
      if (i % 4 === 0) await writer.append([{ key: 'a', value: 1 }], options);
    }
    expect(tokens).toHaveLength(200);
    const lanes = new Set<string>();
    for (const { shardId } of await increments.shards()) {
      const records = await increments.read(shardId, undefined, { recordsMax: 1000, bytesMax: Infinity });
      for (const { partitionKey } of records) lanes.add(partitionKey);
      const shard = { epoch: increments.epoch, shardId };
      await deliver(createAggregator(ports), records, shard);
      await deliver(createAggregator(ports), records, shard);
    }
    expect(lanes.size).toBeGreaterThan(8);
    expect(await totalOf(world.memoryState, 'a')).toBe(200n);
    const presented = tokens.slice(-10).map((token) => parseToken(token)!);
    const read = await createCounterReader(ports).read(['a'], presented);
    expect(read).toMatchObject({ status: 'ok', counters: [{ value: 200n }] });
  });
});
