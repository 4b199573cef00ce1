import type { StateStore } from '../../lib/ports/state-store.ts';

const ledgerPrefix = 'ledger#';

/** Counts the writes of ledgers that a container asks for. */
export class AskCounter {
  readonly state: StateStore;
  count = 0;

  constructor(state: StateStore) {
    this.state = {
      ...state,
      write: (action) => {
        if (action.key.pk.startsWith(ledgerPrefix)) this.count += 1;
        return state.write(action);
      },
    };
  }
}

/** How many requests of a stage have asked, and how often. */
export class Asking {
  requests = 0;
  /** Requests during which their container asked. */
  waited = 0;
  asks = 0;

  add(asks: number): void {
    this.requests += 1;
    if (asks > 0) this.waited += 1;
    this.asks += asks;
  }
}
