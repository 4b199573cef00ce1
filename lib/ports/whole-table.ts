import type { Attributes, ItemKey, StateStore } from './state-store.ts';

export interface TableItem {
  readonly key: ItemKey;
  readonly attributes: Attributes;
}

/** A table that an operator command reads completely. */
export interface WholeTable {
  readonly store: Pick<StateStore, 'getMany' | 'writeEach'>;
  /**
   * Every item once, in no order, in pages of some hundreds. An item written meanwhile may be missing or old.
   * Rejects with a StateStoreError.
   */
  pages(): AsyncIterable<readonly TableItem[]>;
}
