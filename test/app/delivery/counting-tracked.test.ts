import { describe, expect, it, test } from '@jest/globals';
import fc from 'fast-check';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { counterKey, incrementClaimKey } from '../../../lib/app/state-keys.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import type { StateStore } from '../../../lib/ports/state-store.ts';
import {
  batchOf,
  counterItem,
  createCounterWorld,
  deliver,
  garbage,
  increment,
  keyed,
  logRecords,
  seriesSums,
  totalOf,
  type CounterWorld,
  type Logged,
} from '../../support/counter-world.ts';
import { faultyPorts, ProcessDeath, type Fault } from '../../support/faulty-ports.ts';
import { Prng } from '../../support/prng.ts';
import {
  adId,
  expectedNumbers,
  numbersOf,
  tracked,
  type LoggedTracked,
} from '../../support/tracked-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const impressions = `\u0001i#${adId(1)}`;

/** As the record of a later goal will: from now on the counter has this generation. */
async function setGeneration(state: StateStore, generation: bigint): Promise<void> {
  await state.write({ type: 'update', key: counterKey(impressions), set: { generation } });
}

async function counted(...logged: readonly Logged[]): Promise<CounterWorld> {
  const world = createCounterWorld();
  await deliver(createAggregator(world.ports), logRecords(logged));
  return world;
}

describe('counting impressions and clicks', () => {
  it('has two counters for each ad', async () => {
    const { memoryState } = await counted(
      tracked(),
      tracked(),
      tracked({ kind: 'click' }),
      tracked({ ad: adId(2) }),
    );
    expect(await numbersOf(memoryState)).toStrictEqual({ total: 2n });
    expect(await numbersOf(memoryState, adId(1), 'click')).toStrictEqual({ total: 1n });
    expect(await numbersOf(memoryState, adId(2))).toStrictEqual({ total: 1n });
  });

  it('counts an event once, and each further record of it as a duplicate', async () => {
    const event = tracked();
    const { memoryState } = await counted(event, event, tracked(), event);
    expect(await numbersOf(memoryState)).toStrictEqual({ total: 2n, duplicate: 2n });
  });

  it('knows a duplicate in a later batch by its claim', async () => {
    const event = tracked();
    const world = await counted(event);
    await deliver(createAggregator(world.ports), logRecords([event, tracked(), event], 100n));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 2n, duplicate: 2n });
  });

  it('has a number for each reason, which claims nothing', async () => {
    const event = tracked({ invalid: 'prefetch' });
    const { memoryState } = await counted(
      event,
      event,
      tracked({ invalid: 'bot' }),
      tracked({ invalid: 'no-user-agent' }),
    );
    expect(await numbersOf(memoryState)).toStrictEqual({
      invalid_prefetch: 2n,
      invalid_bot: 1n,
      invalid_no_user_agent: 1n,
    });
    expect(await memoryState.get(incrementClaimKey(event.tracked.id))).toBeUndefined();
  });

  it('counts the reader who comes after a prefetch of the same decision', async () => {
    const { id } = tracked().tracked;
    const { memoryState } = await counted(tracked({ id, invalid: 'prefetch' }), tracked({ id }));
    expect(await numbersOf(memoryState)).toStrictEqual({ invalid_prefetch: 1n, total: 1n });
  });

  it('keeps series of what is counted, by the arrival', async () => {
    const dayMs = 86_400_000;
    const event = tracked({ at: virtualStartMs + dayMs });
    const { memoryState } = await counted(tracked(), event, event, tracked({ invalid: 'bot' }));
    expect(await seriesSums(memoryState, impressions)).toStrictEqual({ minute: 2n, hour: 2n, day: 2n });
  });

  it('settles more events of one ad than a transaction holds', async () => {
    const events = Array.from({ length: 250 }, () => tracked());
    const records = logRecords([...events, ...events.slice(100)]);
    const world = createCounterWorld();
    const aggregator = createAggregator(world.ports);
    for (const batch of [records, records.slice(90), records]) await deliver(aggregator, batch);
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 250n, duplicate: 150n });
  });

  it('keeps a claim for as long as a beacon may come again, the log delivers and the quarantine keeps', async () => {
    const event = tracked();
    const { memoryState } = await counted(event);
    const hours = 25 + (7 + 30) * 24;
    expect(await memoryState.get(incrementClaimKey(event.tracked.id))).toStrictEqual({
      expires_at: BigInt(virtualStartMs / 1000 + hours * 3600),
    });
  });

  it('moves the mark and says when, whatever number a record is in', async () => {
    const { memoryState } = await counted(tracked({ invalid: 'bot' }));
    expect(await counterItem(memoryState, impressions)).toStrictEqual({
      invalid_bot: 1n,
      updated_at: BigInt(virtualStartMs),
      'hw|1|shardId-000000000000|': `0017@${virtualStartMs / 1000}`,
    });
  });

  it('gives up what is no event under the key of its ad, and counts the others', async () => {
    const world = await counted(tracked(), garbage(impressions), tracked(), garbage(`\u0001c#${adId(1)}`));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 2n });
    const { records } = await world.quarantine.list({ limit: 10 });
    expect(records.map(({ partitionKey }) => partitionKey).sort()).toStrictEqual([
      `\u0001c#${adId(1)}`,
      impressions,
    ]);
    // Each key has its own mark: the garbage of one ad never hides the records of another.
    expect(await counterItem(world.memoryState, '')).toBeUndefined();
    expect(Object.keys((await counterItem(world.memoryState, `\u0001c#${adId(1)}`))!)).toStrictEqual([
      'hw|1|shardId-000000000000|',
    ]);
  });

  it('leaves increments and their claims alone', async () => {
    const event = keyed('a', 5);
    const { memoryState } = await counted(event, tracked(), increment('a', 2), event);
    expect(await totalOf(memoryState, 'a')).toBe(7n);
    expect(await numbersOf(memoryState)).toStrictEqual({ total: 1n });
  });
});

describe('the generation of a counter', () => {
  it('makes impressions of another one late: they claim nothing and are in no series', async () => {
    const world = createCounterWorld();
    await setGeneration(world.memoryState, 1n);
    const early = tracked();
    const logged = [early, tracked({ generation: 1 }), early, tracked({ generation: 2 })];
    await deliver(createAggregator(world.ports), logRecords(logged));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ late: 3n, total: 1n });
    expect(await world.memoryState.get(incrementClaimKey(early.tracked.id))).toBeUndefined();
  });

  it('is the first while the counter has none', async () => {
    const { memoryState } = await counted(tracked({ generation: 1 }), tracked(), tracked({ generation: 3 }));
    expect(await numbersOf(memoryState)).toStrictEqual({ late: 2n, total: 1n });
  });

  it('makes a second record of a counted impression late once it has moved', async () => {
    const event = tracked();
    const world = await counted(event);
    await setGeneration(world.memoryState, 1n);
    await deliver(createAggregator(world.ports), logRecords([event], 100n));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 1n, late: 1n });
  });

  it('means nothing to clicks and to invalid events', async () => {
    const world = createCounterWorld();
    await setGeneration(world.memoryState, 4n);
    const logged = [tracked({ kind: 'click', generation: 2 }), tracked({ invalid: 'bot' })];
    await deliver(createAggregator(world.ports), logRecords(logged));
    expect(await numbersOf(world.memoryState)).toStrictEqual({ invalid_bot: 1n });
    expect(await numbersOf(world.memoryState, adId(1), 'click')).toStrictEqual({ total: 1n });
  });

  it('may move while a batch is being settled', async () => {
    const world = createCounterWorld();
    const logged = Array.from({ length: 200 }, (_, i) => tracked({ generation: i < 150 ? 0 : 1 }));
    let calls = 0;
    const { state } = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, async () => {
      calls += 1;
      if (calls === 2) await setGeneration(world.memoryState, 1n);
      return undefined;
    });
    await deliver(createAggregator({ ...world.ports, state }), logRecords(logged));
    // The first chunk was counted before; 87 claims fit beside the items of three levels of series.
    expect(await numbersOf(world.memoryState)).toStrictEqual({ total: 137n, late: 63n });
  });
});

describe('the figures of a stage', () => {
  it('have impressions and clicks apart from what callers increment', async () => {
    const event = tracked();
    const { telemetry } = await counted(
      ...[event, event, tracked({ kind: 'click' }), tracked({ invalid: 'bot' })],
      ...[tracked({ invalid: 'prefetch' }), tracked({ generation: 9 })],
    );
    expect(telemetry.total(metrics.trackedCounted)).toBe(2);
    expect(telemetry.total(metrics.trackedDuplicate)).toBe(1);
    expect(telemetry.total(metrics.trackedInvalid)).toBe(2);
    expect(telemetry.total(metrics.trackedLate)).toBe(1);
    for (const name of [metrics.incrementsCounted, metrics.incrementsDuplicate, metrics.countersCreated])
      expect(telemetry.total(name)).toBe(0);
    expect(telemetry.observations(metrics.countFreshnessMs)).toStrictEqual([]);
  });

  it('count nothing again when a batch comes again', async () => {
    const world = createCounterWorld();
    const records = logRecords([tracked(), tracked({ invalid: 'bot' })]);
    for (let times = 0; times < 3; times += 1) await deliver(createAggregator(world.ports), records);
    expect(world.telemetry.total(metrics.trackedCounted)).toBe(1);
    expect(world.telemetry.total(metrics.trackedInvalid)).toBe(1);
  });

  it('have no ad among the hot keys', async () => {
    const world = createCounterWorld();
    const noted: string[] = [];
    const save = (): Promise<void> => Promise.resolve();
    const spied = { note: (key: string) => void noted.push(key), save, saveAll: save };
    await deliver(createAggregator(world.ports, spied), logRecords([tracked(), increment('a')]));
    expect(noted).toStrictEqual(['a']);
  });

  it('name neither an ad nor a decision', async () => {
    const world = await counted(tracked(), garbage(impressions, 'secret body'));
    const lines = JSON.stringify(world.telemetry.lines);
    expect(lines).not.toContain(adId(1));
    expect(lines).not.toContain('secret');
  });

  it('follow a request that is traced into its log', async () => {
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const { telemetry } = await counted(tracked({ traceparent }), tracked());
    const told = telemetry.lines.filter(({ message }) => message === 'settled a tracked event');
    expect(told).toHaveLength(1);
  });
});

const faults: readonly Fault[] = ['refuse', 'lose', 'delay', 'die-before', 'die-after'];

/** The numbers of every counter that the records name. */
async function allNumbers(
  state: StateStore,
  logged: readonly LoggedTracked[],
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const { partitionKey, tracked: event } of logged)
    found[partitionKey] ??= await numbersOf(state, event.ad, event.kind);
  return found;
}

/** Every kind of event of a few decisions, so that many are duplicates. */
function drawLog(prng: Prng, size: number): LoggedTracked[] {
  return Array.from({ length: size }, () => {
    const kind = prng.pick(['impression', 'impression', 'click'] as const);
    const ad = prng.int(1, 2);
    const generation = prng.chance(0.1) ? 1 : 0;
    const invalid = prng.chance(0.2) ? prng.pick(['bot', 'prefetch', 'no-user-agent'] as const) : undefined;
    const id = [ad, kind === 'click' ? 1 : 0, generation, prng.int(0, 20)]
      .map((part) => part.toString(16).padStart(8, '0'))
      .join('');
    return tracked({ id, ad: adId(ad), kind, generation, ...(invalid && { invalid }) });
  });
}

async function deliverThrough(world: CounterWorld, records: readonly LogRecord[]): Promise<void> {
  try {
    await deliver(createAggregator(world.ports), records);
  } catch (error) {
    if (!(error instanceof ProcessDeath)) throw error;
    await deliver(createAggregator(world.ports), records);
  }
}

describe('a fault', () => {
  test.each(faults)('at any call leaves each record in one number: %s', async (fault) => {
    const logged = drawLog(new Prng(5), 60);
    const records = logRecords(logged);
    let n = 0;
    for (let calls = 1; n < calls; n += 1) {
      const memory = createCounterWorld();
      const faulty = faultyPorts({ state: memory.memoryState, quarantine: memory.quarantine }, (call) =>
        call === n ? fault : undefined,
      );
      const world = { ...memory, ports: { ...memory.ports, state: faulty.state } };
      await deliverThrough(world, records);
      expect(await allNumbers(memory.memoryState, logged)).toStrictEqual(expectedNumbers(logged));
      await faulty.runDelayed();
      await deliver(createAggregator(memory.ports), records);
      expect(await allNumbers(memory.memoryState, logged)).toStrictEqual(expectedNumbers(logged));
      calls = faulty.calls;
    }
    expect(n).toBeGreaterThan(8);
  });

  it('and invocations that overlap and interleave leave each record in one number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 0.05, 0.2), async (seed, rate) => {
        const prng = new Prng(seed);
        const logged = drawLog(prng, 50);
        const records = logRecords(logged);
        const world = createCounterWorld();
        const faulty = faultyPorts({ state: world.memoryState, quarantine: world.quarantine }, async () => {
          for (let turns = prng.int(0, 6); turns > 0; turns -= 1) await Promise.resolve();
          return prng.chance(rate) ? prng.pick(['lose', 'delay', 'refuse'] as const) : undefined;
        });
        const ports = { ...world.ports, state: faulty.state, quarantine: faulty.quarantine };
        // Each begins with a record that is not settled, and ends anywhere.
        const ends = [prng.int(1, 50), prng.int(1, 50), 50];
        await Promise.all(
          ends.map((end) => createAggregator(ports).aggregate(batchOf(records.slice(0, end)))),
        );
        await faulty.runDelayed();
        await deliver(createAggregator(world.ports), records);
        expect(await allNumbers(world.memoryState, logged)).toStrictEqual(expectedNumbers(logged));
      }),
      { numRuns: 80 },
    );
  });
});
