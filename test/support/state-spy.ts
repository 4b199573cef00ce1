import type { StateStore } from '../../lib/ports/state-store.ts';

export interface StateSpy {
  readonly state: StateStore;
  /** Writes of single items, and transactions as one. */
  readonly writes: number;
  /** Calls by method. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Counts what is asked of a store. */
export function spyOnState(inner: StateStore): StateSpy {
  const calls: Record<string, number> = {};
  let writes = 0;
  const note = (method: string, items: number): void => {
    calls[method] = (calls[method] ?? 0) + 1;
    writes += items;
  };
  const state: StateStore = {
    get: (key) => {
      note('get', 0);
      return inner.get(key);
    },
    getMany: (keys) => {
      note('getMany', 0);
      return inner.getMany(keys);
    },
    query: (range) => {
      note('query', 0);
      return inner.query(range);
    },
    write: (action) => {
      note('write', 1);
      return inner.write(action);
    },
    writeEach: (actions) => {
      note('writeEach', actions.length);
      return inner.writeEach(actions);
    },
    transact: (actions) => {
      note('transact', 1);
      return inner.transact(actions);
    },
    transactEach: (transactions) => {
      note('transactEach', transactions.length);
      return inner.transactEach(transactions);
    },
  };
  return {
    state,
    calls,
    get writes() {
      return writes;
    },
  };
}
