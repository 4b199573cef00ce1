import {
  accessMetrics,
  accessNamespace,
  lambdaName,
  metricDimensions,
  metricNamespace,
} from '../aws-names.ts';
import { metrics, type Metric } from '../core/metrics.ts';
import { functionNames, type FunctionName, type StageSettings } from '../stages.ts';

/** The CloudWatch names of resources that get their names at deployment. */
export interface AlarmNames {
  /** By role in the stage: `ads`, `counters` and so on. */
  readonly tables: Readonly<Record<string, string>>;
  readonly deadLetters: string;
  /** Ids of the event source mappings. */
  readonly mappings: Readonly<Record<'project-ads' | 'aggregate-increments', string>>;
}

/** One alarm of the stage. Missing data triggers it only with `silence`. */
export interface AlarmEntry {
  /** The section of docs/operations.md, and the alarm's name without the stage. */
  readonly section: string;
  /** Distinguishes the alarms of one section. */
  readonly subject?: string;
  readonly metric: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
  };
  readonly statistic: 'Sum' | 'Maximum' | 'Average' | 'p99';
  /** The alarm is about the share of `metric` in these; below `least` of `metric` in a period it is 0. */
  readonly shareOf?: { readonly metric: AlarmEntry['metric']; readonly least: number };
  /** The alarm triggers at or above this; with `silence`, below it. */
  readonly threshold: number;
  readonly periodSeconds: number;
  /** Consecutive periods, so that a problem that heals itself sooner pages nobody. */
  readonly periods: number;
  /** Of so many; default: all of `periods` must be bad. */
  readonly outOf?: number;
  readonly silence?: true;
  /** It sends no message: it is a part of a combination. */
  readonly part?: true;
  /** Why the alarm has this threshold and duration. */
  readonly reason: string;
}

const minute = 60;

/** A hook that waits for long fails its deployment, audit and archiver end in time, and the canary has alarms. */
const endsByItself: readonly FunctionName[] = [
  'warm-release',
  'audit-counters',
  'archive-increments',
  'run-canary',
];

/** Lambda's default concurrency quota of an account. */
const concurrencyQuota = 1000;

/** Every alarm of a stage as data. The stack creates them; docs/operations.md has a section for each. */
export function alarmTable(settings: StageSettings, names: AlarmNames): readonly AlarmEntry[] {
  const of = (name: FunctionName): string => lambdaName(settings.stage, name);
  const lambda = (metric: string, name: FunctionName): AlarmEntry['metric'] => ({
    namespace: 'AWS/Lambda',
    name: metric,
    dimensions: { FunctionName: of(name) },
  });
  const own = (metric: Metric, name: FunctionName): AlarmEntry['metric'] => ({
    namespace: metricNamespace,
    name: metric,
    dimensions: { [metricDimensions.stage]: settings.stage, [metricDimensions.functionName]: name },
  });
  const api = (name: string): AlarmEntry['metric'] => ({
    namespace: 'AWS/ApiGateway',
    name,
    dimensions: { ApiName: `adtally-${settings.stage}`, Stage: settings.stage },
  });
  const access = (name: string): AlarmEntry['metric'] => ({
    namespace: accessNamespace(settings.stage),
    name,
    dimensions: {},
  });
  const account = (name: string): AlarmEntry['metric'] => ({ namespace: 'AWS/Lambda', name, dimensions: {} });
  const consumers = ['project-ads', 'aggregate-increments'] as const;
  // Functions without a waiting caller; `api-errors` watches the others.
  const unasked = ['project-ads', 'aggregate-increments', 'expire-ad', 'sweep-ads'] as const;
  return [
    ...consumers.map((name): AlarmEntry => ({
      section: 'iterator-age',
      subject: name,
      metric: lambda('IteratorAge', name),
      statistic: 'Maximum',
      threshold: 60_000,
      ...{ periodSeconds: minute, periods: 5 },
      reason:
        'The consumer has lagged a minute for five minutes. It catches up sooner after a deployment or a throttled store.',
    })),
    {
      section: 'freshness',
      metric: own(metrics.countFreshnessMs, 'aggregate-increments'),
      statistic: 'p99',
      threshold: 10_000,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'The promise is that an increment is visible within 10 s while log and store answer.',
    },
    {
      section: 'totals-differ',
      metric: own(metrics.auditDifferences, 'audit-counters'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'A total that differs from the log breaks the promise this system exists for.',
    },
    {
      section: 'audit-unfinished',
      metric: own(metrics.auditUnfinished, 'audit-counters'),
      statistic: 'Sum',
      threshold: 3,
      ...{ periodSeconds: 24 * 60 * minute, periods: 1 },
      reason: 'Three audits in a day had too little time or could not run: nobody compares the totals.',
    },
    {
      section: 'audit-unfinished',
      subject: 'errors',
      metric: lambda('Errors', 'audit-counters'),
      statistic: 'Sum',
      threshold: 3,
      ...{ periodSeconds: 24 * 60 * minute, periods: 1 },
      reason: 'An audit is tried three times. Three failures in a day: nobody compares the totals.',
    },
    ...archiveAlarms(settings, own),
    ...canaryAlarms(settings, own),
    ...consumers.map((name): AlarmEntry => ({
      section: 'quarantined-records',
      subject: name,
      metric: own(metrics.recordsQuarantined, name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'A quarantined record waits 30 days for an operator. A healthy producer causes none.',
    })),
    ...consumers.map((name): AlarmEntry => ({
      section: 'failure-destination',
      subject: name,
      metric: {
        namespace: 'AWS/Lambda',
        name: 'OnFailureDestinationDeliveredEventCount',
        dimensions: { EventSourceMappingUUID: names.mappings[name] },
      },
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'These records were not settled for almost the whole retention. Soon only a file has them.',
    })),
    {
      section: 'dead-letters',
      metric: {
        namespace: 'AWS/SQS',
        name: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName: names.deadLetters },
      },
      statistic: 'Maximum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'An invocation failed all its retries. The sweep does its work, but something is broken.',
    },
    {
      section: 'api-errors',
      metric: access(accessMetrics.errorAnswers),
      statistic: 'Average',
      threshold: 0.01,
      ...{ periodSeconds: minute, periods: 5 },
      reason: '1% of the requests failed for five minutes. Clients that retry survive shorter outages.',
    },
    {
      section: 'authorizer-errors',
      metric: access(accessMetrics.authorizerErrors),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'Good tokens were refused in each of five minutes. A bad token is no error.',
    },
    {
      section: 'integration-errors',
      metric: access(accessMetrics.integrationErrors),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'Functions died, hung or were throttled in each of five minutes.',
    },
    {
      section: 'slow-answers',
      metric: api('Latency'),
      statistic: 'p99',
      threshold: 3000,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      reason: 'One caller of a hundred waits for 3 s. Cold starts are over sooner.',
    },
    ...(settings.cloud.trafficAlarm ? trafficParts(api('Count')) : []),
    {
      section: 'throttled-functions',
      metric: account('Throttles'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'Throttled calls are retried. Five minutes of throttling mean that the quota is too small.',
    },
    {
      section: 'concurrency',
      metric: account('ConcurrentExecutions'),
      statistic: 'Maximum',
      threshold: 0.8 * concurrencyQuota,
      ...{ periodSeconds: minute, periods: 5 },
      reason: '80% of the default quota. Raising it takes a support case.',
    },
    ...unasked.map((name): AlarmEntry => ({
      section: 'function-errors',
      subject: name,
      metric: lambda('Errors', name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      reason: 'Every invocation is retried. Fifteen minutes of failures mean a bug or a bad deployment.',
    })),
    ...functionNames
      .filter((name) => !endsByItself.includes(name))
      .map((name): AlarmEntry => ({
        section: 'slow-functions',
        subject: name,
        metric: lambda('Duration', name),
        statistic: 'p99',
        threshold: 800 * settings.functions[name].timeoutSeconds,
        ...{ periodSeconds: 5 * minute, periods: 3 },
        reason: '80% of its time-out. If it gets slower, Lambda kills it during its work.',
      })),
    {
      section: 'sweep-silent',
      metric: lambda('Invocations', 'sweep-ads'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 15 * minute, periods: 2 },
      silence: true,
      reason: 'The sweep runs every five minutes and replaces schedules that never fired.',
    },
    {
      section: 'failed-schedules',
      metric: own(metrics.scheduleFailed, 'project-ads'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 6 },
      reason:
        'The sweep expires ads without schedules. Half an hour of failures means a quota or a permission.',
    },
    ...(['project-ads', 'query-ads', 'sweep-ads', 'decide-ads'] as const).map((name): AlarmEntry => ({
      section: 'corrupt-snapshot',
      subject: name,
      metric: own(metrics.snapshotCorrupt, name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'Readers recover from an older snapshot, but stored bytes should never change.',
    })),
    ...consumers.map((name): AlarmEntry => ({
      section: 'too-many-marks',
      subject: name,
      metric: own(metrics.marksOverLimit, name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 60 * minute, periods: 3 },
      reason: 'Marks live two weeks after a reshard. A growing item can reach the item limit of 400 KB.',
    })),
    {
      section: 'lost-fences',
      metric: own(metrics.fenceLost, 'project-ads'),
      statistic: 'Sum',
      threshold: 60,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      reason: 'A few are normal. One every five seconds means that two projectors compete.',
    },
    {
      section: 'stale-catalog',
      metric: own(metrics.catalogStaleServed, 'query-ads'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: minute, periods: 5 },
      reason:
        'While the store fails, ads are served from memory for a minute. Five such minutes are an outage.',
    },
    ...(['ingest-increments', 'ingest-ads', 'track-ads'] as const).flatMap((name): AlarmEntry[] => [
      {
        section: 'refused-writes',
        subject: name,
        metric: own(metrics.appendRefused, name),
        statistic: 'Sum',
        threshold: 100,
        ...{ periodSeconds: minute, periods: 5 },
        reason: 'A full shard refuses part of a burst. Five minutes of refusals mean too few shards.',
      },
      {
        section: 'unknown-writes',
        subject: name,
        metric: own(metrics.appendUnknown, name),
        statistic: 'Sum',
        threshold: 10,
        ...{ periodSeconds: minute, periods: 5 },
        reason: 'Each is a 503 with an unknown outcome, which clients without keys cannot retry safely.',
      },
    ]),
    {
      section: 'decisions-degraded',
      metric: own(metrics.decisionsDegraded, 'decide-ads'),
      statistic: 'Sum',
      threshold: 10,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'Ads with a goal or a frequency cap are not shown while the store cannot be asked.',
    },
    ...goalAlarms(settings, own),
    {
      section: 'clicks-lost',
      metric: own(metrics.clicksLost, 'track-ads'),
      statistic: 'Sum',
      threshold: 10,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'Nothing repeats a click that has redirected. A few are lost when a shard is full.',
    },
    ...(settings.cloud.trafficAlarm
      ? [
          lateImpressions(
            own(metrics.trackedLate, 'aggregate-increments'),
            own(metrics.trackedCounted, 'aggregate-increments'),
          ),
        ]
      : []),
    ...Object.entries(names.tables).flatMap(([table, tableName]) =>
      (['Read', 'Write'] as const).map((kind): AlarmEntry => ({
        section: 'throttled-tables',
        subject: `${table}-${kind.toLowerCase()}s`,
        metric: {
          namespace: 'AWS/DynamoDB',
          name: `${kind}ThrottleEvents`,
          dimensions: { TableName: tableName },
        },
        statistic: 'Sum',
        threshold: 100,
        ...{ periodSeconds: minute, periods: 5 },
        reason: 'An on-demand table grows within minutes. Longer throttling means a hot item or a quota.',
      })),
    ),
    {
      section: 'live-ads-limit',
      subject: 'ads',
      metric: own(metrics.liveAds, 'project-ads'),
      statistic: 'Maximum',
      threshold: 0.8 * settings.ads.liveAdsMax,
      ...{ periodSeconds: 15 * minute, periods: 1 },
      reason: '80% of the limit, above which the API answers 507 to new ads.',
    },
    {
      section: 'live-ads-limit',
      subject: 'bytes',
      metric: own(metrics.liveAdBytes, 'project-ads'),
      statistic: 'Maximum',
      threshold: 0.8 * settings.ads.liveBytesMax,
      ...{ periodSeconds: 15 * minute, periods: 1 },
      reason: '80% of the limit, above which the API answers 507 to new ads.',
    },
  ];
}

/** None where there is no archive. */
function archiveAlarms(
  { archive }: StageSettings,
  own: (metric: Metric, name: FunctionName) => AlarmEntry['metric'],
): readonly AlarmEntry[] {
  if (archive.everyMinutes === 0) return [];
  return [
    {
      section: 'archive-late',
      metric: own(metrics.archiveRuns, 'archive-increments'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 60 * minute, periods: 6 },
      silence: true,
      reason: 'For six hours the archive has not caught up. What the log drops first is missing for ever.',
    },
    {
      section: 'archive-gap',
      metric: own(metrics.archiveGaps, 'archive-increments'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'The log dropped records before they were archived. New audits cannot prove older totals.',
    },
  ];
}

/** None where no canary runs. */
function canaryAlarms(
  { canary }: StageSettings,
  own: (metric: Metric, name: FunctionName) => AlarmEntry['metric'],
): readonly AlarmEntry[] {
  if (canary.everyMinutes === 0) return [];
  return [
    {
      section: 'canary-differs',
      metric: own(metrics.canaryDifferences, 'run-canary'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'An increment was lost or counted twice, which is never to happen.',
    },
    {
      section: 'canary-late',
      metric: own(metrics.canaryLate, 'run-canary'),
      statistic: 'Sum',
      threshold: 3,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'Three of five increments were not counted within 10 s. One alone may meet a deployment.',
    },
    {
      section: 'canary-silent',
      metric: own(metrics.canaryRuns, 'run-canary'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 2 },
      silence: true,
      reason: 'The canary runs each minute. Ten minutes without a result: nobody watches the counting.',
    },
  ];
}

/** None where no ad may have a goal. */
function goalAlarms(
  { delivery }: StageSettings,
  own: (metric: Metric, name: FunctionName) => AlarmEntry['metric'],
): readonly AlarmEntry[] {
  if (!delivery.goals) return [];
  return [
    {
      section: 'goals-behind',
      metric: own(metrics.goalsBehind, 'sweep-ads'),
      statistic: 'Sum',
      threshold: 1,
      // The sweep looks every five minutes, so a period may have none of its runs.
      ...{ periodSeconds: 5 * minute, periods: 6, outOf: 8 },
      reason: 'Half an hour far behind its plan: such an ad may end without its goal.',
    },
    {
      section: 'goals-over',
      metric: own(metrics.goalsOver, 'sweep-ads'),
      statistic: 'Sum',
      threshold: 1,
      // Each period has a run, so the alarm does not end between two of them.
      ...{ periodSeconds: 10 * minute, periods: 1 },
      reason: 'An impression without a right is never to happen: a signing key may have leaked.',
    },
  ];
}

/** Where there are visitors all day: a share of a few beacons says nothing. */
function lateImpressions(late: AlarmEntry['metric'], counted: AlarmEntry['metric']): AlarmEntry {
  return {
    section: 'late-impressions',
    metric: late,
    statistic: 'Sum',
    shareOf: { metric: counted, least: 10 },
    threshold: 0.01,
    ...{ periodSeconds: 5 * minute, periods: 3 },
    reason: 'People saw these ads, and no number has them but `late`.',
  };
}

/**
 * A stage that is busy all day, and now has less than a tenth of the least that made it so. Neither is a fault by
 * itself: a small stage is quiet for hours, and the calls of monitoring never end.
 */
function trafficParts(count: AlarmEntry['metric']): readonly AlarmEntry[] {
  return [
    {
      section: 'no-traffic',
      subject: 'busy-day',
      metric: count,
      statistic: 'Sum',
      threshold: 3600,
      ...{ periodSeconds: 60 * minute, periods: 22, outOf: 24 },
      part: true,
      reason: 'A call a second in 22 of 24 hours. Quieter stages have pauses.',
    },
    {
      section: 'no-traffic',
      subject: 'quiet-now',
      metric: count,
      statistic: 'Sum',
      threshold: 30,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      silence: true,
      part: true,
      reason: 'A tenth of the least traffic of a busy stage, for a quarter of an hour.',
    },
  ];
}

/** Alarms that ring while all of their parts, the entries of the same section, are bad. */
export function combinations({ cloud }: StageSettings): readonly Pick<AlarmEntry, 'section' | 'reason'>[] {
  if (!cloud.trafficAlarm) return [];
  const reason = 'A stage that was busy all day gets no calls: DNS, a certificate, the network or a client.';
  return [{ section: 'no-traffic', reason }];
}

export function alarmName(
  { stage }: StageSettings,
  { section, subject }: Pick<AlarmEntry, 'section' | 'subject'>,
): string {
  return `adtally-${stage}-${section}${subject === undefined ? '' : `-${subject}`}`;
}

/** The reason and a link to the runbook; CloudWatch allows 1,024 characters. */
export function alarmDescription({ section, reason }: Pick<AlarmEntry, 'section' | 'reason'>): string {
  return `${reason} Runbook: docs/operations.md#${section}`;
}
