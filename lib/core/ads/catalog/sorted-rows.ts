import type { CatalogRow } from './catalog-row.ts';
import { cutIntoBlocks, RowBlock } from './row-block.ts';
import {
  instantOf,
  keyRows,
  mergeChanges,
  type KeyedRows,
  type RowChange,
  type RowOrder,
} from './row-order.ts';

/**
 * Rows per block. Each change copies the list of blocks, and every few changes a block is copied; at a
 * quarter of a million ads both have about the same size. 512 rows are 16 words, one cache line, of each
 * bitmap.
 */
export const blockRowsDefault = 512;

/** A position in an order. After the last row, `block` is the number of blocks. */
export interface RowPosition {
  readonly block: number;
  readonly row: number;
}

const noRows: KeyedRows = { rows: [], keys: [] };

/**
 * An immutable sorted sequence of rows, cut into blocks that successive versions share. A change replaces
 * only the blocks that it affects, so nothing needs compaction and the cost of a change is bounded.
 */
export class SortedRows {
  readonly blocks: readonly RowBlock[];
  readonly #order: RowOrder;
  readonly #blockRowsMax: number;

  private constructor(order: RowOrder, blocks: readonly RowBlock[], blockRowsMax: number) {
    this.#order = order;
    this.blocks = blocks;
    this.#blockRowsMax = blockRowsMax;
  }

  /** `rows` must be in this order. */
  static from(order: RowOrder, rows: KeyedRows, blockRowsMax: number): SortedRows {
    return new SortedRows(order, cutIntoBlocks(order, rows, blockRowsMax), blockRowsMax);
  }

  /** The first row at or after (instant, id). In the order 'id' the instant of every row is 0. */
  search(instant: number, id: string): RowPosition {
    const block = this.#blockOf(instant, id);
    const inside = this.blocks[block];
    if (inside === undefined) return { block: 0, row: 0 };
    const row = inside.search(instant, id);
    return row === inside.size ? { block: block + 1, row: 0 } : { block, row };
  }

  /** In the order 'id'. */
  find(id: string): CatalogRow | undefined {
    return this.blocks[this.#blockOf(0, id)]?.find(id);
  }

  /** undefined after the last row. */
  at(position: RowPosition): CatalogRow | undefined {
    return this.blocks[position.block]?.rows[position.row];
  }

  /** The row before a position; undefined at the first. */
  before(position: RowPosition): CatalogRow | undefined {
    return position.row > 0
      ? this.blocks[position.block]?.rows[position.row - 1]
      : this.blocks[position.block - 1]?.rows.at(-1);
  }

  /** The rows from a position on, until `wanted` is false or there are `rowsMax`. */
  takeWhile(from: RowPosition, wanted: (row: CatalogRow) => boolean, rowsMax: number): CatalogRow[] {
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

  /**
   * A copy with the changes made. They are in this order, the removal of an ad before its insertion; each
   * removed row must be here.
   */
  change(changes: readonly RowChange[]): SortedRows {
    const blocks = this.blocks.slice();
    // From the right, so that the positions of blocks still to change stay as they are.
    let end = changes.length;
    while (end > 0) {
      const { row } = changes[end - 1] as RowChange;
      const target = this.#blockOf(instantOf(this.#order, row), row.id);
      const start = target === 0 ? 0 : this.#firstInBlock(changes, end, target);
      this.#replace(blocks, target, changes.slice(start, end));
      end = start;
    }
    return new SortedRows(this.#order, blocks, this.#blockRowsMax);
  }

  #replace(blocks: RowBlock[], target: number, changes: readonly RowChange[]): void {
    const replaced =
      blocks[target]?.change(changes, this.#blockRowsMax) ??
      cutIntoBlocks(this.#order, mergeChanges(this.#order, noRows, changes), this.#blockRowsMax);
    const [only] = replaced;
    if (replaced.length === 1 && only !== undefined && target < blocks.length) blocks[target] = only;
    else blocks.splice(target, 1, ...replaced);
    if (replaced.length > 1) return;
    this.#join(blocks, target);
    this.#join(blocks, target - 1);
  }

  /** Joins two small neighbours, so that there are at most 4 * rows / blockRowsMax + 1 blocks. */
  #join(blocks: RowBlock[], left: number): void {
    const a = blocks[left];
    const b = blocks[left + 1];
    if (a === undefined || b === undefined) return;
    if (a.size + b.size > this.#blockRowsMax / 2) return;
    const rows = keyRows(this.#order, [...a.rows, ...b.rows]);
    blocks.splice(left, 2, RowBlock.of(this.#order, rows));
  }

  /** The last block that starts at or before (instant, id), or the first. */
  #blockOf(instant: number, id: string): number {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { firstInstant, firstId } = this.blocks[middle] as RowBlock;
      if (firstInstant > instant || (firstInstant === instant && firstId > id)) high = middle;
      else low = middle + 1;
    }
    return Math.max(low - 1, 0);
  }

  /** The first of the changes before `end` that belong to the block; all between belong to it too. */
  #firstInBlock(changes: readonly RowChange[], end: number, target: number): number {
    const { firstInstant, firstId } = this.blocks[target] as RowBlock;
    let first = end - 1;
    for (; first > 0; first--) {
      const { row } = changes[first - 1] as RowChange;
      const instant = instantOf(this.#order, row);
      if (instant < firstInstant || (instant === firstInstant && row.id < firstId)) break;
    }
    return first;
  }
}
