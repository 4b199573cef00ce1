import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { readIncrement } from '../../../lib/app/counters/increment-codec.ts';
import { createCounterReader } from '../../../lib/app/counters/counter-reader.ts';
import { incrementClaimKey, skipKey } from '../../../lib/app/state-keys.ts';
import { toPartitionKey } from '../../../lib/core/counters/counter-key.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { specifyCounting } from '../../specifications/counting.ts';
import { memoryStores } from '../../specifications/specification-store.ts';
import { aggregated } from '../../support/counter-spec.ts';
import {
  batchOf,
  counterItem,
  counterShard,
  createCounterWorld,
  deliver,
  expectedTotals,
  garbage,
  increment,
  keyed,
  logRecords,
  totalOf,
  countingAlone,
  seriesSums,
} from '../../support/counter-world.ts';
import { spyOnState } from '../../support/state-spy.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

specifyCounting(memoryStores);

describe('counting from several shards', () => {
  it('adds the lanes of one counter together', async () => {
    const lane = (value: number, name: string) => ({
      ...increment('a', value),
      partitionKey: toPartitionKey('a', name),
    });
    const logged = [lane(1, ''), lane(10, 'x'), lane(100, 'y'), lane(1000, 'x'), lane(10_000, '')];
    const records = logRecords(logged);
    // Lanes are worked side by side: the later half of one before the earlier half of another.
    const { memoryState } = await aggregated([
      [records[1]!, records[3]!],
      [records[0]!],
      [records[2]!, records[4]!],
      records,
    ]);
    expect(await totalOf(memoryState, 'a')).toBe(11_111n);
  });

  it('counts on in the children of a shard that was split, whose numbers are larger', async () => {
    const world = createCounterWorld();
    const aggregator = createAggregator(world.ports);
    const logged = [increment('a', 1), increment('a', 2), increment('a', 4)];
    const [first, second, third] = logRecords(logged, 98n);
    await deliver(aggregator, [first!, second!]);
    const child = { ...counterShard, shardId: 'shardId-000000000007' };
    await deliver(aggregator, [third!], child);
    await deliver(aggregator, [first!, second!]);
    await deliver(aggregator, [third!], child);
    expect(await totalOf(world.memoryState, 'a')).toBe(7n);
  });

  it('counts the same numbers again in another epoch of the stream', async () => {
    const world = createCounterWorld();
    const aggregator = createAggregator(world.ports);
    const records = logRecords([increment('a', 1)]);
    await deliver(aggregator, records);
    await deliver(aggregator, logRecords([increment('a', 2)]), { ...counterShard, epoch: '2' });
    expect(await totalOf(world.memoryState, 'a')).toBe(3n);
  });

  it('settles more keyed events of one key than a transaction holds', async () => {
    const logged = Array.from({ length: 250 }, (_, i) =>
      i % 3 === 0 ? increment('a', i + 1) : keyed('a', i + 1),
    );
    const records = logRecords([...logged, ...logged.filter(({ event }) => event?.keyed)]);
    const { memoryState } = await aggregated([records, records.slice(100), records]);
    expect(await totalOf(memoryState, 'a')).toBe(expectedTotals(logged)['a']);
  });
});

describe('what an item shows', () => {
  it('is the mark, the total and the instant of the last addition', async () => {
    const world = createCounterWorld();
    await deliver(createAggregator(world.ports), logRecords([increment('a', 5)]));
    expect(await counterItem(world.memoryState, 'a')).toStrictEqual({
      total: 5n,
      updated_at: BigInt(virtualStartMs),
      'hw|1|shardId-000000000000|': `0017@${virtualStartMs / 1000}`,
    });
  });

  it('keeps the instant of the last addition when only repeats come', async () => {
    const world = createCounterWorld();
    const event = keyed('a', 5);
    const aggregator = createAggregator(world.ports);
    await deliver(aggregator, logRecords([event]));
    await world.clock.advance(5000);
    await deliver(aggregator, logRecords([event], 100n));
    expect(await counterItem(world.memoryState, 'a')).toStrictEqual({
      total: 5n,
      updated_at: BigInt(virtualStartMs),
      'hw|1|shardId-000000000000|': `003100@${virtualStartMs / 1000 + 5}`,
    });
  });

  it('is marks alone, and no counter, when its only record was given up', async () => {
    const world = createCounterWorld();
    await deliver(createAggregator(world.ports), logRecords([garbage('a')]));
    expect(Object.keys((await counterItem(world.memoryState, 'a'))!)).toStrictEqual([
      'hw|1|shardId-000000000000|',
    ]);
    expect(await createCounterReader(world.ports).read(['a'], [])).toStrictEqual({
      status: 'ok',
      counters: [undefined],
    });
  });

  it('of a claim is when it may go: a day, the log and the quarantine later', async () => {
    const world = createCounterWorld();
    const event = keyed('a');
    await deliver(createAggregator(world.ports), logRecords([event]));
    const claim = await world.memoryState.get(incrementClaimKey(event.event!.id));
    expect(claim).toStrictEqual({ expires_at: BigInt(virtualStartMs / 1000 + (1 + 7 + 30) * 86_400) });
  });

  it('of a record given up is the reason and the partition key, and its bytes are kept whole', async () => {
    const world = createCounterWorld();
    const [record] = logRecords([garbage('a', '{"v":2}')]);
    await deliver(createAggregator(world.ports), [record!]);
    const position = { ...counterShard, sequenceNumber: '7' };
    expect(await world.memoryState.get(skipKey('increments', position))).toStrictEqual({
      state: 'quarantined',
      reason: 'v: invalid_value',
      partition_key: 'a',
    });
    expect(await world.quarantine.get({ stream: 'increments', ...position })).toStrictEqual({
      stream: 'increments',
      ...counterShard,
      ...record,
      quarantinedAtMs: virtualStartMs,
      reason: 'v: invalid_value',
    });
    expect(world.telemetry.total(metrics.recordsQuarantined)).toBe(1);
  });
});

describe('what counting costs', () => {
  it('is one write per distinct key, however many records', async () => {
    const world = createCounterWorld(countingAlone);
    const spy = spyOnState(world.memoryState);
    const logged = Array.from({ length: 10_000 }, (_, i) => increment(`key-${i % 1234}`));
    await deliver(createAggregator({ ...world.ports, state: spy.state }), logRecords(logged));
    expect(spy.writes).toBe(1234);
    expect(spy.calls).toStrictEqual({ writeEach: 2 });
    expect(world.telemetry.total(metrics.incrementsCounted)).toBe(10_000);
  });

  it('is one write per distinct key again when a settled batch comes again, and none of them counts', async () => {
    const world = createCounterWorld(countingAlone);
    const records = logRecords(Array.from({ length: 500 }, (_, i) => increment(`key-${i % 50}`)));
    await deliver(createAggregator(world.ports), records);
    const spy = spyOnState(world.memoryState);
    await deliver(createAggregator({ ...world.ports, state: spy.state }), records);
    expect(spy.writes).toBe(50);
    expect(world.telemetry.total(metrics.incrementsCounted)).toBe(500);
  });

  it('is one transaction for up to 99 keyed events of a key', async () => {
    const world = createCounterWorld(countingAlone);
    const spy = spyOnState(world.memoryState);
    const logged = Array.from({ length: 99 }, () => keyed('a'));
    await deliver(createAggregator({ ...world.ports, state: spy.state }), logRecords(logged));
    expect(spy.calls).toStrictEqual({ transactEach: 1, getMany: 1 });
  });
});

describe('what series cost', () => {
  const dev = stageSettings('dev');
  const settings = { ...dev, counters: { ...dev.counters, topKeysSaveMs: 0 } };

  it('is one transaction per distinct key, of the counter and an item per level, and a look at what it left', async () => {
    const world = createCounterWorld({ settings });
    const spy = spyOnState(world.memoryState);
    const logged = Array.from({ length: 1000 }, (_, i) => increment(`key-${i % 100}`));
    await deliver(createAggregator({ ...world.ports, state: spy.state }), logRecords(logged));
    expect(spy.calls).toStrictEqual({ transactEach: 1, getMany: 1 });
    expect(spy.writes).toBe(100);
    expect(await seriesSums(world.memoryState, 'key-7')).toStrictEqual({ minute: 10n, hour: 10n, day: 10n });
  });

  it('keeps a transaction within its limit, whatever instants its claims are of', async () => {
    const world = createCounterWorld();
    const logged = Array.from({ length: 300 }, (_, i) =>
      keyed('a', 1, { at: virtualStartMs + i * 3_000_000 }),
    );
    await deliver(createAggregator(world.ports), logRecords(logged));
    expect(await totalOf(world.memoryState, 'a')).toBe(300n);
    expect(await seriesSums(world.memoryState, 'a')).toStrictEqual({ minute: 300n, hour: 300n, day: 300n });
  });
});

describe('what counting tells', () => {
  it('how many increments, repeats and new counters, and how fresh, once per batch', async () => {
    const world = createCounterWorld();
    const event = keyed('a', 5, { count: 3 });
    const aggregator = createAggregator(world.ports);
    await world.clock.advance(700);
    await deliver(aggregator, logRecords([event, increment('b'), increment('b'), event]));
    await deliver(aggregator, logRecords([event, increment('b')], 100n));
    const { telemetry } = world;
    expect(telemetry.total(metrics.incrementsCounted)).toBe(6);
    expect(telemetry.total(metrics.incrementsDuplicate)).toBe(6);
    expect(telemetry.total(metrics.countersCreated)).toBe(2);
    expect(telemetry.observations(metrics.countFreshnessMs)).toStrictEqual([700, 700]);
    expect(telemetry.observedTimes(metrics.countFreshnessMs)).toBe(6);
    expect(telemetry.observations(metrics.flushRecords)).toStrictEqual([4, 2]);
    expect(telemetry.observations(metrics.flushMs)).toHaveLength(2);
  });

  it('the ages of increments in few groups, each by its oldest, and every increment once', async () => {
    const world = createCounterWorld();
    const aged = (key: string, ageMs: number) => increment(key, 1, { at: virtualStartMs + 10_000 - ageMs });
    await world.clock.advance(10_000);
    const young = Array.from({ length: 30 }, (_, i) => aged(`young-${i}`, 90 + (i % 10)));
    const old = Array.from({ length: 20 }, (_, i) => aged(`old-${i}`, 4900 + i));
    const { telemetry } = world;
    await deliver(createAggregator(world.ports), logRecords([...young, ...old, aged('ahead', -50)]));
    expect(telemetry.observations(metrics.countFreshnessMs)).toStrictEqual([99, 4919, 0]);
    expect(telemetry.observedTimes(metrics.countFreshnessMs)).toBe(51);
  });

  it('never a counter key or a body', async () => {
    const world = createCounterWorld();
    await deliver(
      createAggregator(world.ports),
      logRecords([garbage('secret-key', 'secret body'), increment('secret-key')]),
    );
    expect(JSON.stringify(world.telemetry.lines)).not.toContain('secret');
  });

  it('nothing of a batch that brings nothing new', async () => {
    const world = createCounterWorld();
    const records = logRecords([increment('a')]);
    await deliver(createAggregator(world.ports), records);
    const other = createCounterWorld({ state: world.memoryState });
    expect(await createAggregator(other.ports).aggregate(batchOf(records))).toStrictEqual({
      lowestUnsettled: undefined,
    });
    expect(other.telemetry.total(metrics.incrementsCounted)).toBe(0);
    expect(other.telemetry.observations(metrics.countFreshnessMs)).toStrictEqual([]);
  });
});

it('reads what its own builders write', () => {
  const { partitionKey, data, event } = increment('a', 3);
  expect(readIncrement({ partitionKey, data })).toStrictEqual(event);
});
