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
  /** The end of a load that no change has followed yet: most cold starts need no more than that. */
  #loaded: { readonly ads: readonly Ad[]; readonly version: number } | undefined;
  #state: StateFollower | undefined;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    if (catalog.version === 0) this.#state = new StateFollower();
  }

  /** It started from a snapshot, or from nothing at all. */
  get reloaded(): boolean {
    return this.#loaded !== undefined || this.#state !== undefined;
  }

  get version(): number {
    return this.#loaded?.version ?? this.#state?.version ?? this.#catalog.version;
  }

  load(ads: readonly Ad[], version: number): void {
    this.#loaded = { ads, version };
  }

  apply(changes: readonly AdChange[]): void {
    if (this.#loaded !== undefined) {
      this.#state = new StateFollower();
      this.#state.load(this.#loaded.ads, this.#loaded.version);
      this.#loaded = undefined;
    }
    if (this.#state === undefined) this.#catalog = this.#catalog.apply(changes);
    else this.#state.apply(changes);
  }

  catalog(): Catalog {
    if (this.version === this.#catalog.version) return this.#catalog;
    const ads = this.#loaded?.ads ?? [...(this.#state?.state.ads.values() ?? [])];
    return Catalog.from(ads, this.version);
  }
}
