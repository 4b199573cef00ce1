import type { AdFilter, CatalogPage } from '../../../lib/core/ads/catalog/catalog.ts';

/** The queries that the catalog and the indexes compared with it answer. */
export interface PageIndex {
  query(
    filter: AdFilter,
    atMs: number,
    page: { readonly offset: number; readonly limit: number },
  ): CatalogPage;
}
