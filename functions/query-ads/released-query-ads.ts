import type { APIGatewayProxyResult } from 'aws-lambda';
import type { ApiFunction } from '../../lib/api/api-function.ts';
import { errorFields } from '../../lib/ports/error-fields.ts';
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
   * Loads the catalog before the container's first call. Never rejects: if the store fails or is slow, the first call
   * goes on with it. `provisioned`: no call waits for the container, so it tries again for longer.
   */
  readonly prepare: (provisioned?: boolean) => Promise<void>;
}

/** Lambda lets a container begin for 10 s; beyond that it starts again, and its first call waits for that. */
const prepareMsMax = 8000;

/** A provisioned container has 130 s. */
const provisionedPrepareMsMax = 110_000;
const prepareTriesMax = 20;
const pauseMsMax = 5000;

/** `query-ads` as a release deploys it: it also answers the calls that warm it up. */
export function createReleasedQueryAds(deps: ReleasedQueryAdsDeps): ReleasedQueryAds {
  const { clock, ids } = deps;
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const answer = createQueryAds({ ...deps, catalogs });
  const loadOnce = async (triesMax: number): Promise<void> => {
    for (let tries = 1; tries <= triesMax; tries += 1) {
      const { status } = await catalogs.current([]);
      if (status === 'ok') return;
      if (tries < triesMax) await clock.sleep(ids.random() * pauseMsMax);
    }
  };
  return {
    handler: (event, context) =>
      isWarmUpCall(event) ? warmUp({ ...deps, catalogs }, event) : answer(event, context),
    async prepare(provisioned = false) {
      const timer = new AbortController();
      const late = clock.sleep(provisioned ? provisionedPrepareMsMax : prepareMsMax, timer.signal);
      try {
        await Promise.race([loadOnce(provisioned ? prepareTriesMax : 1), late]);
      } catch (error) {
        // A container that ends here is started again, and fails again; one that begins can say what is wrong.
        deps.telemetry.error('the catalog cannot be loaded', errorFields(error));
      } finally {
        timer.abort();
      }
    },
  };
}
