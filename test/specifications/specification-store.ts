import type { StateStore } from '../../lib/ports/state-store.ts';
import { createMemoryStateStore } from '../support/memory/memory-state-store.ts';

/** Where specifications keep their state. */
export interface SpecificationStore {
  /** A store with nothing in it; specifications take hundreds of them. */
  fresh(): StateStore;
}

export const memoryStores: SpecificationStore = { fresh: createMemoryStateStore };

/**
 * Rooms of one store, each with names of its own: to open another store, with its file or its tables, would take
 * longer than all specifications. `store`: opened by the time that the first specification runs.
 */
export function roomsOf(store: () => StateStore): SpecificationStore {
  let rooms = 0;
  return { fresh: () => roomOf(store, `room ${String((rooms += 1))} `) };
}

/** The store as seen by one who writes `prefix` before each partition key. */
function roomOf(store: () => StateStore, prefix: string): StateStore {
  const inRoom = <Named extends { readonly pk: string }>(named: Named): Named => ({
    ...named,
    pk: `${prefix}${named.pk}`,
  });
  const act = <Action extends { readonly key: { readonly pk: string } }>(action: Action): Action => ({
    ...action,
    key: inRoom(action.key),
  });
  return {
    get: (key) => store().get(inRoom(key)),
    getMany: (keys) => store().getMany(keys.map(inRoom)),
    query: (range) => store().query(inRoom(range)),
    write: (action) => store().write(act(action)),
    writeEach: (actions, options) => store().writeEach(actions.map(act), options),
    transact: (actions) => store().transact(actions.map(act)),
    transactEach: (transactions, options) =>
      store().transactEach(
        transactions.map((actions) => actions.map(act)),
        options,
      ),
  };
}
