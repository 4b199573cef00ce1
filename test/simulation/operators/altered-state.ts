import type { Attributes, ItemKey, StateStore } from '../../../lib/ports/state-store.ts';

/** What a read shows instead of an item; undefined: no item. */
export type Alteration = (item: Attributes | undefined) => Attributes | undefined;

export interface AlteredItem {
  readonly key: ItemKey;
  readonly alter: Alteration;
}

/**
 * A store whose readers see some items as if somebody had changed them behind the pipeline's back. The items
 * themselves stay as they are, so nobody else is misled. Writes are a mistake of the reader.
 */
export function alterState(store: StateStore, altered: readonly AlteredItem[]): StateStore {
  const alterations = new Map(altered.map(({ key, alter }) => [nameOf(key), alter]));
  const show = (key: ItemKey, item: Attributes | undefined): Attributes | undefined => {
    const alter = alterations.get(nameOf(key));
    return alter === undefined ? item : alter(item);
  };
  const refuse = (): never => {
    throw new Error('a reader writes');
  };
  return {
    get: async (key) => show(key, await store.get(key)),
    getMany: async (keys) => {
      const items = await store.getMany(keys);
      return keys.map((key, index) => show(key, items[index]));
    },
    query: (range) => store.query(range),
    write: refuse,
    writeEach: refuse,
    transact: refuse,
    transactEach: refuse,
  };
}

function nameOf({ table, pk, sk }: ItemKey): string {
  return `${table}\n${pk}\n${sk}`;
}
