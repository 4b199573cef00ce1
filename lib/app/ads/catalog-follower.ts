import type { AdChange } from '../../core/ads/ad-change.ts';
import { CatalogDraft } from '../../core/ads/catalog/catalog-draft.ts';
import { CatalogRows } from '../../core/ads/catalog/catalog-rows.ts';
import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { SnapshotTools } from '../../core/ads/snapshot/snapshot-codec.ts';
import type { AdFollower } from './ad-recovery.ts';
import { snapshotTools } from './snapshot-tools.ts';

/** Follows the change log with a catalog. */
export interface CatalogFollowing extends AdFollower {
  /** Whether it started from a snapshot, or from nothing. */
  readonly reloaded: boolean;
  catalog(): Catalog;
}

/**
 * What makes catalogs of the bytes in the store. It decides nothing, so several readers in one process may share its
 * work.
 */
export interface CatalogMaking {
  readonly tools: SnapshotTools;
  /** Goes on from a catalog. */
  follow(catalog: Catalog): CatalogFollowing;
}

export const catalogMaking: CatalogMaking = {
  tools: snapshotTools,
  follow: (catalog) => new CatalogFollower(catalog),
};

/** Builds a catalog: a warm one change by change, a cold one through a draft. */
export class CatalogFollower implements AdFollower<CatalogRows>, CatalogFollowing {
  #catalog: Catalog;
  #draft: CatalogDraft | undefined;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    if (catalog.version === 0) this.#draft = new CatalogDraft(new CatalogRows(), 0);
  }

  get reloaded(): boolean {
    return this.#draft !== undefined;
  }

  get version(): number {
    return this.#draft?.version ?? this.#catalog.version;
  }

  createRows(): CatalogRows {
    return new CatalogRows();
  }

  load(rows: CatalogRows, version: number): void {
    this.#draft = new CatalogDraft(rows, version);
  }

  apply(changes: readonly AdChange[]): void {
    if (this.#draft === undefined) this.#catalog = this.#catalog.apply(changes);
    else this.#draft.apply(changes);
  }

  catalog(): Catalog {
    if (this.#draft === undefined || this.version === this.#catalog.version) return this.#catalog;
    return this.#draft.toCatalog();
  }
}
