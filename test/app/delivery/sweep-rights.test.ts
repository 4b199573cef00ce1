import { describe, expect, it } from '@jest/globals';
import { sweepRights } from '../../../lib/app/delivery/sweep-rights.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import {
  adWithGoal,
  createGoalWorld,
  goalAd,
  minuteMs,
  openedFor,
  takeOne,
} from '../../support/goal-world.ts';
import { adId } from '../../support/tracked-world.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';

const ad = adWithGoal({ total: 20, pacing: 'asap' });

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
    expect(await sweepRights(world.ports, [goalAd, adId(2)])).toBe(0);
    await world.clock.advance(minuteMs);
    expect(await sweepRights(world.ports, [goalAd, adId(2)])).toBe(1);
    expect(await world.ledger()).toMatchObject({ used });
    await world.settle();
    // At 34 minutes past, those that ended at 21 minutes past or before.
    const through = 4 * (virtualStartMs / minuteMs + 21) - 1;
    expect(world.orders.slice(1)).toEqual([
      expect.objectContaining({ type: 'RightsClosed', generation: 1, through }) as unknown,
    ]);
    await sweepRights(world.ports, [goalAd]);
    const ledger = await world.ledger();
    expect(ledger).toMatchObject({ used: 2n });
    expect(Object.keys(ledger!).filter((name) => /^l\d/.test(name))).toEqual([]);
    await world.clock.advance(60 * minuteMs);
    expect(await sweepRights(world.ports, [goalAd])).toBe(0);
    await world.settle();
    expect(world.orders).toHaveLength(2);
  });

  it('leaves to the next run what the store does not answer', async () => {
    const world = await withRightsOut();
    await world.clock.advance(34 * minuteMs);
    const { state } = world.ports;
    const out = () => Promise.reject(new StateStoreError('state-unavailable', 'out'));
    const getMany: typeof state.getMany = (...args) => state.getMany(...args);
    const failing = { ...world.ports, state: { ...state, get: out, getMany } as typeof state };
    expect(await sweepRights(failing, [goalAd])).toBe(1);
    expect(world.telemetry.lines.map(({ message }) => message)).toContain(
      'the rights of ads cannot be swept',
    );
  });
});
