import { QuarantineError, type Quarantine } from '../../lib/ports/quarantine.ts';
import { isStateStoreError, StateStoreError, type StateStore } from '../../lib/ports/state-store.ts';

/** The process of the caller is gone: no code of its own runs after it. Not an error of any port. */
export class ProcessDeath extends Error {
  override readonly name = 'ProcessDeath';
}

/**
 * What happens to one call. `refuse`: an error, nothing done. `lose`: done, and an error. `delay`: an error
 * now, done when `runDelayed` is called. `die-before`, `die-after`: the caller never learns anything.
 */
export type Fault = 'refuse' | 'lose' | 'delay' | 'die-before' | 'die-after';

export interface FaultyPorts {
  readonly state: StateStore;
  readonly quarantine: Quarantine;
  /** Calls so far; each write of a `writeEach` and each transaction of a `transactEach` is one. */
  readonly calls: number;
  /** Does what was delayed, in the order it was asked for. */
  runDelayed(): Promise<void>;
}

/** `choose`: is asked before each call, with its number from 0 on; a promise holds the call back. */
export function faultyPorts(
  inner: { readonly state: StateStore; readonly quarantine: Quarantine },
  choose: (call: number) => Fault | undefined | Promise<Fault | undefined>,
): FaultyPorts {
  let calls = 0;
  const delayed: (() => Promise<unknown>)[] = [];

  async function run<T>(work: () => Promise<T>, failure: () => Error): Promise<T> {
    const fault = await choose(calls++);
    switch (fault) {
      case undefined:
        return work();
      case 'refuse':
        throw failure();
      case 'lose':
        await work();
        throw failure();
      case 'delay':
        delayed.push(work);
        throw failure();
      case 'die-before':
        throw new ProcessDeath();
      case 'die-after':
        await work();
        throw new ProcessDeath();
    }
  }

  const unavailable = () => new StateStoreError('state-unavailable', 'a fault of the test');
  const onState = <T>(work: () => Promise<T>): Promise<T> => run(work, unavailable);
  const onQuarantine = <T>(work: () => Promise<T>): Promise<T> =>
    run(work, () => new QuarantineError('a fault'));

  const eachByItself = <T, R>(
    writes: readonly T[],
    make: (write: T) => Promise<R>,
  ): Promise<readonly (R | StateStoreError)[]> =>
    Promise.all(
      writes.map(async (write) => {
        try {
          return await onState(() => make(write));
        } catch (error) {
          if (isStateStoreError(error)) return error;
          throw error;
        }
      }),
    );

  const state: StateStore = {
    get: (key) => onState(() => inner.state.get(key)),
    getMany: (keys) => onState(() => inner.state.getMany(keys)),
    query: (range) => onState(() => inner.state.query(range)),
    write: (action) => onState(() => inner.state.write(action)),
    transact: (actions) => onState(() => inner.state.transact(actions)),
    writeEach: (actions) => eachByItself(actions, (action) => inner.state.write(action)),
    transactEach: (transactions) => eachByItself(transactions, (actions) => inner.state.transact(actions)),
  };
  const quarantine: Quarantine = {
    store: (record) => onQuarantine(() => inner.quarantine.store(record)),
    get: (id) => onQuarantine(() => inner.quarantine.get(id)),
    list: (page) => onQuarantine(() => inner.quarantine.list(page)),
    remove: (id) => onQuarantine(() => inner.quarantine.remove(id)),
  };
  return {
    state,
    quarantine,
    get calls() {
      return calls;
    },
    runDelayed: async () => {
      for (const work of delayed.splice(0)) await work();
    },
  };
}
