import { ScheduleError } from '../../lib/ports/expiry-schedule.ts';
import { QuarantineError } from '../../lib/ports/quarantine.ts';
import { StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createFailingCalls, type DisturbedPorts, type Fault } from './failing-calls.ts';

export { KilledError, type Fault } from './failing-calls.ts';

type Faulty = Pick<Ports, 'state' | 'schedule' | 'quarantine'>;

/** The ports with one call that fails. */
export function createFaultyPorts(
  { state, schedule, quarantine }: Faulty,
  fault: Fault,
): DisturbedPorts<Pick<Ports, 'state' | 'schedule' | 'quarantine'>> {
  const failures = {
    state: () => new StateStoreError('state-unavailable', 'no answer'),
    schedule: () => new ScheduleError('no answer'),
    quarantine: () => new QuarantineError('no answer'),
  };
  return createFailingCalls({ state, schedule, quarantine }, failures, fault);
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
