import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createAuthorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { createDescribeApi, type DescribeApiDeps } from '../../functions/describe-api/describe-api.ts';
import { createExpireAd } from '../../functions/expire-ad/expire-ad.ts';
import { createIngestAds } from '../../functions/ingest-ads/ingest-ads.ts';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { createProjectAds } from '../../functions/project-ads/project-ads.ts';
import { createQueryAds, type QueryAdsDeps } from '../../functions/query-ads/query-ads.ts';
import { createReadCounters } from '../../functions/read-counters/read-counters.ts';
import { createSweepAds } from '../../functions/sweep-ads/sweep-ads.ts';
import type { Ports } from '../app/ports.ts';

export type EmbeddedFunctions = ReturnType<typeof createFunctions>;

/** Every function, once each: one warm container that never gets cold. */
export function createFunctions(
  ports: Ports,
  extras: Required<Pick<QueryAdsDeps, 'catalogs'> & Pick<DescribeApiDeps, 'facts'>>,
) {
  return {
    http: {
      'ingest-ads': createIngestAds(ports),
      'ingest-increments': createIngestIncrements(ports),
      'query-ads': createQueryAds({ ...ports, catalogs: extras.catalogs }),
      'read-counters': createReadCounters(ports),
      'describe-api': createDescribeApi({ ...ports, facts: extras.facts }),
    },
    'authorize-request': createAuthorizeRequest(ports),
    'project-ads': createProjectAds(ports),
    'aggregate-increments': createAggregateIncrements(ports),
    'expire-ad': createExpireAd(ports),
    'sweep-ads': createSweepAds(ports),
  };
}
