import type { Attributes, ItemKey, StateStore, TableName } from '../../../lib/ports/state-store.ts';
import { unique } from '../unique.ts';

/** What a suite is given: the store, once it is open. */
export type StoreUnderTest = () => StateStore;

export function freshKey(sk = '', table: TableName = 'counters'): ItemKey {
  return { table, pk: unique('item'), sk };
}

/** A fresh key whose item holds `attributes`. */
export async function freshItem(store: StateStore, attributes: Attributes): Promise<ItemKey> {
  const key = freshKey();
  await store.write({ type: 'put', key, attributes });
  return key;
}
