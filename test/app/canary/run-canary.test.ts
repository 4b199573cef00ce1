import { describe, expect, it } from '@jest/globals';
import { createLastCanary } from '../../../lib/app/canary/canary-state.ts';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createTopKeysReader } from '../../../lib/app/counters/hot/top-keys-reader.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import type { AppendResult, EventLog } from '../../../lib/ports/event-log.ts';
import { StateStoreError, type ItemKey } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { canaryKey, createCanaryWorld, type CanaryWorld } from '../../support/canary-world.ts';
import { deliver, increment } from '../../support/counter-world.ts';
import { failEachCall, interruptEachCall, KilledError, type Work } from '../../support/failing-calls.ts';
import { createMemoryEventLog } from '../../support/memory/memory-event-log.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const stateKey: ItemKey = { table: 'counters', pk: 'canary', sk: '' };
const totalKey: ItemKey = { table: 'counters', pk: `counter#${canaryKey}`, sk: '' };

/** The one shard that the canary's records go to, and how many it has. */
async function recordsOf({ increments }: CanaryWorld): Promise<{ shardId: string; records: number }> {
  for (const { shardId } of await increments.shards()) {
    const { length } = await increments.read(shardId, undefined, { recordsMax: 10_000, bytesMax: 2 ** 30 });
    if (length > 0) return { shardId, records: length };
  }
  return { shardId: '', records: 0 };
}

async function runTimes(world: CanaryWorld, times: number): Promise<(string | undefined)[]> {
  const statuses: (string | undefined)[] = [];
  for (let i = 0; i < times; i += 1) {
    statuses.push(await world.status());
    await world.clock.sleep(minuteMs);
  }
  return statuses;
}

describe('a run of the canary', () => {
  it('increments its counter by 1 through the log, and finds it counted', async () => {
    const world = createCanaryWorld();
    const atMs = world.clock.nowMs();
    expect(await world.run()).toEqual({ status: 'counted', atMs });
    expect(await runTimes(world, 3)).toEqual(['counted', 'counted', 'counted']);
    expect(await world.total()).toBe(4n);
    expect((await recordsOf(world)).records).toBe(4);
    expect(world.told()).toEqual([4, 0, 0]);
    expect(await createLastCanary(world.deps)()).toEqual({ status: 'counted', atMs: atMs + 2 * minuteMs });
  });

  it('begins with what its counter holds', async () => {
    const world = createCanaryWorld();
    await world.tamper(canaryKey, 41n);
    expect(await world.status()).toBe('counted');
    expect(await world.total()).toBe(42n);
  });

  it('is in no figure and in no list of what callers send', async () => {
    const world = createCanaryWorld();
    await world.append([increment('a')]);
    await world.status();
    await world.status();
    expect(world.telemetry.total(metrics.incrementsCounted)).toBe(1);
    expect(world.telemetry.total(metrics.countersCreated)).toBe(1);
    expect(world.telemetry.observedTimes(metrics.countFreshnessMs)).toBe(1);
    const { recent, all } = await createTopKeysReader(world.deps).read(10);
    expect([recent.keys.map(({ key }) => key), all.keys.map(({ key }) => key)]).toEqual([['a'], ['a']]);
  });

  it('is part of the audit, which finds it equal', async () => {
    const world = createCanaryWorld();
    await runTimes(world, 3);
    expect(await world.audit()).toMatchObject({ status: 'equal', accepted: 3n, counted: 3n });
  });

  it.each([
    ['lost', -1n],
    ['doubled', 1n],
  ])('reports that one was %s, once', async (status, by) => {
    const world = createCanaryWorld();
    await runTimes(world, 3);
    await world.tamper(canaryKey, by);
    expect(await runTimes(world, 3)).toEqual([status, 'counted', 'counted']);
    expect(world.told()).toEqual([6, 1, 0]);
    expect(world.telemetry.lines).toContainEqual(
      expect.objectContaining({ level: 'error', fields: { status } }),
    );
    await world.tamper(canaryKey, by);
    expect(await world.status()).toBe(status);
    expect(world.told()).toEqual([7, 2, 0]);
  });

  it('is late if it is not counted within 10 s; the next goes on with it', async () => {
    const world = createCanaryWorld();
    await world.status();
    world.consumer.isStopped = true;
    const startMs = world.clock.monotonicMs();
    expect(await world.status()).toBe('late');
    expect(world.clock.monotonicMs() - startMs).toBe(10_000);
    // For an hour.
    await runTimes(world, 60);
    expect(world.told()).toEqual([62, 0, 61]);
    expect(await world.total()).toBe(1n);
    world.consumer.isStopped = false;
    await world.count();
    expect(await runTimes(world, 2)).toEqual(['counted', 'counted']);
    expect(await world.total()).toBe(3n);
    expect(world.told()).toEqual([64, 0, 61]);
  });

  it('is counted if the consumer comes by within 10 s', async () => {
    const world = createCanaryWorld();
    world.consumer.isStopped = true;
    const counting = world.clock.sleep(9000).then(() => world.count());
    expect(await world.status()).toBe('counted');
    await counting;
  });

  it('gives one up that was pending for 23 hours, and accepts that it is counted later or never', async () => {
    const world = createCanaryWorld();
    world.consumer.isStopped = true;
    expect(await world.status()).toBe('late');
    await world.clock.sleep(23 * hourMs - minuteMs);
    expect(await world.status()).toBe('late');
    expect(await recordsOf(world)).toMatchObject({ records: 2 });
    await world.clock.sleep(minuteMs);
    expect(await world.status()).toBe('late');
    world.consumer.isStopped = false;
    await world.count();
    expect(await world.total()).toBe(2n);
    expect(await runTimes(world, 2)).toEqual(['counted', 'counted']);
    expect(world.told()).toEqual([5, 0, 3]);
  });

  it('is late if the log does not take it', async () => {
    const world = createCanaryWorld();
    const refused: AppendResult = { status: 'refused', reason: 'full' };
    const full = { ...world.deps.increments, append: () => Promise.resolve([refused]) };
    expect(await world.status({ increments: full })).toBe('late');
    expect(await runTimes(world, 2)).toEqual(['counted', 'counted']);
    expect(await world.total()).toBe(2n);
    expect(world.told()).toEqual([3, 0, 1]);
  });

  it('appends again what the log may have taken, which counts once', async () => {
    const world = createCanaryWorld();
    let calls = 0;
    const append: typeof world.deps.increments.append = async (entries) => {
      calls += 1;
      const results = await world.deps.increments.append(entries);
      return calls === 1 ? [{ status: 'unknown', reason: 'no answer' }] : results;
    };
    expect(await world.status({ increments: { ...world.deps.increments, append } })).toBe('counted');
    expect(calls).toBe(2);
    expect(await world.total()).toBe(1n);
  });

  it('ends without a result when the process stops; the next process goes on with it', async () => {
    const world = createCanaryWorld();
    world.consumer.isStopped = true;
    expect(await world.run({ isStopping: () => true })).toBeUndefined();
    expect(world.told()).toEqual([0, 0, 0]);
    world.consumer.isStopped = false;
    expect(await world.status()).toBe('counted');
    expect(await world.total()).toBe(1n);
  });
});

describe('an increment of the canary in the quarantine', () => {
  async function giveUpOne(world: CanaryWorld): Promise<void> {
    await world.status();
    world.consumer.isStopped = true;
    const { shardId } = await recordsOf(world);
    const givingUp = world.clock.sleep(1000).then(() => world.giveUpNext(shardId));
    expect(await world.status()).toBe('given-up');
    await givingUp;
    world.consumer.isStopped = false;
  }

  it('is not lost', async () => {
    const world = createCanaryWorld();
    await giveUpOne(world);
    expect(await runTimes(world, 2)).toEqual(['counted', 'counted']);
    expect(world.told()).toEqual([4, 0, 0]);
    await world.tamper(canaryKey, -1n);
    expect(await world.status()).toBe('lost');
  });

  it('may be redriven, and then nothing is doubled', async () => {
    const world = createCanaryWorld();
    await giveUpOne(world);
    await world.status();
    const { records } = await world.quarantine.list({ limit: 10 });
    expect(await createRedrive(world.ports).redrive(records[0]!)).toMatchObject({ status: 'counted' });
    expect(await runTimes(world, 2)).toEqual(['counted', 'counted']);
    expect(await world.total()).toBe(5n);
    await world.tamper(canaryKey, 1n);
    expect(await world.status()).toBe('doubled');
    expect(world.told()).toEqual([6, 1, 0]);
  });
});

describe('a table of counters that is restored', () => {
  /** All items of the canary and its counter; the claims after them are gone too. */
  async function restoreTo(world: CanaryWorld, moment: ReadonlyMap<ItemKey, object>): Promise<void> {
    for (const [key, attributes] of moment) {
      await world.ports.state.write({ type: 'put', key, attributes: { ...attributes } });
    }
  }

  async function momentOf({ ports }: CanaryWorld): Promise<Map<ItemKey, object>> {
    const moment = new Map<ItemKey, object>();
    for (const key of [stateKey, totalKey]) moment.set(key, (await ports.state.get(key)) ?? {});
    return moment;
  }

  it.each([1, 2, 5])('and then counts %s runs from the log again, differs in nothing', async (runs) => {
    const world = createCanaryWorld();
    await runTimes(world, 3);
    const moment = await momentOf(world);
    await runTimes(world, runs);
    const after = await momentOf(world);
    await restoreTo(world, moment);
    // The consumer reads again what came after that moment: the counter is what it was, the canary is not.
    await restoreTo(world, new Map([[totalKey, after.get(totalKey) ?? {}]]));
    const [first, ...rest] = await runTimes(world, 4);
    expect(first).toBe(runs === 1 ? 'counted' : 'restarted');
    expect(rest).toEqual(['counted', 'counted', 'counted']);
    expect(world.told()[1]).toBe(0);
  });

  it('does not hide an increment that was counted twice', async () => {
    const world = createCanaryWorld();
    await runTimes(world, 3);
    const moment = await momentOf(world);
    await runTimes(world, 5);
    const after = await momentOf(world);
    await restoreTo(world, moment);
    await restoreTo(world, new Map([[totalKey, after.get(totalKey) ?? {}]]));
    await runTimes(world, 2);
    await world.tamper(canaryKey, 1n);
    expect(await world.status()).toBe('doubled');
  });
});

it('goes on in the log that replaced its log', async () => {
  const world = createCanaryWorld();
  await world.status();
  world.consumer.isStopped = true;
  expect(await world.status()).toBe('late');
  const log = createMemoryEventLog({ stream: 'increments', epoch: '2', shardCount: 1, clock: world.clock });
  const aggregator = createAggregator(world.ports);
  const increments: EventLog = {
    ...{ stream: 'increments', epoch: '2' },
    hashPosition: (partitionKey) => log.hashPosition(partitionKey),
    async append(entries) {
      const results = await log.append(entries);
      const { shardId } = (await log.shards())[0]!;
      const records = await log.read(shardId, undefined, { recordsMax: 100, bytesMax: 2 ** 20 });
      await deliver(aggregator, records.slice(-1), { epoch: '2', shardId });
      return results;
    },
  };
  expect(await world.status({ increments })).toBe('counted');
  expect(await world.status({ increments })).toBe('counted');
  expect(await world.total()).toBe(3n);
  expect(world.told()[1]).toBe(0);
});

describe('two runs of the canary at a time', () => {
  it('count once for each result', async () => {
    const world = createCanaryWorld();
    await world.status();
    const results = await Promise.all([world.run(), world.run(), world.run()]);
    expect(results.filter((result) => result !== undefined)).toHaveLength(1);
    expect(await runTimes(world, 2)).toEqual(['counted', 'counted']);
    expect(world.told()[1]).toBe(0);
    expect(await world.total()).toBe(4n);
  });
});

interface DisturbedPorts extends Record<string, object> {
  readonly state: CanaryWorld['ports']['state'];
  readonly increments: CanaryWorld['deps']['increments'];
}

const notRejected = (): Error => new Error('the log answers');

/** A run, in a world where others ran before, and in which `prepare` has happened. */
function work(prepare: (world: CanaryWorld) => Promise<unknown>): Work<CanaryWorld, DisturbedPorts> {
  return {
    async open() {
      const world = createCanaryWorld();
      await prepare(world);
      return world;
    },
    portsOf: ({ ports, deps }) => ({ state: ports.state, increments: deps.increments }),
    failures: {
      state: () => new StateStoreError('state-unavailable', 'a fault of the test'),
      increments: notRejected,
    },
    run: (ports, world) => world.run(ports),
  };
}

describe('a run of the canary that fails or dies at any call', () => {
  it.each([
    ['the first', () => Promise.resolve()],
    ['a later one', (world: CanaryWorld) => runTimes(world, 2)],
    ['one that finds an increment pending', (world: CanaryWorld) => world.run({ isStopping: () => true })],
  ])('is followed by runs that find each increment once: %s', async (_name, prepare) => {
    let failed = 0;
    for await (const { world, what, error } of failEachCall(work(prepare))) {
      if (error !== undefined) failed += 1;
      await world.clock.sleep(minuteMs);
      const statuses = await runTimes(world, 3);
      expect([what, ...statuses]).toEqual([what, 'counted', 'counted', 'counted']);
      const [, differences] = world.told();
      expect([what, differences]).toEqual([what, 0]);
    }
    expect(failed).toBeGreaterThan(4);
  });

  it.each([
    ['lost', -1n],
    ['doubled', 1n],
  ])('does not hide that one was %s', async (_status, by) => {
    const lossy = work(async (world) => {
      await runTimes(world, 2);
      await world.tamper(canaryKey, by);
    });
    for await (const { world, what, error } of failEachCall(lossy)) {
      await runTimes(world, 3);
      const differences = world.told()[1] ?? 0;
      // The death between the report and the note of it is the one that reports twice.
      const most = error instanceof KilledError || error instanceof StateStoreError ? 2 : 1;
      expect([what, differences >= 1 && differences <= most]).toEqual([what, true]);
      expect([what, await world.status()]).toEqual([what, 'counted']);
    }
  });
});

describe('a run of the canary during which others run', () => {
  it('reports nothing that is not so', async () => {
    const plain = work((world) => runTimes(world, 2));
    const others = async (world: CanaryWorld): Promise<void> => {
      await runTimes(world, 2);
    };
    for await (const { world, what, error } of interruptEachCall(plain, others)) {
      expect([what, error]).toEqual([what, undefined]);
      await runTimes(world, 2);
      expect([what, world.told()[1]]).toEqual([what, 0]);
    }
  });
});
