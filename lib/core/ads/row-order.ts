import { assert } from '../assert.ts';
import type { CatalogRow } from './catalog-row.ts';

/** What rows are sorted by; rows of one instant are sorted by id, so every order is total. */
export type RowOrder = 'id' | 'start' | 'end';

/** Sorts behind every id, so that a search for (instant, afterEveryId) finds the first row of a later instant. */
export const afterEveryId = '\uffff';

/** A row that comes into an order, or leaves it. */
export interface RowChange {
  readonly row: CatalogRow;
  readonly removed: boolean;
}

/** By id alone the instant of every row is 0. */
export function instantOf(order: RowOrder, row: CatalogRow): number {
  return order === 'end' ? row.ad.endAt : order === 'start' ? row.ad.startAt : 0;
}

/** The first of `rows`, from `start` on, at or behind (instant, id). */
export function searchRows(
  order: RowOrder,
  rows: readonly CatalogRow[],
  instant: number,
  id: string,
  start = 0,
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

/** A copy of `rows` with many changes, which are in this order, a removal before the addition of the same ad. */
export function mergeChanges(
  order: RowOrder,
  rows: readonly CatalogRow[],
  changes: readonly RowChange[],
): CatalogRow[] {
  const grown = changes.reduce((sum, { removed }) => sum + (removed ? -1 : 1), 0);
  const result = new Array<CatalogRow>(rows.length + grown);
  let size = 0;
  let next = 0;
  for (const { row, removed } of changes) {
    const place = searchRows(order, rows, instantOf(order, row), row.ad.id, next);
    while (next < place) result[size++] = rows[next++] as CatalogRow;
    if (!removed) {
      result[size++] = row;
      continue;
    }
    assert(rows[next] === row, 'a removed row is not in its place');
    next++;
  }
  while (next < rows.length) result[size++] = rows[next++] as CatalogRow;
  return result;
}
