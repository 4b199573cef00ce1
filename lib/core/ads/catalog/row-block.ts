import { assert } from '../../assert.ts';
import { editRows, rowEditsMax, type RowEdit } from './bitmap-edit.ts';
import { BitmapIndex, wordRows } from './bitmap-index.ts';
import type { CatalogRow } from './catalog-row.ts';
import type { CountrySlots } from './country-slots.ts';
import {
  instantOf,
  keyOf,
  mergeChanges,
  searchRows,
  type KeyedRows,
  type RowChange,
  type RowOrder,
} from './row-order.ts';

/**
 * A part of a sorted order: never empty, and its rows never change. A changed block shares the arrays and the
 * index of its predecessor and adds a list of edits. The edits are made when a reader needs them, or when
 * there are `rowEditsMax`. So a change writes some 100 bytes and not 20,000, which the garbage collector
 * would copy pointer by pointer.
 */
export class RowBlock {
  readonly size: number;
  /** At or before the first row, and after every row of the preceding block. */
  readonly firstInstant: number;
  readonly firstId: string;
  readonly #order: RowOrder;
  /** The rows without the edits. */
  #base: KeyedRows;
  #edits: readonly RowEdit[] = [];
  #index: BitmapIndex | undefined = undefined;
  /** How many of the edits the index includes. */
  #indexedEdits = 0;

  private constructor(order: RowOrder, base: KeyedRows, size: number, instant: number, id: string) {
    this.#order = order;
    this.#base = base;
    this.size = size;
    this.firstInstant = instant;
    this.firstId = id;
  }

  static of(order: RowOrder, rows: KeyedRows): RowBlock {
    const [first] = rows.rows;
    assert(first !== undefined, 'a block has no rows');
    return new RowBlock(order, rows, rows.rows.length, instantOf(order, first), first.id);
  }

  get rows(): readonly CatalogRow[] {
    if (this.#edits.length > 0) this.#settle();
    return this.#base.rows;
  }

  /** How many rows are before (instant, id). */
  search(instant: number, id: string): number {
    return this.#position(this.#edits, instant, id);
  }

  /** In the order 'id': the row of this ad, without making the edits. */
  find(id: string): CatalogRow | undefined {
    const edit = this.#edits.findLast(({ key }) => key === id);
    if (edit !== undefined) return edit.removed ? undefined : edit.row;
    const row = this.#base.rows[searchRows(this.#order, this.#base, 0, id)];
    return row?.id === id ? row : undefined;
  }

  /** Built on first use, so a block that is replaced before any query costs none. */
  indexed(countries: CountrySlots): BitmapIndex {
    if (this.#index === undefined) this.#index = BitmapIndex.of(this.rows, countries);
    else if (this.#indexedEdits < this.#edits.length) {
      this.#index = this.#index.edited(this.#edits.slice(this.#indexedEdits));
    } else return this.#index;
    this.#indexedEdits = this.#edits.length;
    return this.#index;
  }

  /** The blocks of at most `rowsMax` rows that replace this one; none if no row remains. */
  change(changes: readonly RowChange[], rowsMax: number): RowBlock[] {
    const order = this.#order;
    if (this.#edits.length + changes.length > rowEditsMax) this.#settle();
    if (changes.length > rowEditsMax)
      return cutIntoBlocks(order, mergeChanges(order, this.#base, changes), rowsMax);
    const edits = this.#edits.slice();
    let { size, firstInstant, firstId } = this;
    for (const { row, removed } of changes) {
      const instant = instantOf(order, row);
      const position = this.#position(edits, instant, row.id);
      edits.push({ position, key: keyOf(order, row), row, removed });
      size += removed ? -1 : 1;
      if (instant < firstInstant || (instant === firstInstant && row.id < firstId)) {
        firstInstant = instant;
        firstId = row.id;
      }
    }
    const changed = new RowBlock(order, this.#base, size, firstInstant, firstId);
    changed.#edits = edits;
    changed.#index = this.#index;
    changed.#indexedEdits = this.#indexedEdits;
    if (size > 0 && size <= rowsMax) return [changed];
    changed.#settle();
    return changed.#cut(rowsMax);
  }

  /** Each with its part of the index, if one can be cut out. */
  #cut(rowsMax: number): RowBlock[] {
    const blocks = cutIntoBlocks(this.#order, this.#base, rowsMax);
    let start = 0;
    for (const block of blocks) {
      block.#index = this.#index?.part(start, start + block.size);
      start += block.size;
    }
    return blocks;
  }

  #position(edits: readonly RowEdit[], instant: number, id: string): number {
    let position = searchRows(this.#order, this.#base, instant, id);
    const ownKey = this.#order === 'id' ? id : instant;
    for (const { key, row, removed } of edits) {
      if (key < ownKey || (key === instant && row.id < id)) position += removed ? -1 : 1;
    }
    return position;
  }

  /** Makes the edits, in the index too, so that later edits stay cheaper than a new index. */
  #settle(): void {
    if (this.#edits.length === 0) return;
    this.#index = this.#index?.edited(this.#edits.slice(this.#indexedEdits));
    this.#base = editRows(this.#base, this.#edits);
    this.#edits = [];
    this.#indexedEdits = 0;
  }
}

/**
 * Cuts rows in this order into blocks of about the same size. If there are several, each begins at a whole
 * word of a bitmap.
 */
export function cutIntoBlocks(order: RowOrder, { rows, keys }: KeyedRows, rowsMax: number): RowBlock[] {
  const alignment = rowsMax >= 3 * wordRows ? wordRows : 1;
  const pieces = Math.ceil(rows.length / (rowsMax - alignment + 1));
  const startOf = (piece: number): number => {
    const start = (piece * rows.length) / pieces;
    return piece === pieces ? rows.length : Math.floor(start / alignment) * alignment;
  };
  return Array.from({ length: pieces }, (_, i) => {
    const start = startOf(i);
    const end = startOf(i + 1);
    return RowBlock.of(order, { rows: rows.slice(start, end), keys: keys.slice(start, end) });
  });
}
