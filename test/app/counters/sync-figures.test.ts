import { describe, expect, it } from '@jest/globals';
import { createAggregator } from '../../../lib/app/counters/aggregator.ts';
import { createIncrementWriter } from '../../../lib/app/counters/increment-writer.ts';
import type { RequestIdentity } from '../../../lib/app/request-identity.ts';
import { StateStoreError, type StateStoreErrorCode } from '../../../lib/ports/state-store.ts';
import { metrics, type Metric } from '../../../lib/ports/telemetry.ts';
import {
  batchOf,
  countingAlone,
  createCounterWorld,
  garbage,
  increment,
  logRecords,
  totalOf,
} from '../../support/counter-world.ts';
import { overrideState } from '../../support/faulty-ad-ports.ts';

const identityOf = (letter: string, keyed: boolean): RequestIdentity => ({
  ...{ keyed, joined: false, adId: 'none' },
  eventId: () => letter.repeat(32),
});

/** A writer, and what it told of hot keys. */
function build(overrides: Parameters<typeof createCounterWorld>[0] = {}) {
  const world = createCounterWorld(overrides);
  const noted: string[] = [];
  const topKeys = {
    note: (key: string, amount: bigint) => noted.push(`${key} ${amount}`),
    save: () => {
      noted.push('saved');
      return Promise.resolve();
    },
    saveAll: () => Promise.resolve(),
  };
  const writer = createIncrementWriter(world.ports, topKeys);
  const add = async (key: string, value: number, letter = 'a', keyed = false): Promise<bigint> => {
    const { total } = await writer.addSync({ key, value }, { identity: identityOf(letter, keyed) });
    return total;
  };
  const told = (...names: readonly Metric[]): readonly number[] =>
    names.map((name) => world.telemetry.total(name));
  return { world, add, noted, told };
}

const { incrementsSync, incrementsDuplicate, countersCreated } = metrics;

describe('the figures of mode=sync', () => {
  it.each([{}, countingAlone])(
    'say what was added, what was a repeat, and what is new: %#',
    async (overrides) => {
      const { add, noted, told } = build(overrides);
      const figures = () => told(incrementsSync, incrementsDuplicate, countersCreated);
      expect([await add('a', 5), figures()]).toEqual([5n, [1, 0, 1]]);
      // A counter that has doubled is not new.
      expect([await add('a', 5), figures()]).toEqual([10n, [2, 0, 1]]);
      expect([await add('b', 7, 'b', true), figures()]).toEqual([7n, [3, 0, 2]]);
      expect([await add('b', 7, 'b', true), figures()]).toEqual([7n, [3, 1, 2]]);
      expect([await add('b', 7, 'c', true), figures()]).toEqual([14n, [4, 1, 2]]);
      expect(noted).toEqual(['a 5', 'saved', 'a 5', 'saved', 'b 7', 'saved', 'b 7', 'saved']);
    },
  );

  it('call a counter new that had marks alone, and one old that the log began', async () => {
    const { world, add, told } = build();
    const aggregate = createAggregator(world.ports);
    await aggregate.aggregate(batchOf(logRecords([garbage('marks alone'), increment('begun', 3)])));
    expect(told(countersCreated)).toEqual([1]);
    await add('marks alone', 1);
    expect(told(countersCreated)).toEqual([2]);
    await add('begun', 3);
    expect(told(countersCreated)).toEqual([2]);
  });
});

describe('mode=sync on a store that fails for a while', () => {
  /** How often each code is tried again without an answer; of a busy counter, see sync-conflicts.test.ts. */
  it.each<[StateStoreErrorCode, boolean, number]>([
    ['state-unavailable', false, 0],
    ['state-full', false, 0],
    ['state-unavailable', true, 3],
    ['state-full', true, 3],
  ])('%s, keyed %p: tries again %d times, and then succeeds or says so', async (code, keyed, retries) => {
    for (const failures of [retries, retries + 1]) {
      const memory = createCounterWorld();
      let left = failures;
      const state = overrideState(memory.memoryState, {
        transact: (actions) =>
          left-- > 0 ? Promise.reject(new StateStoreError(code, 'no')) : memory.memoryState.transact(actions),
      });
      const { add, told } = build({ state });
      if (failures === retries) expect(await add('a', 5, 'a', keyed)).toBe(5n);
      else await expect(add('a', 5, 'a', keyed)).rejects.toMatchObject({ code });
      expect(told(incrementsSync)).toEqual([failures === retries ? 1 : 0]);
      expect(await totalOf(memory.memoryState, 'a')).toBe(failures === retries ? 5n : undefined);
      expect(left).toBe(-1 + (failures - retries));
    }
  });
});
