import { assert } from '../../assert.ts';
import type { CatalogRow } from './catalog-row.ts';

/** What rows are sorted by; rows of one instant are sorted by id, so every order is total. */
export type RowOrder = 'id' | 'start' | 'end';

/**
 * Sorts after every id, so that a search for (instant, afterEveryId) finds the first row of a later instant.
 */
export const afterEveryId = '\uffff';

/** A row that is inserted into an order, or removed from it. */
export interface RowChange {
  readonly row: CatalogRow;
  readonly removed: boolean;
}

/**
 * Rows in an order, and for each the first part of its sort key: its instant, or in the order 'id' its id. A
 * search that had to read the ads would wait for memory three times a step.
 */
export interface KeyedRows {
  readonly rows: readonly CatalogRow[];
  readonly keys: readonly number[] | readonly string[];
}

/** In the order 'id' the instant of every row is 0. */
export function instantOf(order: RowOrder, row: CatalogRow): number {
  return order === 'end' ? row.endAt : order === 'start' ? row.startAt : 0;
}

export function keyRows(order: RowOrder, rows: readonly CatalogRow[]): KeyedRows {
  return { rows, keys: rows.map((row) => keyOf(order, row)) } as KeyedRows;
}

/** The first row, from `start` on, at or after (instant, id). */
export function searchRows(
  order: RowOrder,
  { rows, keys }: KeyedRows,
  instant: number,
  id: string,
  start = 0,
): number {
  return order === 'id'
    ? searchIds(keys as readonly string[], id, start)
    : searchInstants(keys as readonly number[], rows, instant, id, start);
}

/** The key that is kept beside a row. */
export function keyOf(order: RowOrder, row: CatalogRow): number | string {
  return order === 'id' ? row.id : instantOf(order, row);
}

/** A copy with many changes made. They are in this order, a removal before the insertion of the same ad. */
export function mergeChanges(order: RowOrder, old: KeyedRows, changes: readonly RowChange[]): KeyedRows {
  const grown = changes.reduce((sum, { removed }) => sum + (removed ? -1 : 1), 0);
  const rows = new Array<CatalogRow>(old.rows.length + grown);
  const keys = new Array<number | string>(rows.length);
  let size = 0;
  let next = 0;
  const keepUntil = (end: number): void => {
    for (; next < end; next++, size++) {
      rows[size] = old.rows[next] as CatalogRow;
      keys[size] = old.keys[next] as number | string;
    }
  };
  for (const { row, removed } of changes) {
    keepUntil(searchRows(order, old, instantOf(order, row), row.id, next));
    if (removed) {
      assert(old.rows[next] === row, 'a removed row is not in its position');
      next++;
      continue;
    }
    rows[size] = row;
    keys[size++] = keyOf(order, row);
  }
  keepUntil(old.rows.length);
  return { rows, keys } as KeyedRows;
}

function searchIds(ids: readonly string[], id: string, start: number): number {
  let low = start;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

function searchInstants(
  instants: readonly number[],
  rows: readonly CatalogRow[],
  instant: number,
  id: string,
  start: number,
): number {
  let low = start;
  let high = instants.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const own = instants[middle] as number;
    if (own < instant || (own === instant && (rows[middle] as CatalogRow).id < id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
