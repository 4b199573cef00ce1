import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyBook } from '../../../lib/app/audit/audit-book.ts';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { readFailureFile } from '../../../lib/app/quarantine/failure-file.ts';
import { endFailureRecords } from '../../../lib/app/quarantine/failure-records.ts';
import { giveUpIncrement } from '../../../lib/app/quarantine/give-up.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import type { Attributes, StateStore } from '../../../lib/ports/state-store.ts';
import { createAuditWorld } from '../../support/audit-world.ts';
import {
  batchOf,
  counterItem,
  counterShard,
  createCounterWorld,
  deliver,
  logRecords,
  type CounterWorld,
  type Logged,
} from '../../support/counter-world.ts';
import { failureFileText } from '../../support/failure-file-text.ts';
import { faultyPorts, ProcessDeath, type Fault } from '../../support/faulty-ports.ts';
import { Prng } from '../../support/prng.ts';
import {
  adId,
  expectedNumbers,
  numbersOf,
  orderOf,
  rightsClosed,
  rightsOpened,
  tracked,
  type LoggedOrder,
  type LoggedTracked,
} from '../../support/tracked-world.ts';

const impressions = `\u0001i#${adId(1)}`;
const seen = (epoch: number, generation = 1) => tracked({ generation, epoch });

async function settled(...logged: readonly Logged[]): Promise<CounterWorld> {
  const world = createCounterWorld();
  await deliver(createAggregator(world.ports), logRecords(logged));
  return world;
}

const ledgerOf = (state: StateStore): Promise<Attributes | undefined> =>
  state.get({ table: 'delivery', pk: `ledger#${adId(1)}`, sk: '' });

/** The attributes of a counter that its goal needs; not its numbers, its marks and when it moved. */
async function goalOf(state: StateStore): Promise<Record<string, unknown>> {
  const item = (await counterItem(state, impressions)) ?? {};
  const entries = Object.entries(item);
  return Object.fromEntries(entries.filter(([name]) => /^(generation|closed|[id]\d+)$/.test(name)));
}

describe('RightsOpened', () => {
  it('begins a generation of the counter, and a ledger with what was counted before', async () => {
    const { memoryState } = await settled(tracked(), tracked(), rightsOpened(1), seen(4), tracked());
    expect(await goalOf(memoryState)).toStrictEqual({ generation: 1n, i4: 1n, d0: 1n });
    expect(await numbersOf(memoryState)).toStrictEqual({ total: 3n, late: 1n });
    expect(await ledgerOf(memoryState)).toStrictEqual({
      ...{ generation: 1n, plan: 3n, used: 2n, closed: 0n },
    });
  });

  it('is obeyed for an ad of which nothing was counted', async () => {
    const { memoryState } = await settled(rightsOpened(1));
    expect(await goalOf(memoryState)).toStrictEqual({ generation: 1n });
    expect(await ledgerOf(memoryState)).toMatchObject({ generation: 1n, used: 0n });
  });

  it('leaves a ledger alone that has its generation, as after a restore of the counters', async () => {
    const world = createCounterWorld();
    const ledger = { generation: 1n, plan: 5n, used: 9n, closed: 3n, t0: 1n, u0: 2n, l8: 4n };
    await world.memoryState.write({
      ...{ type: 'put', key: { table: 'delivery', pk: `ledger#${adId(1)}`, sk: '' }, attributes: ledger },
    });
    await deliver(createAggregator(world.ports), logRecords([rightsOpened(1), seen(8)]));
    expect(await ledgerOf(world.memoryState)).toStrictEqual(ledger);
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n });
  });

  it('changes nothing a second time, and nothing back', async () => {
    const { memoryState } = await settled(
      ...[rightsOpened(3), seen(8, 3), rightsOpened(3), rightsOpened(1), seen(8, 3)],
    );
    expect(await goalOf(memoryState)).toStrictEqual({ generation: 3n, i8: 2n, d0: 2n });
    expect(await ledgerOf(memoryState)).toMatchObject({ generation: 3n, used: 0n });
  });
});

describe('RightsClosed', () => {
  it('makes late what comes after it of the epochs that it closes', async () => {
    const { memoryState } = await settled(
      ...[
        rightsOpened(1),
        seen(4),
        seen(8),
        rightsClosed(1, 7),
        seen(4),
        seen(8),
        rightsClosed(1, 3),
        seen(5),
      ],
    );
    expect(await numbersOf(memoryState)).toStrictEqual({ total: 3n, late: 2n });
    expect(await goalOf(memoryState)).toStrictEqual({ generation: 1n, closed: 7n, i4: 1n, i8: 2n, d0: 3n });
  });

  it('forgets the epochs whose rights have come back', async () => {
    const { memoryState } = await settled(
      ...[rightsOpened(1), seen(4), seen(8), rightsClosed(1, 7), rightsClosed(1, 11, 7)],
    );
    expect(await goalOf(memoryState)).toStrictEqual({ generation: 1n, closed: 11n, i8: 1n, d0: 2n });
  });

  it('closes nothing that may still count when it arrives, however fast the clock that wrote it', async () => {
    const world = createCounterWorld();
    const aggregator = createAggregator(world.ports);
    await deliver(aggregator, logRecords([rightsOpened(1), seen(24), seen(28)]));
    // Twenty minutes after 1970: the epochs of the first seven ended 13 minutes ago.
    await deliver(aggregator, logRecords([rightsClosed(1, 1000)], 50n, 20 * 60_000));
    expect(await goalOf(world.memoryState)).toMatchObject({ closed: 27n });
  });

  it('closes the same when it is read again, though impressions are good for longer by then', async () => {
    const order = (minutes: object) => orderOf({ ...rightsClosed(1, 1000).order, ...minutes });
    const closedIn = async (minutes: object, now: number): Promise<unknown> => {
      const { ports, memoryState } = createCounterWorld();
      const settings = {
        ...ports.settings,
        delivery: { ...ports.settings.delivery, impressionMinutes: now },
      };
      const aggregator = createAggregator({ ...ports, settings });
      await deliver(aggregator, logRecords([rightsOpened(1), order(minutes)], 1n, 20 * 60_000));
      return (await goalOf(memoryState))['closed'];
    };
    expect(await closedIn({ impressionMinutes: 10 }, 10)).toBe(27n);
    expect(await closedIn({ impressionMinutes: 10 }, 14)).toBe(27n);
    expect(await closedIn({}, 14)).toBe(11n);
  });

  it('means nothing to another generation', async () => {
    const { memoryState } = await settled(rightsClosed(1, 7), rightsOpened(1), rightsClosed(3, 7), seen(4));
    expect(await goalOf(memoryState)).toStrictEqual({ generation: 1n, i4: 1n, d0: 1n });
  });
});

/** A record that is never settled would hold up all impressions of its ad. */
it('settles an order that a generation without a goal cannot obey', async () => {
  const { memoryState } = await settled(
    tracked(),
    rightsClosed(0, 7),
    tracked(),
    rightsOpened(2),
    rightsClosed(2, 7),
  );
  expect(await goalOf(memoryState)).toStrictEqual({ generation: 2n });
  expect(await numbersOf(memoryState)).toStrictEqual({ total: 2n });
});

const faults: readonly Fault[] = ['refuse', 'lose', 'delay', 'die-before', 'die-after'];

type Drawn = LoggedTracked | LoggedOrder;

/** Impressions of a few decisions in three generations, and orders between them. */
function drawLog(prng: Prng, size: number): Drawn[] {
  return Array.from({ length: size }, () => {
    const generation = prng.pick([0, 1, 1, 1, 2]);
    if (prng.chance(0.06)) return rightsOpened(prng.pick([1, 1, 2]));
    if (prng.chance(0.1)) return rightsClosed(generation, prng.pick([3, 7, 11]));
    const epoch = prng.pick([4, 8, 12]);
    const id = [generation, epoch, prng.int(0, 5), 0]
      .map((part) => part.toString(16).padStart(8, '0'))
      .join('');
    const invalid = prng.chance(0.1) ? { invalid: 'bot' as const } : {};
    return tracked({ id, generation, epoch, ...invalid });
  });
}

/** What the counter must hold, by a plain loop over the log. */
function expectedOf(log: readonly Drawn[]): Record<string, bigint> {
  const fences = new Map<number, { generation: number; closed: number }>();
  let fence = { generation: 0, closed: -1 };
  log.forEach((logged, index) => {
    if (!('order' in logged)) return;
    const { order } = logged;
    if (order.type === 'RightsOpened' && order.generation > fence.generation)
      fence = { ...fence, generation: order.generation };
    if (order.type === 'RightsClosed' && order.generation === fence.generation && order.generation === 1)
      fence = { ...fence, closed: Math.max(fence.closed, order.through) };
    fences.set(index, fence);
  });
  return expectedNumbers(log, fences)[impressions] ?? {};
}

/** Everything but the marks, which say when they moved. */
async function endOf(state: StateStore): Promise<unknown> {
  return { goal: await goalOf(state), numbers: await numbersOf(state), ledger: await ledgerOf(state) };
}

async function deliverThrough(world: CounterWorld, log: readonly Drawn[]): Promise<void> {
  for (let deaths = 0; ; deaths += 1) {
    try {
      await deliver(createAggregator(world.ports), logRecords(log));
      return;
    } catch (error) {
      if (!(error instanceof ProcessDeath) || deaths > 0) throw error;
    }
  }
}

describe('orders in a batch with impressions before and after them', () => {
  it('have the same effect however the log is cut, and when it comes again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const prng = new Prng(seed);
        const log = drawLog(prng, 40);
        const whole = await settled(...log);
        expect(await numbersOf(whole.memoryState)).toStrictEqual(expectedOf(log));
        const cut = createCounterWorld();
        const records = logRecords(log);
        for (let from = 0; from < records.length;) {
          const end = prng.int(from + 1, records.length);
          await deliver(createAggregator(cut.ports), records.slice(prng.int(0, from), end));
          from = end;
        }
        await deliver(createAggregator(cut.ports), records);
        expect(await endOf(cut.memoryState)).toStrictEqual(await endOf(whole.memoryState));
      }),
      { numRuns: 150 },
    );
  });

  test.each(faults)('survive a fault at any call: %s', async (fault) => {
    const log = drawLog(new Prng(11), 40);
    expect(log.filter((logged) => 'order' in logged).length).toBeGreaterThan(5);
    const expected = await endOf((await settled(...log)).memoryState);
    let n = 0;
    for (let calls = 1; n < calls; n += 1) {
      const memory = createCounterWorld();
      const faulty = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, (call) =>
        call === n ? fault : undefined,
      );
      await deliverThrough({ ...memory, ports: { ...memory.ports, state: faulty.state } }, log);
      expect(await endOf(memory.memoryState)).toStrictEqual(expected);
      await faulty.runDelayed();
      await deliver(createAggregator(memory.ports), logRecords(log));
      expect(await endOf(memory.memoryState)).toStrictEqual(expected);
      calls = faulty.calls;
    }
    expect(n).toBeGreaterThan(12);
  });

  it('survive invocations that overlap and interleave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 0.1), async (seed, rate) => {
        const prng = new Prng(seed);
        const log = drawLog(prng, 30);
        const records = logRecords(log);
        const world = createCounterWorld();
        const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, async () => {
          for (let turns = prng.int(0, 6); turns > 0; turns -= 1) await Promise.resolve();
          return prng.chance(rate) ? prng.pick(['lose', 'delay', 'refuse'] as const) : undefined;
        });
        const ports = { ...world.ports, state: faulty.state };
        const ends = [prng.int(1, 30), 30];
        await Promise.all(
          ends.map((end) => createAggregator(ports).aggregate(batchOf(records.slice(0, end)))),
        );
        await faulty.runDelayed();
        await deliver(createAggregator(world.ports), records);
        expect(await endOf(world.memoryState)).toStrictEqual(
          await endOf((await settled(...log)).memoryState),
        );
      }),
      { numRuns: 80 },
    );
  });
});

describe('an order that was given up', () => {
  const id = { stream: 'increments', ...counterShard, sequenceNumber: '7' } as const;

  async function givenUp(order: LoggedOrder, world = createCounterWorld()): Promise<CounterWorld> {
    const [record] = logRecords([order]);
    await giveUpIncrement(world.ports, {
      shard: counterShard,
      record: record!,
      reason: 'kills the function',
    });
    return world;
  }

  it.each([rightsOpened(1), rightsClosed(1, 7)])('is obeyed once when it is redriven: %#', async (order) => {
    const world = await givenUp(order);
    if (order.order.type === 'RightsClosed')
      await deliver(createAggregator(world.ports), logRecords([rightsOpened(1), seen(4)], 100n));
    const redrive = createRedrive(world.ports);
    const results = await Promise.all([redrive.redrive(id), redrive.redrive(id)]);
    expect(results.filter(({ status }) => status === 'counted')).toStrictEqual([
      { status: 'counted', count: 0 },
    ]);
    expect(await redrive.redrive(id)).toStrictEqual({ status: 'not-quarantined', state: 'counted' });
    const expected = order.order.type === 'RightsClosed' ? { closed: 7n, i4: 1n, d0: 1n } : {};
    expect(await goalOf(world.memoryState)).toStrictEqual({ generation: 1n, ...expected });
  });

  it('leaves the quarantine although a later order makes it mean nothing', async () => {
    const world = await givenUp(rightsOpened(1));
    await deliver(createAggregator(world.ports), logRecords([rightsOpened(3)], 100n));
    expect(await createRedrive(world.ports).redrive(id)).toStrictEqual({ status: 'counted', count: 0 });
    expect(await goalOf(world.memoryState)).toStrictEqual({ generation: 3n });
  });

  it.each(['before', 'after'] as const)('comes from a failure file, %s it was settled', async (when) => {
    const world = createAuditWorld();
    const records = logRecords([rightsOpened(1), rightsClosed(1, 7)]);
    if (when === 'after') await deliver(createAggregator(world.ports), records);
    const file = readFailureFile(failureFileText(records, counterShard.shardId));
    if (file === undefined) throw new Error('the file is not read');
    const deps = { ...world.ports, history: world.history, openBook: () => emptyBook('1') };
    const { outcomes, left } = await endFailureRecords(deps, file, 'counted');
    expect(left).toStrictEqual([]);
    expect(outcomes).toStrictEqual(when === 'before' ? { counted: 2 } : { 'settled before': 2 });
    expect(await goalOf(world.memoryState)).toStrictEqual({ generation: 1n, closed: 7n });
  });
});

describe('an audit', () => {
  it('takes orders for records that are in no number, and lateness as it finds it', async () => {
    const world = createAuditWorld();
    const event = seen(4);
    await world.append([event, rightsOpened(1), event, rightsClosed(1, 7), event, seen(8)]);
    await world.count();
    const { status, unreadable, tracked: events } = await world.audit();
    expect({ status, unreadable, events }).toStrictEqual({ status: 'equal', unreadable: 0, events: 4n });
    expect(await numbersOf(world.memoryState)).toStrictEqual({ late: 2n, total: 2n });
  });
});
