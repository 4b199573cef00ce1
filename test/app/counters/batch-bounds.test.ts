import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import type { TopKeysWriter } from '../../../lib/app/counters/hot/top-keys-writer.ts';
import type { QuarantinedRecord } from '../../../lib/ports/quarantine.ts';
import { StateStoreError, type StateStore } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { stageSettings } from '../../../lib/stages.ts';
import {
  batchOf,
  countingAlone,
  createCounterWorld,
  expectedTotals,
  garbage,
  increment,
  keyed,
  logRecords,
  totals,
  type CounterWorld,
  type Logged,
} from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const hourMs = 3_600_000;

/** The store, and how much it was given in each of its calls of many. */
function sized(inner: StateStore) {
  const sizes = { writeEach: [] as number[], transactEach: [] as number[], getMany: [] as number[] };
  const state = overrideState(inner, {
    writeEach: (actions) => {
      sizes.writeEach.push(actions.length);
      return inner.writeEach(actions);
    },
    transactEach: (transactions) => {
      sizes.transactEach.push(transactions.length);
      return inner.transactEach(transactions);
    },
    getMany: (keys) => {
      sizes.getMany.push(keys.length);
      return inner.getMany(keys);
    },
  });
  return { state, sizes };
}

const created = ({ telemetry }: CounterWorld): number => telemetry.total(metrics.countersCreated);

/** As `totals`, without a look at the series, which would cost more than the test. */
async function storedTotals({ memoryState }: CounterWorld, logged: readonly Logged[]): Promise<object> {
  const found: Record<string, unknown> = {};
  for (const { partitionKey: key } of logged) {
    const item = await memoryState.get({ table: 'counters', pk: `counter#${key}`, sk: '' });
    found[key] = item?.['total'];
  }
  return found;
}

/** One record for each of so many counters, and a second one for some. */
function manyCounters(count: number): readonly Logged[] {
  const once = Array.from({ length: count }, (_, i) => increment(`k${i}`, i + 1));
  return [...once, ...once.filter((_, i) => i % 100 === 0).map((_, i) => increment(`k${i * 100}`, 1000))];
}

describe('a batch of more counters than one call of the store takes', () => {
  it('is counted in calls of 1,000 writes', async () => {
    const world = createCounterWorld(countingAlone);
    const { state, sizes } = sized(world.memoryState);
    const logged = manyCounters(1100);
    const aggregator = createAggregator({ ...world.ports, state });
    expect(await aggregator.aggregate(batchOf(logRecords(logged)))).toEqual({ lowestUnsettled: undefined });
    expect(sizes).toEqual({ writeEach: [1000, 100], transactEach: [], getMany: [] });
    expect(await storedTotals(world, logged)).toEqual(expectedTotals(logged));
    expect([created(world), world.telemetry.total(metrics.incrementsCounted)]).toEqual([1100, 1111]);
  });

  it('is counted in calls of 1,000 transactions, and looked at in calls of 100 reads', async () => {
    const world = createCounterWorld({ settings: stageSettings('local') });
    const { state, sizes } = sized(world.memoryState);
    const logged = manyCounters(1050);
    const aggregator = createAggregator({ ...world.ports, state });
    expect(await aggregator.aggregate(batchOf(logRecords(logged)))).toEqual({ lowestUnsettled: undefined });
    const reads = [...Array.from({ length: 10 }, () => 100), 50];
    expect(sizes).toEqual({ writeEach: [], transactEach: [1000, 50], getMany: reads });
    expect(await storedTotals(world, logged)).toEqual(expectedTotals(logged));
    expect([created(world), world.telemetry.total(metrics.incrementsCounted)]).toEqual([1050, 1061]);
  });
});

describe('a batch of records that cannot be counted', () => {
  it('is given up 32 at a time, all of it', async () => {
    const world = createCounterWorld();
    let [running, most] = [0, 0];
    const quarantine = {
      get: () => Promise.reject(new Error('nobody reads')),
      list: () => Promise.reject(new Error('nobody reads')),
      remove: () => Promise.reject(new Error('nobody removes')),
      store: async (record: QuarantinedRecord) => {
        running += 1;
        most = Math.max(most, running);
        await world.clock.sleep(1);
        running -= 1;
        return world.quarantine.store(record);
      },
    };
    const records = logRecords(Array.from({ length: 100 }, (_, i) => garbage(`k${i}`)));
    const outcome = await createAggregator({ ...world.ports, quarantine }).aggregate(batchOf(records));
    expect(outcome).toEqual({ lowestUnsettled: undefined });
    expect(most).toBe(32);
    expect((await world.quarantine.list({ limit: 1000 })).records).toHaveLength(100);
    expect(world.telemetry.total(metrics.recordsQuarantined)).toBe(100);
  });
});

describe('a counter that takes several transactions', () => {
  it('begins once, however many it takes, and adds up over all of its hours', async () => {
    const world = createCounterWorld();
    const aggregator = createAggregator(world.ports);
    const logged = Array.from({ length: 300 }, (_, i) =>
      keyed('a', i + 1, { at: virtualStartMs + (i % 13) * hourMs }),
    );
    await aggregator.aggregate(batchOf(logRecords(logged)));
    expect(await totals(world.memoryState, logged)).toEqual(expectedTotals(logged));
    expect(created(world)).toBe(1);
    const more = [keyed('a', 1), increment('a', 2)];
    await aggregator.aggregate(batchOf(logRecords(more, 1000n)));
    expect(await totals(world.memoryState, [...logged, ...more])).toEqual(
      expectedTotals([...logged, ...more]),
    );
    expect(created(world)).toBe(1);
  });
});

/** An aggregator over a store that fails for the first `failures` passes; at what times it was asked. */
function failing(failures: number) {
  const world = createCounterWorld(countingAlone);
  const passesAtMs: number[] = [];
  const state = overrideState(world.memoryState, {
    writeEach: (actions) => {
      passesAtMs.push(world.clock.monotonicMs());
      return passesAtMs.length <= failures
        ? Promise.reject(new StateStoreError('state-unavailable', 'no answer'))
        : world.memoryState.writeEach(actions);
    },
  });
  // The longest pauses.
  const ids = { ...world.ports.ids, random: () => 1 };
  const noted: (readonly [string, bigint])[] = [];
  let saves = 0;
  const topKeys: TopKeysWriter = {
    note: (key, amount) => noted.push([key, amount]),
    save: () => {
      saves += 1;
      return Promise.resolve();
    },
    saveAll: () => Promise.reject(new Error('is for the end of a process')),
  };
  const aggregator = createAggregator({ ...world.ports, state, ids }, topKeys);
  const records = logRecords([increment('a', 5), increment('b', 7), increment('a', 1)]);
  const aggregate = (deadlineMs?: number) =>
    aggregator.aggregate(batchOf(records), deadlineMs === undefined ? {} : { deadlineMs });
  return { world, passesAtMs, noted, aggregate, saves: () => saves };
}

const all = [0, 50, 150, 350, 750, 1550, 2550];

describe('an aggregator whose store fails', () => {
  it.each([
    // The delivery is then left to the mapping.
    { failures: Infinity, deadlineMs: undefined, passes: all, settled: false },
    { failures: 6, deadlineMs: undefined, passes: all, settled: true },
    { failures: 1, deadlineMs: undefined, passes: all.slice(0, 2), settled: true },
    // No pass begins at or after the deadline.
    { failures: Infinity, deadlineMs: 151, passes: all.slice(0, 3), settled: false },
    { failures: Infinity, deadlineMs: 150, passes: all.slice(0, 2), settled: false },
    { failures: Infinity, deadlineMs: 50, passes: [0], settled: false },
    { failures: 0, deadlineMs: 1, passes: [0], settled: true },
    { failures: 0, deadlineMs: 0, passes: [], settled: false },
    { failures: 0, deadlineMs: -1, passes: [], settled: false },
  ])('tries again after doubled pauses, six times at most, and never late: %j', async (drawn) => {
    const { world, passesAtMs, noted, aggregate, saves } = failing(drawn.failures);
    const outcome = await aggregate(drawn.deadlineMs);
    expect(passesAtMs).toEqual(drawn.passes);
    expect(outcome).toEqual({ lowestUnsettled: drawn.settled ? undefined : '7' });
    const tries = Math.max(0, drawn.passes.length - 1);
    expect(world.telemetry.total(metrics.stateRetries)).toBe(2 * tries);
    // Hot keys learn what was counted, and are saved unless it is late.
    expect(noted).toEqual(
      drawn.settled
        ? [
            ['a', 6n],
            ['b', 7n],
          ]
        : [],
    );
    expect(saves()).toBe(world.clock.monotonicMs() < (drawn.deadlineMs ?? Infinity) ? 1 : 0);
    expect(world.telemetry.observations(metrics.flushMs)).toEqual([passesAtMs.at(-1) ?? 0]);
    expect(world.telemetry.observations(metrics.flushRecords)).toEqual([3]);
  });

  it('takes up the next batch with all its tries', async () => {
    const { passesAtMs, aggregate } = failing(13);
    expect(await aggregate()).toEqual({ lowestUnsettled: '7' });
    expect(await aggregate()).toEqual({ lowestUnsettled: undefined });
    expect(passesAtMs).toEqual([...all, ...all.map((atMs) => 2550 + atMs)]);
  });
});

describe('the freshness of a batch', () => {
  /** Records of one counter each, so old; what is told of their ages, and how often each. */
  async function toldAges(agesMs: readonly number[]): Promise<readonly (readonly [number, number])[]> {
    const told: (readonly [number, number])[] = [];
    const world = createCounterWorld(countingAlone);
    const telemetry = {
      ...world.telemetry,
      observe: (metric: string, value: number, times = 1) => {
        if (metric === 'count_freshness_ms') told.push([value, times]);
      },
    };
    const logged = agesMs.map((ageMs, i) =>
      increment(`k${i}`, 1, { at: virtualStartMs - ageMs, count: i + 1 }),
    );
    await createAggregator({ ...world.ports, telemetry }).aggregate(batchOf(logRecords(logged)));
    return told;
  }

  it('is the age of each counter’s oldest increment, as often as it has increments', async () => {
    expect(await toldAges([100, 5000])).toEqual([
      [100, 1],
      [5000, 2],
    ]);
  });

  it('is told as the oldest of those that differ little, in whatever order they come', async () => {
    for (const agesMs of [
      [1000, 1010, 1005],
      [1010, 1000, 1005],
    ]) {
      expect(await toldAges(agesMs)).toEqual([[1010, 6]]);
    }
  });

  it('is never below nothing, though the clock of ingest be ahead', async () => {
    expect(await toldAges([-5000])).toEqual([[0, 1]]);
  });
});
