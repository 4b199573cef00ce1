import { isDeepStrictEqual } from 'node:util';
import {
  isStateStoreError,
  readItemsMax,
  type Attributes,
  type ItemKey,
  type WriteAction,
} from '../../ports/state-store.ts';
import type { TableItem, WholeTable } from '../../ports/whole-table.ts';

/** Counts of items: the live table compared with the restored one. */
export interface TableDifference {
  /** Items of the restored table. */
  readonly items: number;
  readonly missing: number;
  readonly differing: number;
  /** Items that only the live table has. */
  readonly surplus: number;
}

export interface RestoreTables {
  readonly live: WholeTable;
  readonly restored: WholeTable;
}

/**
 * Compares the live table with a restored one, item by item. With `apply` it also makes them equal: it puts
 * items that are missing or differ, and deletes surplus ones. It may stop at any point and be run again.
 * Nothing else may write to the table: the last writer would win, and a running consumer would lose its
 * marks. Rejects with a StateStoreError.
 */
export async function restoreTable(
  { live, restored }: RestoreTables,
  { apply }: { readonly apply: boolean },
): Promise<TableDifference> {
  let items = 0;
  let missing = 0;
  let differing = 0;
  let surplus = 0;
  for await (const { item, other } of pairs(restored, live)) {
    items += item.length;
    const puts = item.filter(({ attributes }, i) => !isDeepStrictEqual(attributes, other[i]));
    const absent = other.filter((attributes) => attributes === undefined).length;
    missing += absent;
    differing += puts.length - absent;
    if (apply) await writeAll(live, puts.map(toPut));
  }
  for await (const { item, other } of pairs(live, restored)) {
    const deletes = item.filter((_, i) => other[i] === undefined);
    surplus += deletes.length;
    if (apply) await writeAll(live, deletes.map(toDelete));
  }
  return { items, missing, differing, surplus };
}

interface Pairs {
  readonly item: readonly TableItem[];
  /** The other table's items under the same keys. */
  readonly other: readonly (Attributes | undefined)[];
}

async function* pairs(table: WholeTable, otherTable: WholeTable): AsyncGenerator<Pairs> {
  for await (const page of table.pages()) {
    for (let from = 0; from < page.length; from += readItemsMax) {
      const item = page.slice(from, from + readItemsMax);
      yield { item, other: await otherTable.store.getMany(item.map(({ key }) => key)) };
    }
  }
}

type Write = Exclude<WriteAction, { type: 'check' }>;

async function writeAll(table: WholeTable, actions: readonly Write[]): Promise<void> {
  const results = await table.store.writeEach(actions);
  const failure = results.find(isStateStoreError);
  if (failure !== undefined) throw failure;
}

function toPut({ key, attributes }: TableItem): Write {
  return { type: 'put', key, attributes };
}

function toDelete({ key }: { readonly key: ItemKey }): Write {
  return { type: 'delete', key };
}
