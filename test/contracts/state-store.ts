import { afterAll, beforeAll, describe } from '@jest/globals';
import type { StateStore } from '../../lib/ports/state-store.ts';
import { testConditions } from './state-store/conditions.ts';
import { testConsistency } from './state-store/consistency.ts';
import { testItems } from './state-store/items.ts';
import { testLedgers } from './state-store/ledgers.ts';
import { testQueries } from './state-store/queries.ts';
import { testRaces } from './state-store/races.ts';
import { testTransactions } from './state-store/transactions.ts';
import { testUpdates } from './state-store/updates.ts';
import { testWriteEach } from './state-store/write-each.ts';

export interface StateStoreUnderTest {
  readonly store: StateStore;
  close?(): Promise<void>;
}

export interface StateStoreCapabilities {
  /** Writers that a race lets run at once; an emulator may want fewer. Default 50. */
  readonly writersMax?: number;
}

/** The contract of `StateStore` (lib/ports/state-store.ts), for every adapter. */
export function testStateStore(
  name: string,
  open: () => Promise<StateStoreUnderTest>,
  capabilities: StateStoreCapabilities = {},
): void {
  describe(`${name} keeps the contract of the state store`, () => {
    let opened: StateStoreUnderTest | undefined;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened?.close?.();
    });
    const store = (): StateStore => {
      if (opened === undefined) throw new Error('the store did not open');
      return opened.store;
    };

    testItems(store);
    testUpdates(store);
    testConditions(store);
    testWriteEach(store);
    testTransactions(store);
    testLedgers(store);
    testQueries(store);
    testConsistency(store);
    testRaces(store, capabilities.writersMax ?? 50);
  });
}
