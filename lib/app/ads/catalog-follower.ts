import type { AdChange } from '../../core/ads/ad-change.ts';
import { CatalogRows } from '../../core/ads/catalog-rows.ts';
import { Catalog } from '../../core/ads/catalog.ts';
import { StateFollower, type AdFollower } from './ad-recovery.ts';

/**
 * Follows into a catalog: one that has something, be it from a snapshot, change by change; an empty one by way of plain
 * state, so that the index is built once, from the end result.
 */
export class CatalogFollower implements AdFollower<CatalogRows> {
  #catalog: Catalog;
  #state: StateFollower | undefined;
  #reloaded: boolean;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.#reloaded = catalog.version === 0;
    if (this.#reloaded) this.#state = new StateFollower();
  }

  /** It started from a snapshot, or from nothing at all. */
  get reloaded(): boolean {
    return this.#reloaded;
  }

  get version(): number {
    return this.#state?.version ?? this.#catalog.version;
  }

  createRows(): CatalogRows {
    return new CatalogRows();
  }

  load(rows: CatalogRows, version: number): void {
    this.#catalog = Catalog.fromRows(rows, version);
    this.#state = version === 0 ? new StateFollower() : undefined;
    this.#reloaded = true;
  }

  apply(changes: readonly AdChange[]): void {
    if (this.#state === undefined) this.#catalog = this.#catalog.apply(changes);
    else this.#state.apply(changes);
  }

  catalog(): Catalog {
    if (this.version === this.#catalog.version) return this.#catalog;
    return Catalog.from([...(this.#state?.state.ads.values() ?? [])], this.version);
  }
}
