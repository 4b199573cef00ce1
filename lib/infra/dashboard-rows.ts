import { accessMetrics, accessNamespace } from '../aws-names.ts';
import { metrics, type Metric } from '../core/metrics.ts';
import type { StageSettings } from '../stages.ts';
import type { AlarmNames } from './alarm-table.ts';

/** A graph with a few lines. */
export interface DashboardPanel {
  readonly title: string;
  readonly lines: readonly DashboardLine[];
}

type DashboardLine =
  /**
   * Our own metric, once per function that writes it; the default statistic is Sum, p99 or Maximum by kind.
   */
  | { readonly type: 'own'; readonly metric: Metric; readonly statistic?: string }
  /** A Lambda metric of each function. */
  | { readonly type: 'functions'; readonly name: string; readonly statistic: string }
  | {
      readonly type: 'platform';
      readonly namespace: string;
      readonly name: string;
      readonly statistic: string;
      readonly label: string;
      readonly dimensions: Readonly<Record<string, string>>;
    };

/** From what callers see to the infrastructure: traffic, counting, ads, functions, log and store. */
export function dashboardRows(
  settings: StageSettings,
  names: AlarmNames,
): readonly (readonly DashboardPanel[])[] {
  const { stage } = settings;
  const api = (name: string, statistic: string, label: string): DashboardLine => ({
    ...{ type: 'platform', namespace: 'AWS/ApiGateway', name, statistic, label },
    dimensions: { ApiName: `adtally-${stage}`, Stage: stage },
  });
  const access = (name: string, label: string): DashboardLine => ({
    ...{ type: 'platform', namespace: accessNamespace(stage), name, statistic: 'Sum', label },
    dimensions: {},
  });
  const streams = (name: string, statistic: string): DashboardLine[] =>
    (['ad-events', 'increments'] as const).map((stream) => ({
      ...{ type: 'platform', namespace: 'AWS/Kinesis', name, statistic, label: stream },
      dimensions: { StreamName: `adtally-${stage}-${stream}.${settings.streams[stream].epoch}` },
    }));
  const tables = (name: string): DashboardLine[] =>
    Object.entries(names.tables).map(([label, TableName]) => ({
      ...{ type: 'platform', namespace: 'AWS/DynamoDB', name, statistic: 'Sum', label },
      dimensions: { TableName },
    }));
  return [
    [
      panel(
        'Requests',
        api('Count', 'Sum', 'requests'),
        api('4XXError', 'Sum', '4xx'),
        access(accessMetrics.errorAnswers, '5xx'),
        access(accessMetrics.authorizerErrors, 'authorizer errors'),
        access(accessMetrics.integrationErrors, 'integration errors'),
      ),
      panel('Latency, ms', api('Latency', 'p50', 'p50'), api('Latency', 'p99', 'p99')),
      panel('Time in functions, ms (p99)', own(metrics.requestMs)),
      panel(
        'Requests by function',
        own(metrics.requests),
        own(metrics.requestsRefused),
        own(metrics.requestErrors),
      ),
    ],
    [
      panel(
        'Increments',
        own(metrics.incrementsAccepted),
        own(metrics.incrementsCounted),
        own(metrics.incrementsSync),
        own(metrics.incrementsDuplicate),
      ),
      panel('POST to counted, ms', own(metrics.countFreshnessMs, 'p50'), own(metrics.countFreshnessMs)),
      panel(
        'Quarantine and refusals',
        own(metrics.recordsQuarantined),
        own(metrics.appendRefused),
        own(metrics.appendUnknown),
      ),
      panel(
        'Counters',
        own(metrics.countersCreated),
        own(metrics.counterNotFound),
        own(metrics.tokensRefused),
      ),
      panel('Canary', own(metrics.canaryRuns), own(metrics.canaryDifferences), own(metrics.canaryLate)),
    ],
    [
      panel(
        'Ads',
        own(metrics.adEventsApplied),
        own(metrics.adEventsRefused),
        own(metrics.fenceLost),
        own(metrics.scheduleFailed),
        own(metrics.adsSwept),
      ),
      panel('Live ads', own(metrics.liveAds), own(metrics.catalogVersion)),
      panel('Bytes of ads and of their snapshot', own(metrics.liveAdBytes), own(metrics.snapshotBytes)),
      panel(
        'Catalog',
        own(metrics.catalogReloads),
        own(metrics.catalogStaleServed),
        own(metrics.catalogStaleMs),
        own(metrics.snapshotsWritten),
        own(metrics.snapshotCorrupt),
      ),
    ],
    [
      panel('Decisions', own(metrics.decisions), own(metrics.decisionsEmpty), own(metrics.decisionsDegraded)),
      panel(
        'Impressions and clicks',
        own(metrics.trackedAccepted),
        own(metrics.trackedCounted),
        own(metrics.trackedDuplicate),
      ),
      panel(
        'Not counted, and lost',
        own(metrics.trackedInvalid),
        own(metrics.trackedLate),
        own(metrics.trackedRefused),
        own(metrics.clicksLost),
        own(metrics.goalsBehind),
        own(metrics.goalsOver),
      ),
    ],
    [
      panel('Lag of the consumers, ms', {
        type: 'functions',
        name: 'IteratorAge',
        statistic: 'Maximum',
      }),
      panel('A batch, ms (p99)', own(metrics.flushMs)),
      panel('Records per batch', own(metrics.flushRecords, 'p50'), own(metrics.flushRecords)),
      panel('Retried settlements, and marks', own(metrics.stateRetries), own(metrics.marksOverLimit)),
      panel('Control item', own(metrics.controlVersion), own(metrics.controlUnread)),
    ],
    [
      panel('Concurrent invocations', {
        type: 'functions',
        name: 'ConcurrentExecutions',
        statistic: 'Maximum',
      }),
      panel('Function time, ms (p99)', { type: 'functions', name: 'Duration', statistic: 'p99' }),
      panel('Function errors', { type: 'functions', name: 'Errors', statistic: 'Sum' }),
      panel('Function throttles', { type: 'functions', name: 'Throttles', statistic: 'Sum' }),
    ],
    [
      panel('Bytes written to the log', ...streams('IncomingBytes', 'Sum')),
      panel('Throttled writes of the log', ...streams('WriteProvisionedThroughputExceeded', 'Sum')),
      panel('Write units of the tables', ...tables('ConsumedWriteCapacityUnits')),
      panel('Writes throttled for a hot item', ...tables('WriteKeyRangeThroughputThrottleEvents')),
      panel("Writes throttled by a table's quota", ...tables('WriteAccountLimitThrottleEvents')),
    ],
  ];
}

function panel(title: string, ...lines: readonly DashboardLine[]): DashboardPanel {
  return { title, lines };
}

function own(metric: Metric, statistic?: string): DashboardLine {
  return statistic === undefined ? { type: 'own', metric } : { type: 'own', metric, statistic };
}
