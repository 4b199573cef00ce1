import type { AdFilter, CatalogPage } from '../../../lib/core/ads/catalog/catalog.ts';

/** What the catalog answers, and so does whatever it is compared with. */
export interface PageIndex {
  query(
    filter: AdFilter,
    atMs: number,
    page: { readonly offset: number; readonly limit: number },
  ): CatalogPage;
}
