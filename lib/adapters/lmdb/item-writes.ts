import type { Attributes, ItemKey } from '../../ports/state-store.ts';
import { itemKeyText } from '../items/item-limits.ts';
import type { Bytes } from './databases.ts';
import { decodeItem, encodedItemBytesMax, encodeItem } from './item-codec.ts';
import { encodeItemKey } from './item-key.ts';
import type { WriteBatch } from './write-batch.ts';

/** An item; undefined: there is none. */
export interface Slot {
  readonly key: ItemKey;
  /** As committed. */
  readonly found: Attributes | undefined;
  /** As the jobs leave it. */
  current: Attributes | undefined;
}

/**
 * The items of one batch as its jobs see them: as committed, or as an earlier job left them. An item written by many
 * jobs, a hot counter, is read once and written once.
 */
export class ItemWrites {
  readonly #items: Bytes;
  readonly #slots = new Map<string, Slot>();

  constructor(items: Bytes, batch: WriteBatch) {
    this.#items = items;
    batch.onFinish(() => {
      this.#addWrites(batch);
    });
  }

  slot(key: ItemKey): Slot {
    const text = itemKeyText(key);
    const known = this.#slots.get(text);
    if (known !== undefined) return known;
    const bytes = this.#items.getBinaryFast(encodeItemKey(key));
    const found = bytes === undefined ? undefined : decodeItem(bytes);
    const slot = { key, found, current: found };
    this.#slots.set(text, slot);
    return slot;
  }

  /** All values share one buffer: lmdb asks for the address of each once. */
  #addWrites(batch: WriteBatch): void {
    const changed = Array.from(this.#slots.values()).filter((slot) => slot.current !== slot.found);
    const bytesMax = changed.reduce(
      (sum, { current }) => sum + (current === undefined ? 0 : encodedItemBytesMax(current)),
      0,
    );
    const values = Buffer.allocUnsafeSlow(bytesMax);
    let position = 0;
    for (const { key, current } of changed) {
      const keyBytes = Buffer.from(encodeItemKey(key));
      if (current === undefined) {
        batch.remove(this.#items, keyBytes);
        continue;
      }
      const end = encodeItem(values, current, position);
      batch.put(this.#items, keyBytes, values.subarray(position, end));
      position = end;
    }
  }
}
