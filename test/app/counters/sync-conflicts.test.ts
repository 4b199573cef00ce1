import { describe, expect, it } from '@jest/globals';
import { addSync, busyRetries } from '../../../lib/app/counters/add-sync.ts';
import type { RequestIdentity } from '../../../lib/app/request-identity.ts';
import {
  StateStoreError,
  type StateStore,
  type StateStoreErrorCode,
  type WriteAction,
} from '../../../lib/ports/state-store.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import { createCounterWorld, totalOf } from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';
import { createHttpWorld } from '../../support/http-world.ts';
import { createMemoryStateStore } from '../../support/memory/memory-state-store.ts';

const identity = (id: number, keyed: boolean): RequestIdentity => ({
  ...{ keyed, joined: false, adId: 'none' },
  eventId: () => id.toString(16).padStart(32, '0'),
});

/** Refuses a transaction while another one writes one of its items, as DynamoDB does; each takes 10 ms. */
function conflicting(state: StateStore, clock: Clock): StateStore {
  const busy = new Set<string>();
  return overrideState(state, {
    transact: async (actions) => {
      const names = actions.map(({ key }: WriteAction) => JSON.stringify(key));
      if (names.some((name) => busy.has(name))) throw new StateStoreError('state-conflict', 'a conflict');
      for (const name of names) busy.add(name);
      try {
        await clock.sleep(10);
        return await state.transact(actions);
      } finally {
        for (const name of names) busy.delete(name);
      }
    },
  });
}

const refusing = (
  state: StateStore,
  refusals: { left: number },
  code: StateStoreErrorCode = 'state-conflict',
): StateStore =>
  overrideState(state, {
    transact: (actions) => {
      refusals.left -= 1;
      if (refusals.left >= 0) return Promise.reject(new StateStoreError(code, 'not written'));
      return state.transact(actions);
    },
  });

describe('mode=sync on a counter that others write', () => {
  it.each([false, true])('counts what it acknowledges, and nothing else: keyed %s', async (keyed) => {
    const world = createCounterWorld();
    const ports = { ...world.ports, state: conflicting(world.memoryState, world.clock) };
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) => addSync(ports, { key: 'a', value: 1 }, identity(i, keyed))),
    );
    const counted = results.filter(({ status }) => status === 'fulfilled').length;
    expect(await totalOf(world.memoryState, 'a')).toBe(BigInt(counted));
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'state-conflict' });
    // 60 at 10 ms each fit into the time of a request several times.
    expect(counted).toBe(60);
  });

  it.each<[StateStoreErrorCode, boolean]>([
    ['state-conflict', false],
    ['state-conflict', true],
    ['state-throttled', false],
    ['state-throttled', true],
  ])('waits for its turn longer than a store that is down: %s, keyed %p', async (code, keyed) => {
    const world = createCounterWorld();
    const refusals = { left: 10 };
    const ports = { ...world.ports, state: refusing(world.memoryState, refusals, code) };
    await addSync(ports, { key: 'a', value: 3 }, identity(1, keyed));
    expect([refusals.left, await totalOf(world.memoryState, 'a')]).toEqual([-1, 3n]);
  });

  it('ends within the time of its request', async () => {
    const world = createCounterWorld();
    const ports = { ...world.ports, state: refusing(world.memoryState, { left: Infinity }) };
    await expect(addSync(ports, { key: 'a', value: 1 }, identity(1, true))).rejects.toMatchObject({
      code: 'state-conflict',
    });
    const { withinMs = 0 } = busyRetries;
    expect(world.clock.monotonicMs()).toBeGreaterThan(withinMs / 2);
    expect(world.clock.monotonicMs()).toBeLessThanOrEqual(withinMs);
    expect(await totalOf(world.memoryState, 'a')).toBeUndefined();
  });

  it('then is 503 with Retry-After', async () => {
    const state = refusing(createMemoryStateStore(), { left: Infinity });
    const { clock } = createCounterWorld();
    const answer = await createHttpWorld({ state, clock }).post('/increment?mode=sync', {
      key: 'a',
      value: 1,
    });
    expect([answer.status, answer.headers['Retry-After']]).toEqual([503, '1']);
    expect(answer.json).toMatchObject({ detail: 'The state store is busy. Try again.' });
  });
});
