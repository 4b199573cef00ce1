import { describe, expect, it } from '@jest/globals';
import { logRights } from '../../../lib/app/delivery/rights-writer.ts';
import { sweepRights, type SweptAd } from '../../../lib/app/delivery/sweep-rights.ts';
import { counterKey, ledgerKey } from '../../../lib/app/state-keys.ts';
import { deliveryKey } from '../../../lib/core/delivery/delivery-key.ts';
import { epochAt } from '../../../lib/core/delivery/epoch.ts';
import { StateStoreError, type StateStore } from '../../../lib/ports/state-store.ts';
import { adWithGoal, createGoalWorld, minuteMs, openedFor, takeOne } from '../../support/goal-world.ts';
import { adId } from '../../support/tracked-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const ad = adWithGoal({ total: 20, pacing: 'asap' });
const swept = { ...ad, isPaused: false };
const other = { ...swept, id: adId(2) };

async function withRightsOut() {
  const world = createGoalWorld();
  const rights = await openedFor(world, ad);
  for (let n = 0; n < 6; n += 1) {
    const right = await takeOne(rights, ad, world);
    if (n < 2 && right !== undefined) await world.report(right);
  }
  await world.settle();
  return world;
}

describe('the sweep of rights', () => {
  it('closes the epochs of an ad that nobody asks for, and takes back in the run after it', async () => {
    const world = await withRightsOut();
    const { used } = (await world.ledger())!;
    expect(used).toBeGreaterThanOrEqual(6n);
    // An epoch of a minute, 13 until it may be closed, and 20 more.
    await world.clock.advance(33 * minuteMs);
    expect(await sweepRights(world.ports, [swept, other])).toBe(0);
    await world.clock.advance(minuteMs);
    expect(await sweepRights(world.ports, [swept, other])).toBe(1);
    expect(await world.ledger()).toMatchObject({ used });
    await world.settle();
    // At 34 minutes past, those that ended at 21 minutes past or before.
    const through = 4 * (virtualStartMs / minuteMs + 21) - 1;
    expect(world.orders.slice(1)).toEqual([
      expect.objectContaining({ type: 'RightsClosed', generation: 1, through }) as unknown,
    ]);
    await sweepRights(world.ports, [swept]);
    const ledger = await world.ledger();
    expect(ledger).toMatchObject({ used: 2n });
    expect(Object.keys(ledger!).filter((name) => /^l\d/.test(name))).toEqual([]);
    await world.clock.advance(60 * minuteMs);
    expect(await sweepRights(world.ports, [swept])).toBe(0);
    await world.settle();
    expect(world.orders).toHaveLength(2);
  });

  describe('of more ads than a run looks after', () => {
    const many = Array.from({ length: 1100 }, (_, n) => ({ ...swept, id: adId(n + 1) }));

    /** Ledgers that all have rights out of long ago, and the ads whose orders the log takes, run by run. */
    async function sweptRuns(runs: number, fails: (ad: string) => boolean): Promise<Set<string>[]> {
      const world = createGoalWorld();
      const numbers = { generation: 1n, plan: 5n, used: 1n, closed: 0n, t0: 0n, u0: 0n, l400: 1n };
      const counter = { generation: 1n };
      for (const { id } of many)
        await world.ports.state.transact([
          { type: 'put', key: ledgerKey(id), attributes: numbers },
          { type: 'put', key: counterKey(deliveryKey(id, 'impression')), attributes: counter },
        ]);
      const looked = new Set<string>();
      const get: StateStore['get'] = (key, ...rest) => {
        const ad = key.pk.slice(-36);
        looked.add(ad);
        if (fails(ad)) return Promise.reject(new StateStoreError('state-unavailable', 'out'));
        return world.ports.state.get(key, ...rest);
      };
      const state = new Proxy(world.ports.state, {
        get: (target, name: keyof StateStore) => (name === 'get' ? get : target[name].bind(target)),
      });
      const turn = { after: '' };
      const found: Set<string>[] = [];
      for (let run = 0; run < runs; run += 1) {
        looked.clear();
        expect(await sweepRights({ ...world.ports, state }, many, turn)).toBe(1100);
        found.push(new Set(looked));
      }
      return found;
    }

    it('begins where the last run ended, though nothing of it was closed', async () => {
      // Nobody settles the log.
      const [first, second] = await sweptRuns(2, () => false);
      expect([first!.size, second!.size]).toEqual([1000, 1000]);
      expect(first!.union(second!).size).toBe(1100);
    });

    it('goes on after an ad whose items do not answer, and gives up after fifty', async () => {
      expect((await sweptRuns(1, (ad) => ad < adId(50)))[0]!.size).toBe(1000);
      const [first, second] = await sweptRuns(2, () => true);
      // Those that are under way end.
      expect(first!.size).toBeLessThan(50 + 16);
      expect(first!.intersection(second!).size).toBe(0);
    });
  });

  it('leaves to the next run what the store does not answer', async () => {
    const world = await withRightsOut();
    await world.clock.advance(34 * minuteMs);
    const { state } = world.ports;
    const out = () => Promise.reject(new StateStoreError('state-unavailable', 'out'));
    const getMany: typeof state.getMany = (...args) => state.getMany(...args);
    const failing = { ...world.ports, state: { ...state, get: out, getMany } as typeof state };
    expect(await sweepRights(failing, [swept])).toBe(1);
    expect(world.telemetry.lines.map(({ message }) => message)).toContain(
      'the rights of an ad cannot be swept',
    );
  });

  it('counts ads with impressions that no right was leased for, until a new generation begins', async () => {
    const world = await withRightsOut();
    const { used } = (await world.ledger())!;
    // Somebody with the key has signed them, for an epoch with rights and for one without.
    const epoch = epochAt(world.clock.nowMs(), 10);
    for (let n = 0; n < 25; n += 1)
      await world.report(
        { generation: 1, epoch: n < 20 ? epoch : epoch + 4 },
        n.toString(16).padStart(32, '0'),
      );
    await world.settle();
    const sweeps = async (count: number): Promise<number> => {
      const before = world.telemetry.total('goals_over');
      for (let n = 0; n < count; n += 1) await sweepRights(world.ports, [swept, other]);
      await world.settle();
      return world.telemetry.total('goals_over') - before;
    };
    // More is counted than was leased, which needs no close to be seen.
    expect(await sweeps(2)).toBe(2);
    await world.clock.advance(36 * minuteMs);
    // It orders the close, and then takes back what is left: nothing.
    expect([await sweeps(1), await sweeps(1), await sweeps(3)]).toEqual([1, 1, 3]);
    const over = 27 - Number(used);
    expect(await world.ledger()).toMatchObject({ used: 27n, over: BigInt(over) });
    const lines = world.telemetry.lines.filter(({ message }) => message.endsWith('without a right'));
    expect(lines).toEqual([
      expect.objectContaining({ level: 'error', fields: { ad: ad.id, impressions: over } }),
    ]);
    await logRights(world.ports, [{ v: 1, type: 'RightsOpened', ad: ad.id, generation: 3, plan: 5 }]);
    await world.settle();
    expect(await sweeps(2)).toBe(0);
  });

  describe('counts goals that are far behind their plans', () => {
    const goal = { total: 1000, pacing: 'even' } as const;
    const span = { startAt: virtualStartMs, endAt: virtualStartMs + 1000 * minuteMs };
    const even = { ...adWithGoal(goal, span), isPaused: false };
    /** How many a sweep counts, after so many minutes and with so many rights used. */
    async function behindAfter(minutes: number, used: number, swept: SweptAd = even): Promise<number> {
      const world = createGoalWorld();
      await world.clock.advance(minutes * minuteMs);
      const key = ledgerKey(swept.id);
      const day = `d${Math.floor((virtualStartMs + minutes * minuteMs) / (24 * 60 * minuteMs))}`;
      const numbers = { generation: 1n, plan: 5n, used: BigInt(used), closed: 0n, t0: 0n, u0: 0n };
      const attributes = { ...numbers, [day]: BigInt(used) };
      await world.ports.state.transact([{ type: 'put', key, attributes }]);
      await sweepRights(world.ports, [swept]);
      return world.telemetry.total('goals_behind');
    }

    // The plan ends 20 minutes before the ad, so half of it is at minute 490.
    it.each([
      [490, 399, 1],
      [490, 400, 0],
      [999, 783, 1],
      [1001, 0, 0],
      [10, 0, 0],
      [11, 0, 1],
    ])('after %i minutes with %i used: %i', async (minutes, used, expected) => {
      expect(await behindAfter(minutes, used)).toBe(expected);
    });

    it('but none that is paused, has no goal any more, or may go out at once', async () => {
      expect(await behindAfter(490, 0, { ...even, isPaused: true })).toBe(0);
      expect(await behindAfter(490, 0, { ...even, goal: undefined })).toBe(0);
      const asap = { ...even, ...adWithGoal({ ...goal, pacing: 'asap' }, span) };
      expect(await behindAfter(490, 0, asap)).toBe(0);
    });

    it('each, also one that nobody has asked for', async () => {
      const world = createGoalWorld();
      await world.clock.advance(490 * minuteMs);
      await sweepRights(world.ports, [even, { ...even, id: adId(2) }]);
      expect(world.telemetry.total('goals_behind')).toBe(2);
    });
  });
});
