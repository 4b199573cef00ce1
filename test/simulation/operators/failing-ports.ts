import type { Ports } from '../../../lib/app/ports.ts';
import { QuarantineError, type Quarantine } from '../../../lib/ports/quarantine.ts';
import { StateStoreError, type StateStore } from '../../../lib/ports/state-store.ts';

/** The call of a command that fails, counted from 0, and whether it takes effect all the same. */
export interface FailingCall {
  readonly index: number;
  readonly takesEffect: boolean;
}

/** The stores of a command of which one call fails. Run after run another one: so each step fails once. */
export function failAtCall(ports: Ports, { index, takesEffect }: FailingCall): Ports {
  let calls = 0;
  const wrap =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>, failure: () => Error) =>
    async (...args: Args): Promise<Result> => {
      const fails = calls === index;
      calls += 1;
      if (!fails) return call(...args);
      if (takesEffect) await call(...args);
      throw failure();
    };
  const { state, quarantine } = ports;
  const noState = (): Error => new StateStoreError('state-unavailable', 'the call that fails');
  const noQuarantine = (): Error => new QuarantineError('the call that fails');
  const failingState: StateStore = {
    ...state,
    get: wrap((key: Parameters<StateStore['get']>[0]) => state.get(key), noState),
    write: wrap((action: Parameters<StateStore['write']>[0]) => state.write(action), noState),
    transact: wrap((actions: Parameters<StateStore['transact']>[0]) => state.transact(actions), noState),
  };
  const failingQuarantine: Quarantine = {
    list: wrap((page: Parameters<Quarantine['list']>[0]) => quarantine.list(page), noQuarantine),
    get: wrap((id: Parameters<Quarantine['get']>[0]) => quarantine.get(id), noQuarantine),
    store: wrap((record: Parameters<Quarantine['store']>[0]) => quarantine.store(record), noQuarantine),
    remove: wrap((id: Parameters<Quarantine['remove']>[0]) => quarantine.remove(id), noQuarantine),
  };
  return { ...ports, state: failingState, quarantine: failingQuarantine };
}
