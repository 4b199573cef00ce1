import { createAggregateIncrements } from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createAuthorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { createDescribeApi, type DescribeApiDeps } from '../../functions/describe-api/describe-api.ts';
import { createExpireAd } from '../../functions/expire-ad/expire-ad.ts';
import { createIngestAds } from '../../functions/ingest-ads/ingest-ads.ts';
import { createIngestIncrements } from '../../functions/ingest-increments/ingest-increments.ts';
import { createOperateQuarantine } from '../../functions/operate-quarantine/operate-quarantine.ts';
import { createProjectAds } from '../../functions/project-ads/project-ads.ts';
import { createQueryAds, type QueryAdsDeps } from '../../functions/query-ads/query-ads.ts';
import { createReadCounters } from '../../functions/read-counters/read-counters.ts';
import { createReadStats, type ReadStatsDeps } from '../../functions/read-stats/read-stats.ts';
import { createSweepAds } from '../../functions/sweep-ads/sweep-ads.ts';
import type { Ports } from '../app/ports.ts';
import type { FunctionName } from '../stages.ts';

export type EmbeddedFunctions = ReturnType<typeof createFunctions>;

/** Every function, once each: one warm container that never gets cold. `portsOf`: each has a telemetry of its own. */
export function createFunctions(
  portsOf: (name: FunctionName) => Ports,
  extras: Required<
    Pick<QueryAdsDeps, 'catalogs'> & Pick<DescribeApiDeps, 'facts'> & Pick<ReadStatsDeps, 'stats'>
  >,
) {
  return {
    http: {
      'ingest-ads': createIngestAds(portsOf('ingest-ads')),
      'ingest-increments': createIngestIncrements(portsOf('ingest-increments')),
      'query-ads': createQueryAds({ ...portsOf('query-ads'), catalogs: extras.catalogs }),
      'read-counters': createReadCounters(portsOf('read-counters')),
      'describe-api': createDescribeApi({ ...portsOf('describe-api'), facts: extras.facts }),
      'operate-quarantine': createOperateQuarantine(portsOf('operate-quarantine')),
      'read-stats': createReadStats({ ...portsOf('read-stats'), stats: extras.stats }),
    },
    'authorize-request': createAuthorizeRequest(portsOf('authorize-request')),
    'project-ads': createProjectAds(portsOf('project-ads')),
    'aggregate-increments': createAggregateIncrements(portsOf('aggregate-increments')),
    'expire-ad': createExpireAd(portsOf('expire-ad')),
    'sweep-ads': createSweepAds(portsOf('sweep-ads')),
  };
}
