import { createHttpFunction, type HttpFunction } from '../../lib/api/answer/http-function.ts';
import { unroutedAnswer } from '../../lib/api/answer/unrouted.ts';
import { createAdReader } from '../../lib/app/ads/ad-reader.ts';
import { createCatalogReader, type CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { createExplainAds } from './explain-ads.ts';
import { createFindAds } from './find-ads.ts';
import { createListAds } from './list-ads.ts';
import { createReadAd } from './read-ad.ts';

export type QueryAdsDeps = Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'> & {
  /** The catalog to answer from, where somebody else wants to see it too; made here by default. */
  readonly catalogs?: CatalogReader;
};

/** Answers reads of ads, from the catalog in memory or, for one ad, from its item. */
export function createQueryAds(deps: QueryAdsDeps): HttpFunction {
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const findAds = createFindAds(deps, catalogs);
  const explainAds = createExplainAds(deps, catalogs);
  const listAds = createListAds(deps, catalogs);
  const readAd = createReadAd(deps, createAdReader(deps));
  return createHttpFunction(deps, (event) => {
    if (event.httpMethod !== 'GET' && event.httpMethod !== 'HEAD') return unroutedAnswer(event);
    switch (event.resource) {
      case '/api/v1/ad':
        return findAds(event);
      case '/api/v1/ad/explain':
        return explainAds(event);
      case '/api/v1/ad/{id}':
        return readAd(event);
      case '/api/v1/ads':
        return listAds(event);
      default:
        return unroutedAnswer(event);
    }
  });
}
