import { assert } from '../assert.ts';
import type { BitmapIndex } from './bitmap-index.ts';
import type { CatalogRow } from './catalog-row.ts';

/** What rows are sorted by; rows of one instant are sorted by id, so every order is total. */
export type RowOrder = 'id' | 'start' | 'end';

/** Sorts behind every id, so that `search(instant, afterEveryId)` finds the first row of a later instant. */
export const afterEveryId = '\uffff';

/**
 * Rows per block. A change copies its block and the list of blocks, which are about the same size at 500,000 ads; 512
 * rows are 16 words, one cache line, per bitmap.
 */
export const blockRowsDefault = 512;

/** A stretch of the order: never empty, never changed. */
export class RowBlock {
  readonly rows: readonly CatalogRow[];
  readonly firstInstant: number;
  readonly firstId: string;
  /** Made by whoever first asks a question that needs it. */
  index: BitmapIndex | undefined = undefined;

  constructor(order: RowOrder, rows: readonly CatalogRow[]) {
    const [first] = rows;
    assert(first !== undefined, 'a block has no rows');
    this.rows = rows;
    this.firstInstant = instantOf(order, first);
    this.firstId = first.ad.id;
  }
}

/** A place in the order; `block` is the number of blocks when it is behind the last row. */
export interface RowPlace {
  readonly block: number;
  readonly row: number;
}

/**
 * An immutable sorted sequence of rows, cut into blocks that successive versions share. A change makes new blocks only
 * where it falls, so there is nothing to mark as dead and nothing to compact: the cost of a change is bounded.
 */
export class SortedRows {
  readonly order: RowOrder;
  readonly blocks: readonly RowBlock[];
  readonly #blockRowsMax: number;

  private constructor(order: RowOrder, blocks: readonly RowBlock[], blockRowsMax: number) {
    this.order = order;
    this.blocks = blocks;
    this.#blockRowsMax = blockRowsMax;
  }

  /** `rows` are in this order already. */
  static from(order: RowOrder, rows: readonly CatalogRow[], blockRowsMax = blockRowsDefault): SortedRows {
    const blocks: RowBlock[] = [];
    for (let start = 0; start < rows.length; start += blockRowsMax) {
      blocks.push(new RowBlock(order, rows.slice(start, start + blockRowsMax)));
    }
    return new SortedRows(order, blocks, blockRowsMax);
  }

  /** The first row at or behind (instant, id). In the order 'id' the instant of every row is 0. */
  search(instant: number, id: string): RowPlace {
    const block = this.#blockOf(instant, id);
    const rows = this.blocks[block]?.rows ?? [];
    const row = searchRows(this.order, rows, instant, id, 0);
    return row === rows.length && rows.length > 0 ? { block: block + 1, row: 0 } : { block, row };
  }

  /** undefined behind the last row. */
  at(place: RowPlace): CatalogRow | undefined {
    return this.blocks[place.block]?.rows[place.row];
  }

  /** The row in front of a place; undefined at the first. */
  before(place: RowPlace): CatalogRow | undefined {
    return place.row > 0
      ? this.blocks[place.block]?.rows[place.row - 1]
      : this.blocks[place.block - 1]?.rows.at(-1);
  }

  /** The rows from a place on for which `wanted` holds, up to the first that it does not or to `rowsMax` of them. */
  takeWhile(from: RowPlace, wanted: (row: CatalogRow) => boolean, rowsMax: number): CatalogRow[] {
    const taken: CatalogRow[] = [];
    let start = from.row;
    for (let block = from.block; block < this.blocks.length; block++) {
      const rows = this.blocks[block]?.rows ?? [];
      for (let i = start; i < rows.length; i++) {
        const row = rows[i] as CatalogRow;
        if (taken.length === rowsMax || !wanted(row)) return taken;
        taken.push(row);
      }
      start = 0;
    }
    return taken;
  }

  /** Without `removed`, every one of which is here, and with `added`; both are in this order. */
  change(removed: readonly CatalogRow[], added: readonly CatalogRow[]): SortedRows {
    const blocks: RowBlock[] = [];
    let next = 0; // The first old block that is not yet in `blocks`.
    let r = 0;
    let a = 0;
    while (r < removed.length || a < added.length) {
      const first = this.#earlier(removed[r], added[a]);
      const target = this.#blockOf(instantOf(this.order, first), first.ad.id);
      for (; next < target; next++) blocks.push(this.blocks[next] as RowBlock);
      const rEnd = this.#endBefore(this.blocks[target + 1], removed, r);
      const aEnd = this.#endBefore(this.blocks[target + 1], added, a);
      const rows = this.blocks[target]?.rows ?? [];
      this.#push(blocks, editRows(this.order, rows, removed.slice(r, rEnd), added.slice(a, aEnd)));
      next = target + 1;
      // A changed block may have become small: its right neighbour joins it, as its left one does in #push.
      const neighbour = this.blocks[next];
      if (neighbour !== undefined && this.#joins(blocks.at(-1), neighbour.rows)) {
        const untouched = this.#endBefore(this.blocks[next + 1], removed, rEnd) === rEnd;
        if (untouched && this.#endBefore(this.blocks[next + 1], added, aEnd) === aEnd) {
          this.#push(blocks, neighbour.rows);
          next++;
        }
      }
      r = rEnd;
      a = aEnd;
    }
    for (; next < this.blocks.length; next++) blocks.push(this.blocks[next] as RowBlock);
    return new SortedRows(this.order, blocks, this.#blockRowsMax);
  }

  /** The last block that starts at or in front of (instant, id), or the first. */
  #blockOf(instant: number, id: string): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const block = this.blocks[middle] as RowBlock;
      const behind = block.firstInstant > instant || (block.firstInstant === instant && block.firstId > id);
      if (behind) high = middle;
      else low = middle + 1;
    }
    return Math.max(low - 1, 0);
  }

  #earlier(a: CatalogRow | undefined, b: CatalogRow | undefined): CatalogRow {
    const earlier = a === undefined || (b !== undefined && compareRows(this.order, b, a) < 0) ? b : a;
    assert(earlier !== undefined, 'no row left');
    return earlier;
  }

  /** Where in `rows`, from `start` on, the rows end that belong in front of `bound`. */
  #endBefore(bound: RowBlock | undefined, rows: readonly CatalogRow[], start: number): number {
    if (bound === undefined) return rows.length;
    let end = start;
    while (
      end < rows.length &&
      compareRows(this.order, rows[end] as CatalogRow, bound.rows[0] as CatalogRow) < 0
    )
      end++;
    return end;
  }

  /** Small neighbours become one block, so that there are at most 4 * rows / blockRowsMax + 1 blocks. */
  #joins(block: RowBlock | undefined, rows: readonly CatalogRow[]): block is RowBlock {
    return block !== undefined && block.rows.length + rows.length <= this.#blockRowsMax / 2;
  }

  #push(blocks: RowBlock[], rows: readonly CatalogRow[]): void {
    if (rows.length === 0) return;
    const last = blocks.at(-1);
    if (this.#joins(last, rows)) {
      blocks[blocks.length - 1] = new RowBlock(this.order, [...last.rows, ...rows]);
      return;
    }
    const pieces = Math.ceil(rows.length / this.#blockRowsMax);
    for (let i = 0; i < pieces; i++) {
      const start = Math.floor((i * rows.length) / pieces);
      const end = Math.floor(((i + 1) * rows.length) / pieces);
      blocks.push(new RowBlock(this.order, pieces === 1 ? rows : rows.slice(start, end)));
    }
  }
}

export function instantOf(order: RowOrder, row: CatalogRow): number {
  return order === 'end' ? row.ad.endAt : order === 'start' ? row.ad.startAt : 0;
}

function compareRows(order: RowOrder, a: CatalogRow, b: CatalogRow): number {
  return instantOf(order, a) - instantOf(order, b) || (a.ad.id < b.ad.id ? -1 : a.ad.id > b.ad.id ? 1 : 0);
}

/** The first of `rows`, from `start` on, at or behind (instant, id). */
function searchRows(
  order: RowOrder,
  rows: readonly CatalogRow[],
  instant: number,
  id: string,
  start: number,
): number {
  let low = start;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle] as CatalogRow;
    const own = instantOf(order, row);
    if (own < instant || (own === instant && row.ad.id < id)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A copy of `rows` with the edits; an ad that keeps its place is removed there before it is added. */
function editRows(
  order: RowOrder,
  rows: readonly CatalogRow[],
  removed: readonly CatalogRow[],
  added: readonly CatalogRow[],
): CatalogRow[] {
  const result: CatalogRow[] = [];
  let next = 0;
  let r = 0;
  let a = 0;
  while (r < removed.length || a < added.length) {
    const remove = removed[r];
    const add = added[a];
    const removes = remove !== undefined && (add === undefined || compareRows(order, remove, add) <= 0);
    const edit = (removes ? remove : add) as CatalogRow;
    const place = searchRows(order, rows, instantOf(order, edit), edit.ad.id, next);
    for (; next < place; next++) result.push(rows[next] as CatalogRow);
    if (removes) {
      assert(rows[next] === edit, 'a removed row is not in its place');
      next++;
      r++;
    } else {
      result.push(edit);
      a++;
    }
  }
  for (; next < rows.length; next++) result.push(rows[next] as CatalogRow);
  return result;
}
