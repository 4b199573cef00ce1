import { assert } from '../../assert.ts';
import type { AdChange } from '../ad-change.ts';
import type { Ad } from '../ad.ts';
import { CatalogRow } from './catalog-row.ts';
import type { CatalogRows } from './catalog-rows.ts';
import { Catalog } from './catalog.ts';

/**
 * A catalog in the making: the rows of a snapshot, or none, and the changes since. The index is built once,
 * from the end result.
 */
export class CatalogDraft {
  version: number;
  readonly #rows: CatalogRows;
  /** undefined: no change has been applied yet. Most cold starts need none. */
  #live: Map<string, CatalogRow | Ad> | undefined;

  /** The draft owns `rows` from now on. */
  constructor(rows: CatalogRows, version: number) {
    this.#rows = rows;
    this.version = version;
  }

  /**
   * Applies the next changes. Throws an AssertionError if one is not the next; the draft then keeps those
   * before it.
   */
  apply(changes: readonly AdChange[]): void {
    this.#live ??= new Map(this.#rows.rows.map((row) => [row.id, row]));
    for (const change of changes) {
      const { version } = change;
      assert(version === this.version + 1, `change ${version} after ${this.version}`);
      if (change.type === 'put') this.#live.set(change.ad.id, change.ad);
      else assert(this.#live.delete(change.adId), `change ${version} removes an unknown ad`);
      this.version = version;
    }
  }

  toCatalog(): Catalog {
    const { rows, countries } = this.#rows;
    if (this.#live === undefined) return Catalog.fromRows({ rows, countries }, this.version);
    const live = Array.from(this.#live.values(), (value) =>
      value instanceof CatalogRow ? value : CatalogRow.of(value, countries),
    );
    return Catalog.fromRows({ rows: live, countries }, this.version);
  }
}
