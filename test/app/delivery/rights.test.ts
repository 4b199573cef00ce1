import { describe, expect, it } from '@jest/globals';
import type { Right, RightsAd } from '../../../lib/app/delivery/ad-rights.ts';
import type { EventLog } from '../../../lib/ports/event-log.ts';
import { StateStoreError, type StateStore } from '../../../lib/ports/state-store.ts';
import {
  adWithGoal,
  createGoalWorld,
  dayMs,
  goalAd,
  minuteMs,
  openedFor,
  pausedMs,
  takeOne,
} from '../../support/goal-world.ts';
import { adId } from '../../support/tracked-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

/** The first epoch of the virtual clock: four times its minute, and its day modulo 4. */
const firstEpoch = 4 * (virtualStartMs / minuteMs) + ((virtualStartMs / dayMs) % 4);
const asap = adWithGoal({ total: 100, pacing: 'asap' });
const ledgerKey = { table: 'delivery', pk: `ledger#${goalAd}`, sk: '' } as const;

/** A store whose writes of ledgers wait, or fail, while the test wants it. */
function gated() {
  let open = Promise.resolve();
  let release = (): void => undefined;
  const gate = {
    writes: 0,
    failing: false,
    close(): void {
      open = new Promise((resolve) => (release = resolve));
    },
    open: (): void => {
      release();
    },
    wrap: (inner: StateStore): StateStore => ({
      ...bound(inner),
      get: (key) => (gate.failing ? Promise.reject(unavailable()) : inner.get(key)),
      write: async (action) => {
        gate.writes += 1;
        if (gate.failing) throw unavailable();
        const result = await inner.write(action);
        await open;
        return result;
      },
    }),
  };
  return gate;
}

const unavailable = () => new StateStoreError('state-unavailable', 'out');

function bound(store: StateStore): StateStore {
  return {
    get: store.get.bind(store),
    getMany: store.getMany.bind(store),
    query: store.query.bind(store),
    write: store.write.bind(store),
    writeEach: store.writeEach.bind(store),
    transact: store.transact.bind(store),
    transactEach: store.transactEach.bind(store),
  };
}

describe('a container that meets an ad with a goal', () => {
  it('leases nothing from the ledger of a goal that was removed and set again', async () => {
    const world = createGoalWorld();
    const rights = await openedFor(world, asap);
    expect(await takeOne(rights, asap, world)).toMatchObject({ generation: 1 });
    const again = { ...asap, version: asap.version + 2, generation: 3 };
    expect(await takeOne(rights, again, world)).toBeUndefined();
    expect((await world.ledger())?.['plan']).toBe(BigInt(asap.version));
    await world.settle();
    await world.clock.advance(pausedMs);
    expect(await takeOne(rights, again, world)).toMatchObject({ generation: 3 });
  });

  it('leases nothing from a ledger of the time without a goal, whose generation a lost one has raised', async () => {
    const world = createGoalWorld();
    await openedFor(world, asap);
    await world.memoryState.write({ type: 'delete', key: ledgerKey });
    const rights = await openedFor(world, asap);
    expect(await takeOne(rights, asap, world)).toMatchObject({ generation: 3 });
    const without = { ...asap, version: asap.version + 1, generation: 2, goal: undefined };
    expect(await takeOne(world.container(), without, world)).toMatchObject({ generation: 4 });
    await world.settle();
    const again = { ...asap, version: asap.version + 2, generation: 3 };
    expect(await takeOne(rights, again, world)).toBeUndefined();
    await world.settle();
    await world.clock.advance(pausedMs);
    expect(await takeOne(rights, again, world)).toMatchObject({ generation: 5 });
  });

  it('logs once that its generation opens, and grants nothing until that is obeyed', async () => {
    const world = createGoalWorld();
    const rights = world.container();
    expect(await Promise.all([takeOne(rights, asap, world), takeOne(rights, asap, world)])).toStrictEqual([
      undefined,
      undefined,
    ]);
    await world.clock.advance(pausedMs);
    expect(await takeOne(rights, asap, world)).toBeUndefined();
    await world.settle();
    await world.clock.advance(pausedMs);
    expect(await takeOne(rights, asap, world)).toStrictEqual({ generation: 1, epoch: firstEpoch });
    await world.settle();
    expect(world.orders).toStrictEqual([{ v: 1, type: 'RightsOpened', ad: goalAd, generation: 1, plan: 5 }]);
    expect(await world.ledger()).toMatchObject({ used: 1n, [`l${firstEpoch}`]: 1n });
  });

  it('begins with what was counted before', async () => {
    const world = createGoalWorld();
    for (let n = 0; n < 3; n += 1) await world.report({ generation: 0, epoch: 7 });
    await world.settle();
    const ad = adWithGoal({ total: 4, pacing: 'asap' });
    const rights = await openedFor(world, ad);
    expect(await takeOne(rights, ad, world)).toBeDefined();
    expect(await takeOne(rights, ad, world)).toBeUndefined();
  });

  it('begins a generation after the one of a ledger that is gone', async () => {
    const world = createGoalWorld();
    await openedFor(world, asap);
    await world.memoryState.write({ type: 'delete', key: ledgerKey });
    const rights = await openedFor(world, asap);
    expect(await takeOne(rights, asap, world)).toMatchObject({ generation: 3 });
  });

  it('does not ask with a catalog that is too old, and spends what it has', async () => {
    const world = createGoalWorld();
    const rights = await openedFor(world, asap);
    const old = rights.forRequest(world.clock.nowMs(), false);
    expect([old.isWaiting(goalAd, asap), await old.take(asap, asap)]).toStrictEqual([true, undefined]);
  });
});

/** The rights that so many requests get that come at once. */
async function atOnce(count: number, take: () => Promise<Right | undefined>): Promise<readonly Right[]> {
  const rights = await Promise.all(Array.from({ length: count }, take));
  return rights.filter((right) => right !== undefined);
}

describe('the rights of a container', () => {
  it('are spent once, however many requests come at once', async () => {
    const world = createGoalWorld();
    const rights = await openedFor(world, asap);
    let spent = 0;
    for (let round = 0; round < 40; round += 1) {
      spent += (await atOnce(9, () => takeOne(rights, asap, world))).length;
      const used = Number((await world.ledger())?.['used']);
      expect(spent).toBeLessThanOrEqual(used);
      expect(used).toBeLessThanOrEqual(100);
    }
    expect(spent).toBe(100);
  });

  it('grow where they are used up fast: few writes for many decisions', async () => {
    const gate = gated();
    const world = createGoalWorld(gate.wrap);
    const ad = adWithGoal({ total: 100_000, pacing: 'asap' });
    const rights = await openedFor(world, ad);
    gate.writes = 0;
    let spent = 0;
    for (let n = 0; n < 2000; n += 1) if ((await takeOne(rights, ad, world)) !== undefined) spent += 1;
    expect(spent).toBe(2000);
    expect(gate.writes).toBeLessThan(20);
  });

  it('are of an epoch: the next one begins without them', async () => {
    const world = createGoalWorld();
    const ad = adWithGoal({ total: 100_000, pacing: 'asap' });
    const rights = await openedFor(world, ad);
    for (let n = 0; n < 10; n += 1) await takeOne(rights, ad, world);
    const before = await world.ledger();
    await world.clock.advance(minuteMs);
    expect(await takeOne(rights, ad, world)).toMatchObject({ epoch: firstEpoch + 4 });
    const after = await world.ledger();
    expect(Number(after?.['used'])).toBeGreaterThan(Number(before?.['used']));
  });

  it('are charged to the local day of the goal', async () => {
    const world = createGoalWorld();
    // Noon in Auckland, half a day ahead: its day begins at 11:00 UTC of the day before.
    const ad = adWithGoal({ daily: 100, pacing: 'asap' }, { timeZone: 'Pacific/Auckland' });
    await world.clock.advance(12 * 60 * minuteMs);
    const rights = await openedFor(world, ad);
    const right = await takeOne(rights, ad, world);
    const day = virtualStartMs / dayMs + 1;
    expect(right?.epoch).toBe(4 * (virtualStartMs / minuteMs + 12 * 60) + (day % 4));
    expect(await world.ledger()).toMatchObject({ [`d${day}`]: 1n });
  });

  it('are dropped with a newer version of the ad, and not spent by a request with the older one', async () => {
    const world = createGoalWorld();
    const rights = await openedFor(world, asap);
    // Each lease is used up at once, so the third one has more than a right.
    for (let n = 0; n < 4; n += 1) await takeOne(rights, asap, world);
    const used = (await world.ledger())?.['used'] as bigint;
    expect(used).toBeGreaterThan(4n);
    const lower = adWithGoal({ total: Number(used), pacing: 'asap' }, { version: 6 });
    expect(await takeOne(rights, lower, world)).toBeUndefined();
    expect(await takeOne(rights, asap, world)).toBeUndefined();
    expect(await world.ledger()).toMatchObject({ plan: 6n, used });
  });

  it('wait for a newer catalog once the ledger has a newer plan', async () => {
    const world = createGoalWorld();
    const rights = await openedFor(world, asap);
    const newer = { ...asap, version: 6 };
    await takeOne(await openedFor(world, newer), newer, world);
    expect(await takeOne(rights, asap, world)).toBeUndefined();
    expect(await takeOne(rights, newer, world)).toBeDefined();
  });
});

describe('an answer that comes late', () => {
  async function withLateAnswer(ad: RightsAd = asap) {
    const gate = gated();
    const world = createGoalWorld(gate.wrap);
    const rights = await openedFor(world, ad);
    // The first lease after a long time brings the ledger near first.
    await takeOne(world.container(), ad, world);
    gate.close();
    const request = rights.forRequest(world.clock.nowMs(), true);
    const asked = request.take(ad, ad);
    await world.clock.advance(60);
    expect([await asked, request.isDegraded]).toStrictEqual([undefined, true]);
    return { world, rights, gate };
  }

  it('is waited for 50 ms, and then by nobody', async () => {
    const { world, rights } = await withLateAnswer();
    const next = rights.forRequest(world.clock.nowMs(), true);
    expect(next.isWaiting(goalAd, asap)).toBe(true);
    expect(await next.take(asap, asap)).toBeUndefined();
  });

  it('serves the next request of its epoch, once', async () => {
    const { world, rights, gate } = await withLateAnswer();
    gate.open();
    await world.clock.advance(1);
    const writes = gate.writes;
    expect(await takeOne(rights, asap, world)).toStrictEqual({ generation: 1, epoch: firstEpoch });
    expect(gate.writes).toBe(writes);
    expect(await world.ledger()).toMatchObject({ used: 2n });
  });

  it('serves nobody in the next epoch', async () => {
    const { world, rights, gate } = await withLateAnswer();
    await world.clock.advance(minuteMs);
    gate.open();
    await world.clock.advance(1);
    expect(await takeOne(rights, asap, world)).toMatchObject({ epoch: firstEpoch + 4 });
    expect(await world.ledger()).toMatchObject({ used: 4n });
  });

  it('serves nobody once the container knows a newer version of the ad', async () => {
    const { world, rights, gate } = await withLateAnswer();
    const lower = adWithGoal({ total: 2, pacing: 'asap' }, { version: 6 });
    expect(await takeOne(rights, lower, world)).toBeUndefined();
    gate.open();
    await world.clock.advance(pausedMs);
    expect(await takeOne(rights, lower, world)).toBeUndefined();
  });
});

describe('a request', () => {
  it('waits for two ads at most, and 100 ms in all', async () => {
    const gate = gated();
    const world = createGoalWorld(gate.wrap);
    const ads = [1, 2, 3, 4].map((n) => ({ ...asap, id: adId(n) }));
    const rights = world.container();
    for (const ad of ads) await takeOne(rights, ad, world);
    await world.settle();
    await world.clock.advance(pausedMs);
    gate.close();
    const request = rights.forRequest(world.clock.nowMs(), true);
    const startedMs = world.clock.monotonicMs();
    const given = (async () => {
      for (const ad of ads) await request.take(ad, ad);
      return world.clock.monotonicMs() - startedMs;
    })();
    for (let ms = 0; ms < 300; ms += 10) await world.clock.advance(10);
    expect(await given).toBe(100);
    gate.open();
    await world.clock.advance(pausedMs);
    const quick = rights.forRequest(world.clock.nowMs(), true);
    await world.clock.advance(minuteMs);
    const got: boolean[] = [];
    for (const ad of ads) got.push((await quick.take(ad, ad)) !== undefined);
    expect(got).toStrictEqual([true, true, false, false]);
  });

  it('is told that the store fails; rights in hand are spent, and the next try comes soon', async () => {
    const gate = gated();
    const world = createGoalWorld(gate.wrap);
    const ad = adWithGoal({ total: 100_000, pacing: 'asap' });
    const rights = await openedFor(world, ad);
    for (let n = 0; n < 4; n += 1) await takeOne(rights, ad, world);
    gate.failing = true;
    let spent = 0;
    for (let n = 0; n < 100; n += 1) if ((await takeOne(rights, ad, world)) !== undefined) spent += 1;
    expect(spent).toBeGreaterThan(0);
    expect(spent).toBeLessThan(20);
    const request = rights.forRequest(world.clock.nowMs(), true);
    expect([request.isWaiting(goalAd, ad), request.isDegraded]).toStrictEqual([true, true]);
    gate.failing = false;
    await world.clock.advance(pausedMs);
    expect(await takeOne(rights, ad, world)).toBeDefined();
  });
});

describe('a container that was refused', () => {
  it('does not ask again before the plan has a right', async () => {
    const gate = gated();
    const world = createGoalWorld(gate.wrap);
    // One right in 14 minutes.
    const ad = adWithGoal({ daily: 100, pacing: 'even' });
    const rights = await openedFor(world, ad);
    gate.writes = 0;
    let spent = 0;
    for (let second = 0; second < 7200; second += 5) {
      await world.clock.advance(5000);
      const right = await takeOne(rights, ad, world);
      if (right !== undefined) await world.report(right);
      await world.settle();
      if (right !== undefined) spent += 1;
    }
    expect(spent).toBeGreaterThanOrEqual(7);
    expect(spent).toBeLessThanOrEqual(10);
    expect(gate.writes).toBeLessThan(60);
  });
});

describe('rights that were not seen', () => {
  it('come back once their epochs are closed, and go out again', async () => {
    const world = createGoalWorld();
    const ad = adWithGoal({ total: 20, pacing: 'asap' });
    const rights = await openedFor(world, ad);
    let spent = 0;
    for (let n = 0; n < 60; n += 1) {
      const right = await takeOne(rights, ad, world);
      if (right === undefined) continue;
      spent += 1;
      if (spent % 4 === 0) await world.report(right);
    }
    await world.settle();
    expect([spent, await world.counter()]).toMatchObject([20, { total: 5n }]);
    let again = 0;
    for (let second = 0; second < 1500; second += 5) {
      await world.clock.advance(5000);
      if ((await takeOne(rights, ad, world)) !== undefined) again += 1;
      await world.settle();
    }
    expect(again).toBe(15);
    expect(world.orders.map(({ type }) => type)).toStrictEqual(['RightsOpened', 'RightsClosed']);
  });

  it('are looked for once in a quarter of an hour, not with each lease', async () => {
    let reads = 0;
    const world = createGoalWorld((inner) => ({
      ...bound(inner),
      get: (key) => {
        if (key.table === 'counters') reads += 1;
        return inner.get(key);
      },
    }));
    const ad = adWithGoal({ total: 2000, pacing: 'even' }, { endAt: virtualStartMs + dayMs });
    const rights = await openedFor(world, ad);
    let leased = 0;
    for (let second = 0; second < 4 * 3600; second += 20) {
      await world.clock.advance(20_000);
      if ((await takeOne(rights, ad, world)) !== undefined) leased += 1;
      await world.settle();
    }
    expect(leased).toBeGreaterThan(250);
    // Twice for each close: one orders it, and one takes the rights back.
    expect(reads).toBeLessThanOrEqual((2 * (4 * 60)) / 15 + 4);
    expect(world.orders.filter(({ type }) => type === 'RightsClosed').length).toBeGreaterThanOrEqual(10);
  });

  it('are ordered back more and more seldom while nobody obeys', async () => {
    const world = createGoalWorld();
    const ad = adWithGoal({ total: 5, pacing: 'asap' });
    const rights = await openedFor(world, ad);
    for (let n = 0; n < 30; n += 1) await takeOne(rights, ad, world);
    for (let second = 0; second < 2 * 3600; second += 5) {
      await world.clock.advance(5000);
      await takeOne(rights, ad, world);
    }
    await world.settle();
    const closes = world.orders.filter(({ type }) => type === 'RightsClosed').length;
    expect(closes).toBeGreaterThan(60);
    // An hour and three quarters: a minute on average, half a minute at least, and a few until it is one.
    expect(closes).toBeLessThan(2 * 106 + 6);
  });
});

describe('an ad without a goal that had one', () => {
  const without: RightsAd = { ...asap, generation: 2, version: 6, goal: undefined };

  it('is decided for after its generation has been logged', async () => {
    const world = createGoalWorld();
    await openedFor(world, asap);
    const rights = world.container();
    const right = await takeOne(rights, without, world);
    expect(right).toStrictEqual({ generation: 2, epoch: firstEpoch });
    await world.report(right!);
    await world.settle();
    expect(world.orders.at(-1)).toStrictEqual({
      ...{ v: 1, type: 'RightsOpened', ad: goalAd, generation: 2, plan: 6 },
    });
    expect(await world.counter()).toMatchObject({ generation: 2n, total: 1n });
  });

  it('waits while the log does not take that record', async () => {
    const world = createGoalWorld();
    const increments: EventLog = {
      ...{ stream: 'increments', epoch: '1', hashPosition: () => 0 },
      append: (entries) => Promise.resolve(entries.map(() => ({ status: 'refused', reason: 'throttled' }))),
    };
    const rights = world.container({ increments });
    for (let times = 0; times < 3; times += 1) {
      const asked = takeOne(rights, without, world);
      for (let tries = 0; tries < 10; tries += 1) await world.clock.advance(100);
      expect(await asked).toBeUndefined();
    }
    expect(await world.counter()).toBeUndefined();
  });

  it('is read once a minute, and goes on while the store fails', async () => {
    const gate = gated();
    const world = createGoalWorld(gate.wrap);
    const rights = world.container();
    await takeOne(rights, without, world);
    await world.settle();
    gate.failing = true;
    for (let minute = 0; minute < 5; minute += 1) {
      await world.clock.advance(minuteMs);
      expect(await takeOne(rights, without, world)).toMatchObject({ generation: 2 });
    }
    const fresh = world.container();
    expect(await takeOne(fresh, without, world)).toBeUndefined();
    expect(world.orders).toHaveLength(1);
  });

  it('is left to a container that knows of its new goal', async () => {
    const world = createGoalWorld();
    await openedFor(world, { ...asap, generation: 3, version: 7 });
    expect(await takeOne(world.container(), without, world)).toBeUndefined();
    await world.settle();
    expect(world.orders).toHaveLength(1);
  });
});
