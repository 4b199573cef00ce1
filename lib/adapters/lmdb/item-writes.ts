import type { Attributes, ItemKey } from '../../ports/state-store.ts';
import { itemKeyText } from '../items/item-limits.ts';
import type { Bytes } from './databases.ts';
import { decodeItem, encodedItemBytesMax, encodeItem } from './item-codec.ts';
import { encodeItemKey } from './item-key.ts';
import type { WriteBatch } from './write-batch.ts';

/** An item; undefined: there is none. */
export interface Slot {
  readonly key: ItemKey;
  /** The committed item. */
  readonly found: Attributes | undefined;
  /** The item after the jobs. */
  current: Attributes | undefined;
}

/**
 * The items of one batch as its jobs see them: committed, or changed by an earlier job. An item that many
 * jobs write, such as a hot counter, is read once and written once.
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

  /** All values share one buffer, because lmdb looks up the address of each buffer. */
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
