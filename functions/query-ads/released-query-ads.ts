import type { APIGatewayProxyResult } from 'aws-lambda';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import { createCatalogReader } from '../../lib/app/ads/catalog-reader.ts';
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
  /**
   * Loads the catalog before the container's first call. Resolves also if the store fails or is slow; the first
   * call then goes on with it.
   */
  readonly prepare: () => Promise<void>;
}

/** Lambda lets a container begin for 10 s; beyond that it starts again, and its first call waits for that. */
const prepareMsMax = 8000;

/** `query-ads` as a release deploys it: it also answers the calls that warm it up. */
export function createReleasedQueryAds(deps: ReleasedQueryAdsDeps): ReleasedQueryAds {
  const { clock } = deps;
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const answer = createQueryAds({ ...deps, catalogs });
  return {
    handler: (event, context) =>
      isWarmUpCall(event) ? warmUp({ ...deps, catalogs }, event) : answer(event, context),
    async prepare() {
      const timer = new AbortController();
      await Promise.race([catalogs.current([]), clock.sleep(prepareMsMax, timer.signal)]);
      timer.abort();
    },
  };
}
