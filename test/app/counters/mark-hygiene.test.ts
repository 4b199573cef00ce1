import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { marksPerItemMax } from '../../../lib/app/counters/mark-hygiene.ts';
import { isMarkAttribute } from '../../../lib/core/log-position.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import {
  counterItem,
  createCounterWorld,
  deliver,
  increment,
  keyed,
  logRecords,
  totalOf,
  type CounterWorld,
  countingAlone,
} from '../../support/counter-world.ts';
import { faultyPorts } from '../../support/faulty-ports.ts';

const dayMs = 24 * 3_600_000;

async function count(world: CounterWorld, shard: number, make = increment): Promise<void> {
  const where = { epoch: '1', shardId: `shard-${shard}` };
  await deliver(createAggregator(world.ports), logRecords([make('a')], 7n, world.clock.nowMs()), where);
}

async function marks(world: CounterWorld): Promise<string[]> {
  return Object.keys((await counterItem(world.memoryState, 'a'))!)
    .filter(isMarkAttribute)
    .map((attribute) => attribute.split('|')[2]!);
}

describe('the marks of a counter', () => {
  it('stay for twice the retention after they last moved', async () => {
    const world = createCounterWorld();
    await count(world, 1);
    await world.clock.advance(14 * dayMs);
    await count(world, 2);
    expect(await marks(world)).toStrictEqual(['shard-1', 'shard-2']);
  });

  it.each([increment, keyed])('go with a write after that', async (make) => {
    const world = createCounterWorld();
    await count(world, 1);
    await world.clock.advance(14 * dayMs + 1000);
    await count(world, 2, make);
    expect(await marks(world)).toStrictEqual(['shard-2']);
    expect(await totalOf(world.memoryState, 'a')).toBe(2n);
  });

  it('stay when they move while they are looked at', async () => {
    const world = createCounterWorld(countingAlone);
    await count(world, 1);
    await world.clock.advance(14 * dayMs + 1000);
    // The second call of the batch is the one that drops: shard 1 comes back to life right before it.
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, async (call) => {
      if (call === 1) {
        const records = logRecords([increment('a')], 8n);
        await deliver(createAggregator(world.ports), records, { epoch: '1', shardId: 'shard-1' });
      }
      return undefined;
    });
    await count({ ...world, ports: { ...world.ports, state: faulty.state } }, 2);
    expect(faulty.calls).toBe(2);
    expect(await marks(world)).toStrictEqual(['shard-1', 'shard-2']);
  });

  it('that could not be dropped are dropped by a later write', async () => {
    const world = createCounterWorld();
    await count(world, 1);
    await world.clock.advance(14 * dayMs + 1000);
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
      call === 1 ? 'refuse' : undefined,
    );
    await count({ ...world, ports: { ...world.ports, state: faulty.state } }, 2);
    expect(await marks(world)).toStrictEqual(['shard-1', 'shard-2']);
    await count(world, 3);
    expect(await marks(world)).toStrictEqual(['shard-2', 'shard-3']);
  });

  it('over the limit go after one retention, the longest idle first', async () => {
    const world = createCounterWorld();
    for (let shard = 0; shard < marksPerItemMax; shard += 1) {
      await count(world, shard);
      await world.clock.advance(1000);
    }
    await world.clock.advance(8 * dayMs);
    await count(world, 100);
    await count(world, 101);
    const left = await marks(world);
    expect(left).toHaveLength(marksPerItemMax);
    expect(left).not.toContain('shard-0');
    expect(left).not.toContain('shard-1');
    expect(left).toContain('shard-2');
    expect(world.telemetry.total(metrics.marksOverLimit)).toBe(0);
  });

  it('over the limit stay while each may still be needed, and a metric says so', async () => {
    const world = createCounterWorld();
    for (let shard = 0; shard <= marksPerItemMax + 1; shard += 1) await count(world, shard);
    expect(await marks(world)).toHaveLength(marksPerItemMax + 2);
    expect(world.telemetry.total(metrics.marksOverLimit)).toBe(2);
    for (let shard = 0; shard <= marksPerItemMax + 1; shard += 1) await count(world, shard);
    expect(await totalOf(world.memoryState, 'a')).toBe(BigInt(marksPerItemMax + 2));
  });

  it('keep counting exact up to 4,166 shards, and then the batch waits, uncounted', async () => {
    const world = createCounterWorld(countingAlone);
    const movedAt = Math.floor(world.clock.nowMs() / 1000);
    // As the log writes them on AWS: 25 bytes of name, 70 of value.
    const held = (shards: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length: shards }, (_, shard) => [
          `hw|1|shardId-${String(shard).padStart(12, '0')}|`,
          `05649${'0'.repeat(54)}@${movedAt}`,
        ]),
      );
    const put = (shards: number) =>
      world.memoryState.write({
        type: 'put',
        key: { table: 'counters', pk: 'counter#a', sk: '' },
        attributes: { total: 5n, updated_at: 1_700_000_000_000n, ...held(shards) },
      });
    const records = (number: bigint) =>
      logRecords([increment('a')], 10n ** 55n * 5n + number, world.clock.nowMs());
    const shardId = `shardId-${'9'.repeat(12)}`;
    const batch = (number: bigint) => ({
      stream: 'increments' as const,
      epoch: '1',
      shardId,
      records: records(number),
    });
    const aggregator = createAggregator(world.ports);
    await put(4166 - 1);
    await aggregator.aggregate(batch(1n));
    await aggregator.aggregate(batch(1n));
    expect(await totalOf(world.memoryState, 'a')).toBe(6n);
    expect(Object.keys((await counterItem(world.memoryState, 'a'))!)).toHaveLength(4166 + 2);
    await put(4166);
    await expect(aggregator.aggregate(batch(2n))).rejects.toThrow('would grow over 400000 bytes');
    expect(await totalOf(world.memoryState, 'a')).toBe(5n);
  });
});
