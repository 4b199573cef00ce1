import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createAdProjector } from '../../../lib/app/ads/ad-projector.ts';
import { parseHead } from '../../../lib/app/ads/ad-head.ts';
import { writeSnapshot } from '../../../lib/app/ads/snapshot-writer.ts';
import { headKey, manifestKey } from '../../../lib/app/state-keys.ts';
import type { LogRecord } from '../../../lib/ports/log-reader.ts';
import type { StateStore } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { adEventLogs } from '../../support/ad-event-arbitraries.ts';
import { adCreated, adDeleted, adUpdated } from '../../support/ad-event-builder.ts';
import {
  batchOf,
  createAdWorld,
  projectAll,
  projectEvents,
  projection,
  recordsOf,
  recoverState,
  type AdWorld,
} from '../../support/ad-world.ts';
import { createFaultyPorts, KilledError, overrideState, type Fault } from '../../support/faulty-ad-ports.ts';

/** Creations, edits, a deletion and a refusal: more than one transaction, and a snapshot after each batch. */
const events = [
  ...Array.from({ length: 36 }, (_, n) => adCreated(n)),
  adUpdated(3, { title: 'other', endAt: adCreated(3).ad.endAt + 5 }),
  adDeleted(5),
  adDeleted(99),
];
const options = { snapshotChangesBytesMin: 0 };
const records = recordsOf(events);
const garbage = { ...records[0]!, sequenceNumber: '1000', data: new Uint8Array() };
const batches = [records.slice(0, 37), [...records.slice(37), garbage]];

/** Delivers as often as it takes, to a new container after each end of one. */
async function projectUnderFault(world: AdWorld, fault: Fault): Promise<number> {
  const faulty = createFaultyPorts(world.ports, fault);
  const ports = { ...world.ports, ...faulty.ports };
  let projector = createAdProjector(ports, options);
  for (const batch of batches) {
    try {
      await projectAll(projector, batch);
    } catch (error) {
      if (!(error instanceof KilledError)) throw error;
      // A new container; the faulty ports belong to the one that is gone.
      projector = createAdProjector(world.ports, options);
      await projectAll(projector, batch);
    }
  }
  return faulty.calls();
}

describe('a fault in any one call', () => {
  const hows = ['unavailable', 'killed'] as const;
  const whens = ['before', 'after'] as const;
  const cases = hows.flatMap((how) => whens.map((when) => [how, when] as const));

  it.each(cases)('%s %s it took effect changes nothing in the end', async (how, when) => {
    const calm = createAdWorld();
    const calls = await projectUnderFault(calm, { at: Infinity, when, how });
    const expected = await projection(calm.memoryState, events);
    expect(calls).toBeGreaterThan(40);
    for (let at = 0; at < calls; at += 1) {
      const world = createAdWorld();
      await projectUnderFault(world, { at, when, how });
      expect((await world.quarantine.list({ limit: 10 })).records).toHaveLength(1);
      expect(await projection(world.memoryState, events)).toStrictEqual(expected);
    }
  });
});

describe('two projectors on one log', () => {
  it('let only one of them commit from one head', async () => {
    const world = createAdWorld();
    // Both decide before either commits; the slower one then finds the head moved.
    const gate = createGate(2);
    const behindGate = { ...world.ports, state: gate.guard(world.memoryState) };
    const records = recordsOf([adCreated(1), adCreated(2)]);
    const outcomes = await Promise.all([
      createAdProjector(behindGate).project(batchOf(records)),
      createAdProjector(behindGate).project(batchOf(records)),
    ]);
    expect(outcomes).toStrictEqual([{ lowestUnsettled: undefined }, { lowestUnsettled: undefined }]);
    expect(world.telemetry.total(metrics.fenceLost)).toBe(1);
    const { memoryState } = await projectEvents([adCreated(1), adCreated(2)]);
    const all = [adCreated(1), adCreated(2)];
    expect(await projection(world.memoryState, all)).toStrictEqual(await projection(memoryState, all));
  });

  it('come to the same whatever they overlap', async () => {
    await fc.assert(
      fc.asyncProperty(adEventLogs, fc.scheduler(), async (log, scheduler) => {
        const world = createAdWorld();
        const state = scheduled(world.memoryState, scheduler);
        const projectors = [0, 1].map(() => createAdProjector({ ...world.ports, state }, options));
        const records = recordsOf(log);
        const halves = [records.slice(0, records.length >> 1), records];
        const running = projectors.flatMap((projector) =>
          halves.map(async (half) => (half.length === 0 ? undefined : projector.project(batchOf(half)))),
        );
        await scheduler.waitFor(Promise.all(running));
        await projectAll(createAdProjector(world.ports), records);
        const calm = await projectEvents(log);
        expect(await projection(world.memoryState, log)).toStrictEqual(
          await projection(calm.memoryState, log),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('on two shards, as around a reshard, make one row of versions', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), recordsOf([adCreated(1)]));
    const gate = createGate(2);
    const behindGate = { ...world.ports, state: gate.guard(world.memoryState) };
    const [, two, three] = recordsOf([adCreated(1), adCreated(2), adCreated(3)]);
    const outcomes = await Promise.all([
      createAdProjector(behindGate).project(batchOf([two!], 'parent')),
      createAdProjector(behindGate).project(batchOf([three!], 'child')),
    ]);
    expect(outcomes).toStrictEqual([{ lowestUnsettled: undefined }, { lowestUnsettled: undefined }]);
    expect(world.telemetry.total(metrics.fenceLost)).toBe(1);
    expect((await recoverState(world.ports)).version).toBe(3);
  });

  it('decide an event once that each finds under a number of its own', async () => {
    const world = createAdWorld();
    const gate = createGate(2);
    const behindGate = { ...world.ports, state: gate.guard(world.memoryState) };
    const [one, two] = recordsOf([adCreated(1), adCreated(1)]);
    const outcomes = await Promise.all([
      createAdProjector(behindGate).project(batchOf([one!])),
      createAdProjector(behindGate).project(batchOf([two!])),
    ]);
    expect(outcomes).toStrictEqual([{ lowestUnsettled: undefined }, { lowestUnsettled: undefined }]);
    expect((await recoverState(world.ports)).version).toBe(1);
  });

  it('stop the late twin: a write that arrives after its retry is refused', async () => {
    const world = createAdWorld();
    const twoRecords = recordsOf([adCreated(1), adUpdated(1, { title: 'other' })]);
    const late = await holdCommit(world, twoRecords);
    await projectAll(createAdProjector(world.ports), twoRecords.slice(0, 1));
    expect(await late()).toMatchObject({ status: 'condition-failed' });
  });

  it('stop the late twin also when it would only take the mark back', async () => {
    const world = createAdWorld();
    await projectAll(createAdProjector(world.ports), records.slice(0, 1));
    const garbageAt = (sequenceNumber: string) => ({ ...garbage, sequenceNumber });
    const late = await holdCommit(world, [garbageAt('2')]);
    await projectAll(createAdProjector(world.ports), [garbageAt('2'), garbageAt('3')]);
    expect(await late()).toMatchObject({ status: 'condition-failed' });
  });

  it('stop the late twin that would publish a snapshot of a version that is past', async () => {
    const world = createAdWorld();
    const held: (() => Promise<unknown>)[] = [];
    const state = overrideState(world.memoryState, {
      transact: async (actions) => {
        if (actions.length !== 2) return world.memoryState.transact(actions);
        held.push(async () => world.memoryState.transact(actions));
        return new Promise(() => undefined);
      },
    });
    void createAdProjector({ ...world.ports, state }, options).project(batchOf(records.slice(0, 3)));
    await world.clock.advance(1000);
    await projectAll(createAdProjector(world.ports), records.slice(0, 5));
    expect(await held[0]!()).toMatchObject({ status: 'condition-failed' });
  });

  it('leave a finished snapshot alone', async () => {
    const world = await projectEvents(events.slice(0, 3), options);
    const item = await world.memoryState.get(manifestKey(3));
    const stale = { ...parseHead(await world.memoryState.get(headKey)), snapshotVersion: 0 };
    expect(await writeSnapshot(world.ports, await recoverState(world.ports), stale)).toBeUndefined();
    expect(await world.memoryState.get(manifestKey(3))).toStrictEqual(item);
  });
});

/** Projects the records with a commit that never answers, and returns what carries it out. */
async function holdCommit(world: AdWorld, batch: readonly LogRecord[]): Promise<() => Promise<unknown>> {
  const held: (() => Promise<unknown>)[] = [];
  const state = overrideState(world.memoryState, {
    transact: async (actions) => {
      held.push(async () => world.memoryState.transact(actions));
      return new Promise(() => undefined);
    },
  });
  void createAdProjector({ ...world.ports, state }).project(batchOf(batch));
  await world.clock.advance(1000);
  const [carryOut] = held;
  if (carryOut === undefined) throw new Error('nothing was committed');
  return carryOut;
}

/** Lets the first `count` transactions through only once all of them have come. */
function createGate(count: number): { guard: (state: StateStore) => StateStore } {
  let waiting = 0;
  let open: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    guard: (state) =>
      overrideState(state, {
        transact: async (actions) => {
          waiting += 1;
          if (waiting === count) open();
          await opened;
          return state.transact(actions);
        },
      }),
  };
}

/** Each call takes its turn when the scheduler says so. */
function scheduled(state: StateStore, scheduler: fc.Scheduler): StateStore {
  return new Proxy(state, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        await scheduler.schedule(Promise.resolve(), String(name));
        return Reflect.apply(method, target, args) as Promise<unknown>;
      };
    },
  });
}
