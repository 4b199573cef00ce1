import { matchesFilter } from '../../../lib/core/ads/ad-filter.ts';
import { adToJson } from '../../../lib/core/ads/ad-json.ts';
import type { Ad } from '../../../lib/core/ads/ad.ts';
import type { AdFilter, CatalogPage } from '../../../lib/core/ads/catalog/catalog.ts';
import type { PageIndex } from './page-index.ts';

/**
 * Checks every ad for each query. The ads are sorted and serialised beforehand, so that only the checks are
 * measured.
 */
export class ScanIndex implements PageIndex {
  readonly #ads: readonly Ad[];
  readonly #json: readonly string[];

  constructor(ads: readonly Ad[]) {
    this.#ads = ads.toSorted((a, b) => a.endAt - b.endAt || (a.id < b.id ? -1 : 1));
    this.#json = this.#ads.map(adToJson);
  }

  query(
    filter: AdFilter,
    atMs: number,
    page: { readonly offset: number; readonly limit: number },
  ): CatalogPage {
    const items: string[] = [];
    let total = 0;
    for (let i = 0; i < this.#ads.length; i++) {
      const ad = this.#ads[i] as Ad;
      if (ad.startAt > atMs || ad.endAt <= atMs || !matchesFilter(ad, filter)) continue;
      if (total >= page.offset && items.length < page.limit) items.push(this.#json[i] as string);
      total += 1;
    }
    return { items, total };
  }
}
