import { assert } from '../../assert.ts';
import type { AdChange } from '../ad-change.ts';
import type { Ad } from '../ad.ts';
import { CatalogRow } from './catalog-row.ts';
import type { CatalogRows } from './catalog-rows.ts';
import { Catalog } from './catalog.ts';

/**
 * What a catalog will be made of, while changes still follow: the rows of a snapshot, or none, and what has been put
 * since. So the index is built once, from the end result.
 */
export class CatalogDraft {
  version: number;
  readonly #rows: CatalogRows;
  /** undefined: no change has followed yet. Most cold starts need no more than that. */
  #live: Map<string, CatalogRow | Ad> | undefined;

  /** `rows` are the draft's from now on. */
  constructor(rows: CatalogRows, version: number) {
    this.#rows = rows;
    this.version = version;
  }

  /** The next changes. Throws an AssertionError when they are not: the draft is at the last one that was, then. */
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
