import type { APIGatewayProxyResult } from 'aws-lambda';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { loadAhead } from '../../lib/app/release/load-ahead.ts';
import { isWarmUpCall, warmUp, type WarmUpAnswer, type WarmUpCall } from '../../lib/app/release/warm-up.ts';
import { createQueryAds, type QueryAdsDeps } from './query-ads.ts';

export interface ReleasedQueryAdsDeps extends QueryAdsDeps {
  /** Names this container among all. */
  readonly container: string;
  /** The function's version, as Lambda numbers them. */
  readonly version: string;
}

export interface ReleasedQueryAds {
  readonly handler: (
    event: Parameters<ApiFunction>[0] | WarmUpCall,
    context?: Parameters<ApiFunction>[1],
  ) => Promise<APIGatewayProxyResult | WarmUpAnswer>;
  /** Loads the catalog before the container's first call (load-ahead.ts). Never rejects. */
  readonly prepare: (provisioned?: boolean) => Promise<void>;
}

/** `query-ads` as a release deploys it: it also answers the calls that warm it up. */
export function createReleasedQueryAds(deps: ReleasedQueryAdsDeps): ReleasedQueryAds {
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const answer = createQueryAds({ ...deps, catalogs });
  return {
    handler: (event, context) =>
      isWarmUpCall(event) ? warmUp({ ...deps, catalogs }, event) : answer(event, context),
    prepare: (provisioned) => loadAhead({ ...deps, catalogs }, { provisioned }),
  };
}
