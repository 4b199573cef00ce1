import { ScheduleError } from '../../lib/ports/expiry-schedule.ts';
import { QuarantineError } from '../../lib/ports/quarantine.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import type { Ports } from '../../lib/app/ports.ts';

type Faulty = Pick<Ports, 'state' | 'schedule' | 'quarantine'>;

/** What ends a function at once; no code of ours handles it. */
export class KilledError extends Error {
  override readonly name = 'KilledError';
}

export interface Fault {
  /** The call to fail, counted over the three ports from 0; Infinity: none. */
  readonly at: number;
  /** Before it takes effect, or after: then nobody knows that it did. */
  readonly when: 'before' | 'after';
  /** The port's own error, which is handled, or the end of the function. */
  readonly how: 'unavailable' | 'killed';
}

export interface FaultyPorts {
  readonly ports: Faulty;
  /** Calls made so far. */
  readonly calls: () => number;
}

/** The ports with one call that fails. */
export function createFaultyPorts({ state, schedule, quarantine }: Faulty, fault: Fault): FaultyPorts {
  let calls = 0;
  const wrap = <Port extends object>(port: Port, unavailable: () => Error): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]): Promise<unknown> => {
          const fails = calls === fault.at;
          calls += 1;
          const error = (): Error => (fault.how === 'killed' ? new KilledError() : unavailable());
          if (fails && fault.when === 'before') throw error();
          const result: unknown = await Reflect.apply(method, target, args);
          if (fails) throw error();
          return result;
        };
      },
    });
  return {
    ports: {
      state: wrap(state, () => new StateStoreError('state-unavailable', 'no answer')),
      schedule: wrap(schedule, () => new ScheduleError('no answer')),
      quarantine: wrap(quarantine, () => new QuarantineError('no answer')),
    },
    calls: () => calls,
  };
}

/** The store with some of its methods replaced. */
export function overrideState(state: StateStore, overrides: Partial<StateStore>): StateStore {
  return {
    get: async (key) => state.get(key),
    getMany: async (keys) => state.getMany(keys),
    query: async (range) => state.query(range),
    write: async (action) => state.write(action),
    writeEach: async (actions) => state.writeEach(actions),
    transact: async (actions) => state.transact(actions),
    transactEach: async (transactions) => state.transactEach(transactions),
    ...overrides,
  };
}
