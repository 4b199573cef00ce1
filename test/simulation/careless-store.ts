import type { StateStore, WriteAction } from '../../lib/ports/state-store.ts';

type SingleWrite = Exclude<WriteAction, { type: 'check' }>;

/**
 * The canary: a store that does not look at the conditions of writes to counters. A simulation that finds nothing wrong
 * with it finds nothing at all.
 */
export function carelessStore(store: StateStore): StateStore {
  const careless = (action: SingleWrite): SingleWrite => {
    if (action.type !== 'update' || !action.key.pk.startsWith('counter#')) return action;
    const { condition, ...rest } = action;
    return condition === undefined ? action : rest;
  };
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (range) => store.query(range),
    write: (action) => store.write(careless(action)),
    writeEach: (actions) => store.writeEach(actions.map(careless)),
    transact: (actions) => store.transact(actions),
  };
}
