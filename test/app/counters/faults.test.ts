import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createRedrive } from '../../../lib/app/quarantine/redrive.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import { StateStoreError, type TransactResult } from '../../../lib/ports/state-store.ts';
import {
  batchOf,
  counterShard,
  createCounterWorld,
  deliver,
  expectedTotals,
  garbage,
  increment,
  keyed,
  logRecords,
  totalOf,
  totals,
  type CounterWorld,
  type Logged,
} from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { faultyPorts, ProcessDeath, type Fault } from '../../support/faulty-ports.ts';
import { Prng } from '../../support/prng.ts';

const twice = keyed('a', 1000);
const everyKind: readonly Logged[] = [
  increment('a', 1),
  increment('b', 2),
  keyed('a', 4),
  twice,
  garbage('a'),
  increment('a', 8),
  twice,
  keyed('b', 16),
  garbage('c'),
  increment('d', 32),
  ...Array.from({ length: 120 }, () => keyed('e', 64)),
];

async function expectCounted(world: CounterWorld, logged: readonly Logged[]): Promise<void> {
  expect(await totals(world.memoryState, logged)).toStrictEqual(expectedTotals(logged));
  const { records } = await world.quarantine.list({ limit: 1000 });
  const expected = logged.flatMap(({ event }, i) => (event === undefined ? [String(7 + i)] : []));
  expect(
    records.map(({ sequenceNumber }) => sequenceNumber).sort((a, b) => Number(a) - Number(b)),
  ).toStrictEqual(expected);
}

/**
 * Delivers until the faults are over; an invocation that dies is delivered again, in halves, as bisection
 * does.
 */
async function deliverThrough(world: CounterWorld, records: readonly LogRecord[]): Promise<void> {
  try {
    await deliver(createAggregator(world.ports), records);
  } catch (error) {
    if (!(error instanceof ProcessDeath)) throw error;
    const middle = Math.ceil(records.length / 2);
    await deliver(createAggregator(world.ports), records.slice(0, middle));
    if (middle < records.length) await deliver(createAggregator(world.ports), records.slice(middle));
  }
}

/** A world where call `n` has the fault. */
function worldWithFault(n: number, fault: Fault) {
  const memory = createCounterWorld();
  const faulty = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, (call) =>
    call === n ? fault : undefined,
  );
  const world = { ...memory, ports: { ...memory.ports, state: faulty.state, quarantine: faulty.quarantine } };
  return { world, faulty };
}

const faults: readonly Fault[] = ['refuse', 'lose', 'delay', 'die-before', 'die-after'];

describe('one fault at every call', () => {
  test.each(faults)('leaves every increment counted once: %s', async (fault) => {
    const records = logRecords(everyKind);
    let n = 0;
    for (let calls = 1; n < calls; n += 1) {
      const { world, faulty } = worldWithFault(n, fault);
      await deliverThrough(world, records);
      await expectCounted(world, everyKind);
      // What a network still held comes out, and the log delivers everything once more.
      await faulty.runDelayed();
      await deliverThrough(world, records);
      await expectCounted(world, everyKind);
      calls = faulty.calls;
    }
    expect(n).toBeGreaterThan(10);
  });

  test.each(faults)(
    'of a one-record batch that is old leaves it counted or given up once: %s',
    async (fault) => {
      for (const logged of [increment('a', 5), keyed('a', 5), garbage('a')]) {
        for (let n = 0; n < 6; n += 1) {
          const { world, faulty } = worldWithFault(n, fault);
          const records = logRecords([logged]);
          await world.clock.advance(120_000);
          await deliverThrough(world, records);
          await faulty.runDelayed();
          await deliverThrough(world, records);
          await expectCounted(world, [logged]);
        }
      }
    },
  );

  test.each(faults)('of a redrive leaves it counted once: %s', async (fault) => {
    for (let n = 0; n < 6; n += 1) {
      const { world, faulty } = worldWithFault(n, fault);
      const memory = { ...world.ports, state: world.memoryState, quarantine: world.quarantine };
      const [record] = logRecords([keyed('a', 5)]);
      await giveUpUnread({ ...world, ports: memory }, record!);
      const id = { stream: 'increments', ...counterShard, sequenceNumber: '7' } as const;
      for (let asked = 0; asked < 3; asked += 1) {
        await createRedrive(world.ports)
          .redrive(id)
          .catch((error: unknown) => error);
      }
      await faulty.runDelayed();
      expect(await totalOf(world.memoryState, 'a')).toBe(5n);
      // The event once more in the log: a copy that a client's retry made.
      await deliver(createAggregator(memory), logRecords([{ ...record!, event: undefined }], 500n));
      expect(await totalOf(world.memoryState, 'a')).toBe(5n);
    }
  });
});

/** As if it had killed the function often enough. */
async function giveUpUnread(world: CounterWorld, record: LogRecord): Promise<void> {
  await world.clock.advance(120_000);
  for (let tries = 0; tries < 5; tries += 1) {
    const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, (call) =>
      call === 1 ? 'die-before' : undefined,
    );
    const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
    await expect(createAggregator(ports).aggregate(batchOf([record]))).rejects.toThrow(ProcessDeath);
  }
  await deliver(createAggregator(world.ports), [record]);
}

describe('many faults', () => {
  interface Scenario {
    readonly seed: number;
    readonly cuts: readonly number[];
    readonly rate: number;
  }
  const scenario: fc.Arbitrary<Scenario> = fc.record({
    seed: fc.integer(),
    cuts: fc.array(fc.nat({ max: 60 }), { maxLength: 6 }),
    rate: fc.constantFrom(0.05, 0.2, 0.5),
  });

  /** A log with every kind of record, drawn from the seed. */
  function drawLog(prng: Prng): Logged[] {
    const repeated = [keyed('a', 3), keyed('b', 5)];
    return Array.from({ length: 60 }, () => {
      const key = prng.pick(['a', 'a', 'a', 'b', 'c', 'd']);
      if (prng.chance(0.05)) return garbage(key);
      if (prng.chance(0.1)) return prng.pick(repeated);
      return prng.chance(0.5) ? keyed(key, prng.int(1, 1000)) : increment(key, prng.int(1, 1000));
    });
  }

  it('and any batches leave every increment counted once', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, cuts, rate }) => {
        const prng = new Prng(seed);
        const logged = drawLog(prng);
        const records = logRecords(logged);
        const world = createCounterWorld();
        let healed = false;
        const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, () =>
          !healed && prng.chance(rate) ? prng.pick(faults) : undefined,
        );
        const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
        const places = [0, ...cuts.map((cut) => Math.min(cut, 60)).sort((x, y) => x - y), 60];
        for (let i = 0; i + 1 < places.length; i += 1) {
          let rest = records.slice(Math.max(0, places[i]! - prng.int(0, 5)), places[i + 1]);
          for (let deliveries = 0; rest.length > 0; deliveries += 1) {
            if (deliveries === 8) healed = true;
            if (prng.chance(0.2)) await faulty.runDelayed();
            rest = await tryOnce(ports, rest, prng);
          }
          healed = false;
        }
        healed = true;
        expect(await totals(world.memoryState, logged)).toStrictEqual(expectedTotals(logged));
        await faulty.runDelayed();
        await deliver(createAggregator(ports), records);
        await expectCounted(world, logged);
      }),
      { numRuns: 60 },
    );
  });

  /** One invocation; what has to be delivered again, perhaps cut shorter as bisection does. */
  async function tryOnce(
    ports: CounterWorld['ports'],
    rest: readonly LogRecord[],
    prng: Prng,
  ): Promise<LogRecord[]> {
    const size = prng.chance(0.3) ? prng.int(1, rest.length) : rest.length;
    const batch = rest.slice(0, size);
    try {
      const { lowestUnsettled } = await createAggregator(ports).aggregate(batchOf(batch));
      if (lowestUnsettled === undefined) return rest.slice(size);
      const from = batch.findIndex(({ sequenceNumber }) => sequenceNumber === lowestUnsettled);
      expect(from).toBeGreaterThanOrEqual(0);
      return rest.slice(from);
    } catch (error) {
      if (!(error instanceof ProcessDeath)) throw error;
      return [...rest];
    }
  }

  it('and invocations that overlap and interleave leave every increment counted once', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, rate }) => {
        const prng = new Prng(seed);
        const logged = drawLog(prng);
        const records = logRecords(logged);
        const world = createCounterWorld();
        const gate = new Gate(prng);
        const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, async () => {
          await gate.turn();
          return prng.chance(rate / 5) ? prng.pick(['lose', 'delay', 'refuse'] as const) : undefined;
        });
        const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
        // A zombie still works on the first batch while its retry, cut otherwise, has begun; both have the
        // same start.
        const ends = [prng.int(1, 60), prng.int(1, 60), 60];
        const runs = ends.map((end) => createAggregator(ports).aggregate(batchOf(records.slice(0, end))));
        await gate.openWhile(Promise.allSettled(runs));
        for (const run of runs) await run;
        await faulty.runDelayed();
        await deliver(createAggregator(world.ports), records);
        await expectCounted(world, logged);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a deadline that comes while a call of many is under way', () => {
  it('ends the call, and what was not begun is reported and counted by the next delivery', async () => {
    const world = createCounterWorld();
    const { memoryState, clock } = world;
    // As over a network: one after the other, and a while each.
    const slow = overrideState(memoryState, {
      transactEach: async (transactions, { isLate = () => false } = {}) => {
        const results: (TransactResult | StateStoreError)[] = [];
        for (const actions of transactions) {
          if (isLate()) {
            results.push(new StateStoreError('state-throttled', 'not begun in time'));
            continue;
          }
          await clock.advance(100);
          results.push(await memoryState.transact(actions));
        }
        return results;
      },
    });
    const logged = ['a', 'b', 'c', 'd', 'e'].map((key) => increment(key, 3));
    const records = logRecords(logged);
    const aggregator = createAggregator({ ...world.ports, state: slow });
    const deadlineMs = clock.monotonicMs() + 250;
    expect(await aggregator.aggregate(batchOf(records), { deadlineMs })).toStrictEqual({
      lowestUnsettled: '10',
    });
    expect(await totals(memoryState, logged)).toStrictEqual({ a: 3n, b: 3n, c: 3n });
    await deliver(createAggregator(world.ports), records);
    await expectCounted(world, logged);
  });
});

/** Holds calls back and lets them through one at a time, in an order drawn from the seed. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async openWhile(work: Promise<unknown>): Promise<void> {
    const ended = work.then(() => true);
    const turn = () => new Promise<boolean>((resolve) => setImmediate(resolve, false));
    while (!(await Promise.race([ended, turn()]))) {
      if (this.#waiting.length === 0) continue;
      this.#waiting.splice(this.#prng.int(0, this.#waiting.length - 1), 1)[0]?.();
    }
  }
}
