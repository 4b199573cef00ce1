import {
  accessMetrics,
  accessNamespace,
  lambdaName,
  metricDimensions,
  metricNamespace,
} from '../../aws-names.ts';
import { metrics, type Metric } from '../../core/metrics.ts';
import type { StreamName } from '../../core/streams.ts';
import { freshnessBoundsMs } from '../../ports/pipeline-stats.ts';

/** One query of GetMetricData, which bills each. */
export interface Figure {
  readonly id: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  readonly periodSeconds: number;
}

/** The settings of a stage that this reads. */
export interface MeasuredStage {
  readonly stage: string;
  readonly streams: Readonly<
    Record<StreamName, { readonly mode: 'provisioned' | 'on-demand'; readonly shardCount: number }>
  >;
  readonly deliveries: Readonly<
    Record<string, { readonly stream: StreamName; readonly parallelizationFactor: number }>
  >;
}

const minute = 60;
/** Short, so that the newest value of a gauge is current. */
const fiveMinutes = 300;
const hour = 3600;

/** The metrics of the last minute. */
export function minuteFigures({ stage, deliveries }: MeasuredStage): readonly Figure[] {
  const own = ownOf(stage, minute);
  const freshness = (id: string, statistic: string): Figure =>
    own(id, metrics.countFreshnessMs, 'aggregate-increments', statistic);
  const lambda = (id: string, name: string, functionName: string): Figure => ({
    ...{ id, namespace: 'AWS/Lambda', metric: name, statistic: 'Maximum', periodSeconds: minute },
    dimensions: { FunctionName: lambdaName(stage, functionName) },
  });
  return [
    ...countFigures(stage, minute),
    freshness('p50', 'p50'),
    freshness('p90', 'p90'),
    freshness('p99', 'p99'),
    ...bucketRanges().map((range, i) => freshness(bucketId(i), `TC(${range})`)),
    ...Object.keys(deliveries).map((name) => lambda(ageId(name), 'IteratorAge', name)),
    lambda('at_once', 'ConcurrentExecutions', 'query-ads'),
    own('stale', metrics.catalogStaleMs, 'query-ads', 'Maximum'),
  ];
}

/** The totals of a day, and gauges that are written only when they change. */
export function dayFigures({ stage }: MeasuredStage): readonly Figure[] {
  const own = ownOf(stage, hour);
  const gauge = ownOf(stage, fiveMinutes);
  return [
    ...countFigures(stage, hour),
    own('duplicates', metrics.incrementsDuplicate, 'aggregate-increments', 'Sum'),
    own('quarantined', metrics.recordsQuarantined, 'aggregate-increments', 'Sum'),
    own('redriven', metrics.recordsRedriven, 'operate-quarantine', 'Sum'),
    gauge('live_ads', metrics.liveAds, 'project-ads', 'Maximum'),
    gauge('catalog_version', metrics.catalogVersion, 'query-ads', 'Maximum'),
  ];
}

export function bucketId(index: number): string {
  return `bucket_${index}`;
}

export function ageId(consumer: string): string {
  return `age_${consumer.replaceAll('-', '_')}`;
}

function countFigures(stage: string, periodSeconds: number): readonly Figure[] {
  const own = ownOf(stage, periodSeconds);
  const api = (id: string, metric: string): Figure => ({
    ...{ id, namespace: 'AWS/ApiGateway', metric, statistic: 'Sum', periodSeconds },
    dimensions: { ApiName: `adtally-${stage}`, Stage: stage },
  });
  return [
    api('requests', 'Count'),
    api('refused', '4XXError'),
    // 5XXError lacks what API Gateway answers itself.
    {
      ...{ id: 'errors', namespace: accessNamespace(stage), metric: accessMetrics.errorAnswers },
      ...{ statistic: 'Sum', periodSeconds, dimensions: {} },
    },
    own('accepted', metrics.incrementsAccepted, 'ingest-increments', 'Sum'),
    own('counted', metrics.incrementsCounted, 'aggregate-increments', 'Sum'),
    own('added_at_once', metrics.incrementsSync, 'ingest-increments', 'Sum'),
    own('ad_reads', metrics.requests, 'query-ads', 'Sum'),
    own('counter_reads', metrics.requests, 'read-counters', 'Sum'),
    own('ad_changes', metrics.adEventsApplied, 'project-ads', 'Sum'),
  ];
}

function ownOf(stage: string, periodSeconds: number) {
  return (id: string, metric: Metric, functionName: string, statistic: string): Figure => ({
    ...{ id, namespace: metricNamespace, metric, statistic, periodSeconds },
    dimensions: { [metricDimensions.stage]: stage, [metricDimensions.functionName]: functionName },
  });
}

/** A trimmed count excludes the lower bound and includes the upper one. */
function bucketRanges(): string[] {
  const bounds = ['', ...freshnessBoundsMs.map(String), ''];
  return bounds.slice(1).map((upTo, i) => `${bounds[i] ?? ''}:${upTo}`);
}
