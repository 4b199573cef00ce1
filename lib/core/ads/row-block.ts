import { assert } from '../assert.ts';
import { rowEditsMax, type RowEdit } from './bitmap-edit.ts';
import { BitmapIndex } from './bitmap-index.ts';
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

/** An index of the block that another one came from, and what was edited since: the short way to that one's index. */
interface OutdatedIndex {
  readonly index: BitmapIndex;
  readonly edits: readonly RowEdit[];
}

/** A stretch of a sorted order: never empty, its rows never change. */
export class RowBlock implements KeyedRows {
  readonly rows: readonly CatalogRow[];
  readonly keys: readonly number[] | readonly string[];
  readonly firstInstant: number;
  readonly firstId: string;
  #index: BitmapIndex | undefined = undefined;
  #outdated: OutdatedIndex | undefined;

  constructor(order: RowOrder, { rows, keys }: KeyedRows, outdated?: OutdatedIndex) {
    const [first] = rows;
    assert(first !== undefined, 'a block has no rows');
    this.rows = rows;
    this.keys = keys;
    this.firstInstant = instantOf(order, first);
    this.firstId = first.ad.id;
    this.#outdated = outdated;
  }

  /** Made on first use: a block that is replaced before anyone asks costs none. */
  indexed(countries: CountrySlots): BitmapIndex {
    if (this.#index !== undefined) return this.#index;
    const outdated = this.#outdated;
    this.#outdated = undefined;
    this.#index = outdated?.index.edited(outdated.edits, countries) ?? BitmapIndex.of(this.rows, countries);
    return this.#index;
  }

  /** The blocks of `rowsMax` rows at most that take this one's place; none if no row is left. */
  change(order: RowOrder, changes: readonly RowChange[], rowsMax: number): RowBlock[] {
    if (changes.length > rowEditsMax)
      return cutIntoBlocks(order, mergeChanges(order, this, changes), rowsMax);
    const rows = this.rows.slice();
    const keys = this.keys.slice() as (number | string)[];
    const copy = { rows, keys } as KeyedRows;
    const edits: RowEdit[] = [];
    for (const { row, removed } of changes) {
      const instant = instantOf(order, row);
      const place = searchRows(order, copy, instant, row.ad.id);
      if (removed) {
        assert(rows[place] === row, 'a removed row is not in its place');
        rows.splice(place, 1);
        keys.splice(place, 1);
      } else {
        rows.splice(place, 0, row);
        keys.splice(place, 0, keyOf(order, row));
      }
      edits.push({ place, row: removed ? undefined : row });
    }
    if (rows.length === 0 || rows.length > rowsMax) return cutIntoBlocks(order, copy, rowsMax);
    return [new RowBlock(order, copy, this.#outdatedBy(edits))];
  }

  #outdatedBy(edits: readonly RowEdit[]): OutdatedIndex | undefined {
    if (this.#index !== undefined) return { index: this.#index, edits };
    if (this.#outdated === undefined) return undefined;
    const { index, edits: earlier } = this.#outdated;
    return earlier.length + edits.length > rowEditsMax ? undefined : { index, edits: [...earlier, ...edits] };
  }
}

/** Rows in this order as blocks of about the same size. */
export function cutIntoBlocks(order: RowOrder, { rows, keys }: KeyedRows, rowsMax: number): RowBlock[] {
  const pieces = Math.ceil(rows.length / rowsMax);
  return Array.from({ length: pieces }, (_, i) => {
    const start = Math.floor((i * rows.length) / pieces);
    const end = Math.floor(((i + 1) * rows.length) / pieces);
    return new RowBlock(order, { rows: rows.slice(start, end), keys: keys.slice(start, end) });
  });
}
