import { adBytes } from '../../../../lib/core/ads/ad-content.ts';
import type { AdChange } from '../../../../lib/core/ads/ad-change.ts';
import { adToJson } from '../../../../lib/core/ads/ad-json.ts';
import type { Ad } from '../../../../lib/core/ads/ad.ts';
import type { AdFilter, CatalogPage } from '../../../../lib/core/ads/catalog/catalog.ts';

/** What a catalog promises, by filtering and sorting an array: the model that the tests compare with. */
export class NaiveCatalog {
  readonly ads: readonly Ad[];

  constructor(ads: readonly Ad[]) {
    this.ads = ads;
  }

  get bytes(): number {
    return this.ads.reduce((sum, ad) => sum + adBytes(ad), 0);
  }

  apply(changes: readonly AdChange[]): NaiveCatalog {
    const ads = new Map(this.ads.map((ad) => [ad.id, ad]));
    for (const change of changes) {
      if (change.type === 'put') ads.set(change.ad.id, change.ad);
      else ads.delete(change.adId);
    }
    return new NaiveCatalog([...ads.values()]);
  }

  query(filter: AdFilter, atMs: number, page: { offset: number; limit: number }): CatalogPage {
    const matches = this.ads
      .filter((ad) => ad.status !== 'paused' && ad.startAt <= atMs && atMs < ad.endAt && admits(ad, filter))
      .sort((a, b) => a.endAt - b.endAt || (a.id < b.id ? -1 : 1));
    const items = matches.slice(page.offset, page.offset + page.limit).map(adToJson);
    return { items, total: matches.length };
  }

  listById(afterId: string | undefined, limit: number, atMs: number): string[] {
    return this.ads
      .filter((ad) => atMs < ad.endAt && (afterId === undefined || ad.id > afterId))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map(adToJson);
  }

  /** Every start and end of ads that are not paused, sorted. */
  instants(): number[] {
    return this.ads
      .filter(({ status }) => status !== 'paused')
      .flatMap((ad) => [ad.startAt, ad.endAt])
      .sort((a, b) => a - b);
  }
}

function admits(ad: Ad, { age, country, gender, platform }: AdFilter): boolean {
  return (
    (ad.ageStart === null || age === undefined || (age !== 'unknown' && ad.ageStart <= age)) &&
    (ad.ageEnd === null || age === undefined || (age !== 'unknown' && ad.ageEnd >= age)) &&
    (country === undefined || isTargeted(ad.country, country)) &&
    (gender === undefined || isTargeted(ad.gender, gender)) &&
    (platform === undefined || isTargeted(ad.platform, platform))
  );
}

/** A value that no ad names, `unknown` too, matches only ads without that target. */
function isTargeted(targets: readonly string[], value: string): boolean {
  return targets.length === 0 || targets.includes(value);
}
