import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../../lib/app/counters/aggregator.ts';
import { minuteMs, readAll, sketchCapacity } from '../../../../lib/app/counters/hot/stored-sketches.ts';
import { createTopKeysReader } from '../../../../lib/app/counters/hot/top-keys-reader.ts';
import { createTopKeysWriter } from '../../../../lib/app/counters/hot/top-keys-writer.ts';
import { topPartKey } from '../../../../lib/app/state-keys.ts';
import { StateStoreError } from '../../../../lib/ports/state-store.ts';
import {
  batchOf,
  counterShard,
  createCounterWorld,
  deliver,
  increment,
  logRecords,
  seededIds,
  type CounterWorld,
} from '../../../support/counter-world.ts';
import { spyOnState } from '../../../support/state-spy.ts';

/** Another container of the same stage. */
function container({ ports }: CounterWorld, seed: number) {
  const its = { ...ports, ids: seededIds(seed) };
  return { writer: createTopKeysWriter(its), aggregator: createAggregator(its) };
}

const shown = (keys: readonly { key: string; value: bigint }[]) => keys.map(({ key, value }) => [key, value]);

describe('the hottest keys', () => {
  it('are those of every container, estimated for the last minutes and exact in all', async () => {
    const world = createCounterWorld();
    const [one, two] = [container(world, 1), container(world, 2)];
    await deliver(one.aggregator, logRecords([increment('a', 5), increment('b', 7), increment('c', 1)]));
    const other = { ...counterShard, shardId: 'shardId-000000000001' };
    await deliver(two.aggregator, logRecords([increment('a', 4), increment('d', 2)]), other);
    const { recent, all } = await createTopKeysReader(world.ports).read(3);
    expect(shown(recent.keys)).toStrictEqual([
      ['a', 9n],
      ['b', 7n],
      ['d', 2n],
    ]);
    expect(all.keys).toStrictEqual(recent.keys);
    expect(recent.windowMs).toBe(5 * minuteMs + (world.clock.nowMs() % minuteMs));
  });

  it('leave the last minutes with their minute, and stay in the list of all time', async () => {
    const world = createCounterWorld();
    const { aggregator } = container(world, 1);
    await deliver(aggregator, logRecords([increment('old', 1000)]));
    await world.clock.advance(6 * minuteMs);
    await deliver(aggregator, logRecords([increment('new', 1)], 100n));
    const { recent, all } = await createTopKeysReader(world.ports).read(10);
    expect(shown(recent.keys)).toStrictEqual([['new', 1n]]);
    expect(shown(all.keys)).toStrictEqual([
      ['old', 1000n],
      ['new', 1n],
    ]);
  });

  it('are merged minute by minute by the first writer, each minute once', async () => {
    const world = createCounterWorld();
    const containers = [1, 2, 3].map((seed) => container(world, seed).writer);
    for (let minute = 0; minute < 10; minute += 1) {
      for (const writer of containers) {
        writer.note('a', 1n);
        await writer.save();
      }
      await Promise.all(containers.map((writer) => writer.save()));
      await world.clock.advance(minuteMs);
    }
    for (const writer of containers) await writer.save();
    const { sketch, through } = await readAll(world.ports);
    expect(through).toBe(Math.floor(world.clock.nowMs() / minuteMs) - 2);
    expect(sketch.keys).toStrictEqual([{ key: 'a', value: 27n, errorMax: 0n }]);
  });

  it('of a container that died are merged by the others', async () => {
    const world = createCounterWorld();
    const [dying, living] = [container(world, 1).writer, container(world, 2).writer];
    dying.note('a', 5n);
    await dying.save();
    await world.clock.advance(20 * minuteMs);
    living.note('b', 1n);
    await living.save();
    expect((await readAll(world.ports)).sketch.keys).toMatchObject([{ key: 'a', value: 5n }]);
  });

  it('cost a write at the first batch and then one in a while, sooner while they are few', async () => {
    const world = createCounterWorld();
    const spy = spyOnState(world.memoryState);
    const writer = createTopKeysWriter({ ...world.ports, state: spy.state });
    await writer.save();
    expect(spy.writes).toBe(0);
    const full = async (): Promise<void> => {
      for (let i = 0; i < 1000; i += 1) writer.note(`key-${i}`, 1n);
      await writer.save();
    };
    await full();
    await full();
    expect(spy.writes).toBe(1);
    await world.clock.advance(200);
    await full();
    expect(spy.writes).toBe(2);
  });

  it('survive a store that fails, and no counter waits for it', async () => {
    const world = createCounterWorld();
    let fails = true;
    const state = {
      ...world.memoryState,
      get: world.memoryState.get.bind(world.memoryState),
      getMany: world.memoryState.getMany.bind(world.memoryState),
      query: world.memoryState.query.bind(world.memoryState),
      transactEach: world.memoryState.transactEach.bind(world.memoryState),
      write: (action: Parameters<typeof world.memoryState.write>[0]) =>
        fails && action.key.pk.startsWith('top')
          ? Promise.reject(new StateStoreError('state-throttled', 'no'))
          : world.memoryState.write(action),
    };
    const aggregator = createAggregator({ ...world.ports, state });
    const first = logRecords([increment('a', 5)]);
    expect(await aggregator.aggregate(batchOf(first))).toStrictEqual({ lowestUnsettled: undefined });
    fails = false;
    await world.clock.advance(minuteMs);
    await deliver(aggregator, logRecords([increment('a', 2)], 100n));
    const { recent } = await createTopKeysReader(world.ports).read(1);
    expect(shown(recent.keys)).toStrictEqual([['a', 7n]]);
  });

  it('do not count what a redelivered batch brings again', async () => {
    const world = createCounterWorld();
    const records = logRecords([increment('a', 5)]);
    for (const seed of [1, 2, 3]) await deliver(container(world, seed).aggregator, records);
    const { recent } = await createTopKeysReader(world.ports).read(1);
    expect(shown(recent.keys)).toStrictEqual([['a', 5n]]);
  });

  it('are kept in bounded memory and items, whatever the keys', async () => {
    const world = createCounterWorld();
    const writer = createTopKeysWriter(world.ports);
    for (let i = 0; i < 3 * sketchCapacity; i += 1)
      writer.note(`${i}`.padEnd(256, '\u{1F600}'), BigInt(i + 1));
    await writer.save();
    const { table, pk } = topPartKey(Math.floor(world.clock.nowMs() / minuteMs), '');
    const { items } = await world.memoryState.query({ table, pk, limit: 10 });
    expect(items).toHaveLength(1);
    expect((items[0]?.attributes['sketch'] as Uint8Array).byteLength).toBeLessThan(350_000);
  });
});
