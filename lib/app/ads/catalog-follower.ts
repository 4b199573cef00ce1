import type { AdChange } from '../../core/ads/ad-change.ts';
import { Catalog } from '../../core/ads/catalog.ts';
import type { Ad } from '../../core/ads/ad.ts';
import { StateFollower, type AdFollower } from './ad-recovery.ts';

/**
 * Follows into a catalog: a warm one change by change; a cold one by way of plain state, so that the index is built
 * once, from the end result.
 */
export class CatalogFollower implements AdFollower {
  #catalog: Catalog;
  #loading: StateFollower | undefined;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    if (catalog.version === 0) this.#loading = new StateFollower();
  }

  /** It started from a snapshot, or from nothing at all. */
  get reloaded(): boolean {
    return this.#loading !== undefined;
  }

  get version(): number {
    return this.#loading?.version ?? this.#catalog.version;
  }

  load(ads: readonly Ad[], version: number): void {
    this.#loading = new StateFollower();
    this.#loading.load(ads, version);
  }

  apply(changes: readonly AdChange[]): void {
    if (this.#loading === undefined) this.#catalog = this.#catalog.apply(changes);
    else this.#loading.apply(changes);
  }

  catalog(): Catalog {
    if (this.#loading === undefined || this.#loading.version === this.#catalog.version) return this.#catalog;
    const { state, version } = this.#loading;
    return Catalog.from([...state.ads.values()], version);
  }
}
