import { queryItemsMax, type QueryRange, type StateStore, type StoredItem } from '../ports/state-store.ts';

/** The items of a range in ascending order, however many pages they take. Rejects with a StateStoreError. */
export async function* readRange(
  state: Pick<StateStore, 'query'>,
  range: Omit<QueryRange, 'limit' | 'order'>,
): AsyncGenerator<StoredItem, undefined> {
  let { after } = range;
  for (;;) {
    const from = after === undefined ? undefined : { after };
    const { items, more } = await state.query({ ...range, ...from, limit: queryItemsMax });
    yield* items;
    after = items.at(-1)?.sk;
    if (!more || after === undefined) return undefined;
  }
}
