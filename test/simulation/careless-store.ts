import type { StateStore, WriteAction } from '../../lib/ports/state-store.ts';

/**
 * The canary: a store that ignores the conditions of writes to counters, in a transaction or alone. A
 * simulation that finds nothing wrong with it does not work.
 */
export function carelessStore(store: StateStore): StateStore {
  const careless = <Action extends WriteAction>(action: Action): Action => {
    if (action.type !== 'update' || !action.key.pk.startsWith('counter#')) return action;
    return { ...action, condition: undefined };
  };
  return {
    get: (key, options) => store.get(key, options),
    getMany: (keys, options) => store.getMany(keys, options),
    query: (range, options) => store.query(range, options),
    write: (action) => store.write(careless(action)),
    writeEach: (actions) => store.writeEach(actions.map(careless)),
    transact: (actions) => store.transact(actions.map(careless)),
    transactEach: (transactions) => store.transactEach(transactions.map((actions) => actions.map(careless))),
  };
}
