import { assert } from '../../../lib/core/assert.ts';
import type { Attributes, ItemKey, QueryRange } from '../../../lib/ports/state-store.ts';
import { itemKeyText } from '../../../lib/adapters/items/item-limits.ts';
import { compareUtf8 } from '../../../lib/adapters/items/utf8.ts';

export interface Entry {
  readonly key: ItemKey;
  readonly attributes: Attributes;
}

/** Items by key, and under each partition key in the order of their sort keys. */
export class ItemTable {
  readonly #entries = new Map<string, Entry>();
  /** Sort keys in order, by table and partition key. */
  readonly #sortKeys = new Map<string, string[]>();
  /** The items that have an expiry, seconds. */
  readonly #expiries = new Map<string, bigint>();

  get size(): number {
    return this.#entries.size;
  }

  /** Every item, by key. */
  all(): readonly Entry[] {
    return [...this.#entries].sort(([a], [b]) => compareUtf8(a, b)).map(([, entry]) => entry);
  }

  get(key: ItemKey): Attributes | undefined {
    return this.#entries.get(itemKeyText(key))?.attributes;
  }

  set(key: ItemKey, attributes: Attributes | undefined): void {
    const text = itemKeyText(key);
    const known = this.#entries.has(text);
    if (attributes === undefined) {
      if (known) this.#delete(text, key);
      return;
    }
    if (!known) this.#insertSortKey(key);
    this.#entries.set(text, { key: { table: key.table, pk: key.pk, sk: key.sk }, attributes });
    const expiresAt = attributes['expires_at'];
    if (typeof expiresAt === 'bigint') this.#expiries.set(text, expiresAt);
    else this.#expiries.delete(text);
  }

  *range(range: QueryRange): Generator<Entry> {
    const sortKeys = this.#sortKeys.get(partitionText(range)) ?? [];
    const from = range.after === undefined ? 0 : firstAbove(sortKeys, range.after);
    const to = range.through === undefined ? sortKeys.length : firstAbove(sortKeys, range.through);
    for (let step = 0; step < to - from; step += 1) {
      const index = range.order === 'descending' ? to - 1 - step : from + step;
      const sk = sortKeys[index];
      assert(sk !== undefined, 'a sort key within bounds');
      const entry = this.#entries.get(itemKeyText({ table: range.table, pk: range.pk, sk }));
      assert(entry !== undefined, 'a listed sort key has its item');
      yield entry;
    }
  }

  deleteExpired(nowSeconds: number, limit: number): number {
    let deleted = 0;
    for (const [text, expiresAt] of this.#expiries) {
      if (deleted >= limit) break;
      if (expiresAt > BigInt(Math.floor(nowSeconds))) continue;
      const entry = this.#entries.get(text);
      assert(entry !== undefined, 'an expiry has its item');
      this.#delete(text, entry.key);
      deleted += 1;
    }
    return deleted;
  }

  #delete(text: string, key: ItemKey): void {
    this.#entries.delete(text);
    this.#expiries.delete(text);
    const sortKeys = this.#sortKeys.get(partitionText(key));
    assert(sortKeys !== undefined, 'an item is listed under its partition key');
    sortKeys.splice(firstAbove(sortKeys, key.sk) - 1, 1);
    if (sortKeys.length === 0) this.#sortKeys.delete(partitionText(key));
  }

  #insertSortKey(key: ItemKey): void {
    const sortKeys = this.#sortKeys.get(partitionText(key));
    if (sortKeys === undefined) this.#sortKeys.set(partitionText(key), [key.sk]);
    else sortKeys.splice(firstAbove(sortKeys, key.sk), 0, key.sk);
  }
}

function partitionText(key: { readonly table: string; readonly pk: string }): string {
  return `${key.table}/${key.pk}`;
}

/** The index of the first element after `bound`, by binary search. */
function firstAbove(sorted: readonly string[], bound: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const element = sorted[middle];
    assert(element !== undefined, 'binary search stays within bounds');
    if (compareUtf8(element, bound) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
