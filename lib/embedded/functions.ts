import {
  createAggregateIncrements,
  type AggregateIncrementsDeps,
} from '../../functions/aggregate-increments/aggregate-increments.ts';
import { createAuditCounters } from '../../functions/audit-counters/audit-counters.ts';
import { createAuthorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { createDecideAds } from '../../functions/decide-ads/decide-ads.ts';
import { createDescribeApi, type DescribeApiDeps } from '../../functions/describe-api/describe-api.ts';
import { createExpireAd } from '../../functions/expire-ad/expire-ad.ts';
import { createIngestAds } from '../../functions/ingest-ads/ingest-ads.ts';
import {
  createIngestIncrements,
  type IngestIncrementsDeps,
} from '../../functions/ingest-increments/ingest-increments.ts';
import { createOperateQuarantine } from '../../functions/operate-quarantine/operate-quarantine.ts';
import { createProjectAds } from '../../functions/project-ads/project-ads.ts';
import { createQueryAds, type QueryAdsDeps } from '../../functions/query-ads/query-ads.ts';
import { createReadCounters } from '../../functions/read-counters/read-counters.ts';
import { createReadStats, type ReadStatsDeps } from '../../functions/read-stats/read-stats.ts';
import { createRunCanary } from '../../functions/run-canary/run-canary.ts';
import { createSweepAds } from '../../functions/sweep-ads/sweep-ads.ts';
import { createTrackAds } from '../../functions/track-ads/track-ads.ts';
import type { ConsoleSource } from '../api/document/console-page.ts';
import { createLastAudit } from '../app/audit/audit-result.ts';
import type { ScheduledAuditDeps } from '../app/audit/scheduled-audit.ts';
import { createLastCanary } from '../app/canary/canary-state.ts';
import type { CanaryDeps } from '../app/canary/run-canary.ts';
import type { Ports } from '../app/ports.ts';
import type { FunctionName } from '../stages.ts';
import { builtOnce } from './built-once.ts';

export type EmbeddedFunctions = ReturnType<typeof createFunctions>;

/** Wraps the calls of a function. */
export type AroundCalls = <A extends readonly unknown[], R>(
  name: FunctionName,
  work: (...args: A) => Promise<R>,
) => (...args: A) => Promise<R>;

/** Every function once, like one warm container each. `portsOf`: each function has its own telemetry. */
export function createFunctions(
  portsOf: (name: FunctionName) => Ports,
  extras: Required<
    Pick<QueryAdsDeps, 'catalogs'> &
      Pick<DescribeApiDeps, 'facts' | 'isWritable' | 'consolePage' | 'local'> &
      Pick<ReadStatsDeps, 'stats'> &
      Pick<AggregateIncrementsDeps, 'topKeys'> &
      Pick<IngestIncrementsDeps, 'usage'>
  > & {
    readonly audit: Pick<ScheduledAuditDeps, 'history' | 'book' | 'pauses' | 'isStopping'>;
    readonly canary: Pick<CanaryDeps, 'isStopping'>;
  },
  around: AroundCalls = (_name, work) => work,
) {
  const { catalogs, facts, isWritable, stats, consolePage, local, topKeys, usage, audit, canary } = extras;
  return {
    http: {
      'ingest-ads': around('ingest-ads', createIngestAds({ ...portsOf('ingest-ads'), usage })),
      'ingest-increments': around(
        'ingest-increments',
        createIngestIncrements({ ...portsOf('ingest-increments'), topKeys, usage }),
      ),
      'query-ads': around('query-ads', createQueryAds({ ...portsOf('query-ads'), catalogs, usage })),
      'read-counters': around('read-counters', createReadCounters({ ...portsOf('read-counters'), usage })),
      'describe-api': around(
        'describe-api',
        createDescribeApi({
          ...{ ...portsOf('describe-api'), facts, isWritable, consolePage, local },
          lastAudit: createLastAudit(portsOf('describe-api')),
          lastCanary: createLastCanary(portsOf('describe-api')),
        }),
      ),
      'operate-quarantine': around(
        'operate-quarantine',
        createOperateQuarantine(portsOf('operate-quarantine')),
      ),
      'decide-ads': around(
        'decide-ads',
        createDecideAds({ ...portsOf('decide-ads'), catalogs, usage, isOpen: local.isOpen }),
      ),
      'track-ads': around('track-ads', createTrackAds(portsOf('track-ads'))),
      'read-stats': around('read-stats', createReadStats({ ...portsOf('read-stats'), stats })),
    },
    'authorize-request': around('authorize-request', createAuthorizeRequest(portsOf('authorize-request'))),
    'project-ads': around('project-ads', createProjectAds(portsOf('project-ads'))),
    'aggregate-increments': around(
      'aggregate-increments',
      createAggregateIncrements({ ...portsOf('aggregate-increments'), topKeys }),
    ),
    'expire-ad': around('expire-ad', createExpireAd(portsOf('expire-ad'))),
    'sweep-ads': around('sweep-ads', createSweepAds(portsOf('sweep-ads'))),
    'audit-counters': around(
      'audit-counters',
      createAuditCounters({ ...portsOf('audit-counters'), ...audit }),
    ),
    'run-canary': around('run-canary', createRunCanary({ ...portsOf('run-canary'), ...canary })),
  };
}

/** The console, built for the first request. */
export function createConsoleSource(): ConsoleSource {
  return builtOnce(({ buildConsolePage }) => buildConsolePage());
}
