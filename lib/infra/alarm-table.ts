import { metricDimensions, metricNamespace } from '../aws-names.ts';
import { metrics, type Metric } from '../core/metrics.ts';
import { functionNames, type FunctionName, type StageSettings } from '../stages.ts';
import { functionNameOf } from './pipeline-function.ts';

/** What CloudWatch knows resources by that get their names at deployment. */
export interface AlarmNames {
  /** By their part in the stage: `ads`, `counters` and so on. */
  readonly tables: Readonly<Record<string, string>>;
  readonly deadLetters: string;
  /** Ids of the event source mappings. */
  readonly mappings: Readonly<Record<'project-ads' | 'aggregate-increments', string>>;
}

/** One alarm of the stage. Missing data is never alarming, unless `silence` says that it is. */
export interface AlarmEntry {
  /** The section of docs/operations.md, and the alarm's name without the stage. */
  readonly section: string;
  /** What tells the alarms of one section apart. */
  readonly subject?: string;
  readonly metric: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
  };
  readonly statistic: 'Sum' | 'Maximum' | 'Average' | 'p99';
  /** At or above is alarming; with `silence`, below. */
  readonly threshold: number;
  readonly periodSeconds: number;
  /** So many periods in a row: what heals itself sooner pages nobody. */
  readonly periods: number;
  readonly silence?: true;
  /** Why this threshold and this time. */
  readonly reason: string;
}

const minute = 60;

/** Lambda's concurrency that an account has until it asks for more. */
const concurrencyQuota = 1000;

/** Every alarm of a stage, as data: the stack makes them, docs/operations.md has a section for each. */
export function alarmTable(settings: StageSettings, names: AlarmNames): readonly AlarmEntry[] {
  const of = (name: FunctionName): string => functionNameOf(settings, name);
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
  const account = (name: string): AlarmEntry['metric'] => ({ namespace: 'AWS/Lambda', name, dimensions: {} });
  const consumers = ['project-ads', 'aggregate-increments'] as const;
  // What fails for a caller is an answer, and `api-errors` watches those.
  const unasked = ['project-ads', 'aggregate-increments', 'expire-ad', 'sweep-ads'] as const;
  return [
    ...consumers.map((name): AlarmEntry => ({
      section: 'iterator-age',
      subject: name,
      metric: lambda('IteratorAge', name),
      statistic: 'Maximum',
      threshold: 60_000,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'A minute behind for five minutes: a deployment or a throttled store is caught up with sooner.',
    })),
    {
      section: 'freshness',
      metric: own(metrics.countFreshnessMs, 'aggregate-increments'),
      statistic: 'p99',
      threshold: 10_000,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'An increment is promised to be visible within 10 s while log and store answer.',
    },
    ...consumers.map((name): AlarmEntry => ({
      section: 'quarantined-records',
      subject: name,
      metric: own(metrics.recordsQuarantined, name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'A quarantined record waits for a person, for 30 days; none is made by a healthy producer.',
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
      reason:
        'Records that were never settled for almost the whole retention; they are in a file and nowhere else soon.',
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
      reason: 'An invocation failed for all its tries; the sweep does its work, but something is broken.',
    },
    {
      section: 'api-errors',
      metric: {
        namespace: 'AWS/ApiGateway',
        name: '5XXError',
        dimensions: { ApiName: `adtally-${settings.stage}`, Stage: settings.stage },
      },
      statistic: 'Average',
      threshold: 0.01,
      ...{ periodSeconds: minute, periods: 5 },
      reason:
        'One request of a hundred failed, for five minutes; clients that retry have got over shorter ones.',
    },
    {
      section: 'throttled-functions',
      metric: account('Throttles'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'Throttled calls come again by themselves; five minutes of it means too small a quota.',
    },
    {
      section: 'concurrency',
      metric: account('ConcurrentExecutions'),
      statistic: 'Maximum',
      threshold: 0.8 * concurrencyQuota,
      ...{ periodSeconds: minute, periods: 5 },
      reason: 'Four fifths of what an account has by default: raising it takes a support case.',
    },
    ...unasked.map((name): AlarmEntry => ({
      section: 'function-errors',
      subject: name,
      metric: lambda('Errors', name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      reason:
        'Every invocation is tried again; failing for a quarter of an hour is a bug or a bad deployment.',
    })),
    ...functionNames.map((name): AlarmEntry => ({
      section: 'slow-functions',
      subject: name,
      metric: lambda('Duration', name),
      statistic: 'p99',
      threshold: 800 * settings.functions[name].timeoutSeconds,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      reason: '80% of its time-out: a little slower and it is killed in the middle of its work.',
    })),
    {
      section: 'sweep-silent',
      metric: lambda('Invocations', 'sweep-ads'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 15 * minute, periods: 2 },
      silence: true,
      reason: 'It runs every five minutes, and it is what heals schedules that never fired.',
    },
    {
      section: 'failed-schedules',
      metric: own(metrics.scheduleFailed, 'project-ads'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 6 },
      reason: 'The sweep expires ads without schedules; half an hour of failures is a quota or a permission.',
    },
    ...(['project-ads', 'query-ads', 'sweep-ads'] as const).map((name): AlarmEntry => ({
      section: 'corrupt-snapshot',
      subject: name,
      metric: own(metrics.snapshotCorrupt, name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 5 * minute, periods: 1 },
      reason: 'Readers recover from an older one, but stored bytes that changed are nothing that happens.',
    })),
    ...consumers.map((name): AlarmEntry => ({
      section: 'too-many-marks',
      subject: name,
      metric: own(metrics.marksOverLimit, name),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: 60 * minute, periods: 3 },
      reason: 'Marks outlive a reshard by two weeks; items that keep growing reach the 400 KB of an item.',
    })),
    {
      section: 'lost-fences',
      metric: own(metrics.fenceLost, 'project-ads'),
      statistic: 'Sum',
      threshold: 60,
      ...{ periodSeconds: 5 * minute, periods: 3 },
      reason: 'One now and then is the fence at work; one every five seconds is two projectors that fight.',
    },
    {
      section: 'stale-catalog',
      metric: own(metrics.catalogStaleServed, 'query-ads'),
      statistic: 'Sum',
      threshold: 1,
      ...{ periodSeconds: minute, periods: 5 },
      reason:
        'Ads are served from memory for a minute while the store fails; five such minutes are an outage.',
    },
    ...(['ingest-increments', 'ingest-ads'] as const).flatMap((name): AlarmEntry[] => [
      {
        section: 'refused-writes',
        subject: name,
        metric: own(metrics.appendRefused, name),
        statistic: 'Sum',
        threshold: 100,
        ...{ periodSeconds: minute, periods: 5 },
        reason:
          'A full shard refuses some of a burst; five minutes of it is more load than there are shards for.',
      },
      {
        section: 'unknown-writes',
        subject: name,
        metric: own(metrics.appendUnknown, name),
        statistic: 'Sum',
        threshold: 10,
        ...{ periodSeconds: minute, periods: 5 },
        reason:
          'Each is a 503 of which nobody knows whether it took effect; unkeyed clients cannot repeat it safely.',
      },
    ]),
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
        reason: 'A table on demand grows within minutes; what lasts longer is one hot item or a quota.',
      })),
    ),
    {
      section: 'live-ads-limit',
      subject: 'ads',
      metric: own(metrics.liveAds, 'project-ads'),
      statistic: 'Maximum',
      threshold: 0.8 * settings.ads.liveAdsMax,
      ...{ periodSeconds: 15 * minute, periods: 1 },
      reason: '80% of the limit, beyond which creating an ad is answered 507.',
    },
    {
      section: 'live-ads-limit',
      subject: 'bytes',
      metric: own(metrics.liveAdBytes, 'project-ads'),
      statistic: 'Maximum',
      threshold: 0.8 * settings.ads.liveBytesMax,
      ...{ periodSeconds: 15 * minute, periods: 1 },
      reason: '80% of the limit, beyond which creating an ad is answered 507.',
    },
  ];
}

export function alarmName({ stage }: StageSettings, { section, subject }: AlarmEntry): string {
  return `adtally-${stage}-${section}${subject === undefined ? '' : `-${subject}`}`;
}

/** Says why, and where the runbook is; CloudWatch takes 1,024 characters. */
export function alarmDescription({ section, reason }: AlarmEntry): string {
  return `${reason} Runbook: docs/operations.md#${section}`;
}
