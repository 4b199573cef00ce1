import type { FunctionName, StageSettings } from '../stages.ts';
import { addressLimits } from './address-limits.ts';
import { metricFacts } from '../core/metric-facts.ts';
import { alarmTable, combinations } from './alarm-table.ts';
import { edgeRows, isPlanned } from './bill-edge.ts';
import { gb, item, tiered, type BillRow, type Item } from './bill-row.ts';
import { tableItems } from './bill-tables.ts';
import { hoursPerMonth, listPrices as price, pricePages, restCallTiers } from './list-prices.ts';
import {
  assumed,
  daySeconds,
  functionsOf,
  metricsOf,
  secondsPerMonth,
  trafficOf,
  type Load,
  type Traffic,
} from './load.ts';
import { coldAfterDays, isArchiveCold } from './archive-storage.ts';

/** Everything that AWS bills for a month of a stage under a load; rows without a quantity are left out. */
export function billOf(settings: StageSettings, load: Load): readonly BillRow[] {
  const traffic = trafficOf(settings, load);
  const fixed = [
    ...fixedItems(settings, load),
    ...sweepItems(settings, load),
    ...auditItems(settings, load, traffic),
    ...archiveItems(settings, traffic),
    ...canaryItems(settings),
  ];
  const byUse = [
    ...callItems(settings, load, traffic),
    ...functionItems(settings, load, traffic),
    ...streamItems(settings, load, traffic),
    ...tableItems(settings, load, traffic),
    ...watchingItems(settings, load, traffic),
    ...quarantineItems(settings, traffic),
  ];
  const rows = [
    ...fixed.map((item) => toRow(item, true)),
    ...edgeRows(settings, load, traffic),
    ...restRows(load, traffic),
    ...byUse.map((item) => toRow(item, false)),
  ];
  const services = Object.keys(pricePages);
  return rows
    .filter(({ quantity }) => quantity > 0)
    .sort((a, b) => services.indexOf(a.service) - services.indexOf(b.service));
}

export function totalOf(rows: readonly BillRow[]): number {
  return rows.reduce((sum, { dollars }) => sum + dollars, 0);
}

/** What `millions` of REST calls cost in a month. */
export function restCallDollars(millions: number): number {
  return tiered(restCallTiers, millions);
}

function toRow({ price: each, ...item }: Item, fixed: boolean): BillRow {
  return { ...item, dollars: item.quantity * each, fixed };
}

function fixedItems(settings: StageSettings, load: Load): Item[] {
  const { streams, cloud } = settings;
  // A flat-rate plan has it.
  const webAcl = cloud.webAcl && !isPlanned(settings, load);
  const shards = Object.values(streams).filter(({ mode }) => mode === 'provisioned');
  const count = (some: typeof shards): number => some.reduce((sum, { shardCount }) => sum + shardCount, 0);
  const onDemand = Object.values(streams).length - shards.length;
  return [
    ...Object.entries(cloud.provisionedConcurrency ?? {}).map(([name, containers]) =>
      item(
        'Lambda',
        `${name}, provisioned, arm64`,
        (containers * settings.functions[name as FunctionName].memoryMb * secondsPerMonth) / 1024,
        'GB-second',
        price.lambdaProvisionedGbSecond,
      ),
    ),
    item('Kinesis', 'shards', count(shards) * hoursPerMonth, 'hour', price.kinesisShardHour),
    item(
      'Kinesis',
      'retention beyond 24 hours',
      count(shards.filter(({ retentionHours }) => retentionHours > 24)) * hoursPerMonth,
      'shard-hour',
      price.kinesisExtendedRetentionShardHour,
    ),
    item(
      'Kinesis',
      'on-demand streams',
      load.advantage ? 0 : onDemand * hoursPerMonth,
      'hour',
      price.kinesisOnDemandStreamHour,
    ),
    ...warmItems(cloud),
    item('CloudWatch', 'alarms', alarmCount(settings), 'alarm', price.alarmMonth),
    item('CloudWatch', 'combined alarms', combinations(settings).length, 'alarm', price.combinedAlarmMonth),
    item('CloudWatch', 'dashboard', 1, 'dashboard', price.dashboardMonth),
    // The key of the alarm topic, and the stage's own.
    item('KMS', 'keys', cloud.customerKey === 'none' ? 1 : 2, 'key', price.keyMonth),
    item('KMS', 'requests', keyRequests(settings) / 1e6, 'million', price.keyRequestsPerMillion),
    item('WAF', 'web ACL', webAcl ? 1 : 0, 'ACL', price.webAclMonth),
    item('WAF', 'rules', webAcl ? addressLimits(settings).length : 0, 'rule', price.webAclRuleMonth),
  ];
}

/** Paid once, when the throughput is set. */
function warmItems({ tables = {} }: StageSettings['cloud']): Item[] {
  const warm = Object.values(tables).map(({ warm: throughput = {} }) => throughput);
  const above = (least: number, units: readonly (number | undefined)[]): number =>
    units.reduce<number>((sum, each = 0) => sum + Math.max(0, each - least), 0);
  const reads = above(
    assumed.tableReads,
    warm.map((each) => each.reads),
  );
  const writes = above(
    assumed.tableWrites,
    warm.map((each) => each.writes),
  );
  return [
    item('DynamoDB', 'warm reads, in the first month', reads, 'unit a second', price.dynamoWarmReadUnit),
    item('DynamoDB', 'warm writes, in the first month', writes, 'unit a second', price.dynamoWarmWriteUnit),
  ];
}

function alarmCount(settings: StageSettings): number {
  const names = {
    tables: { ads: '', counters: '', requests: '', tokens: '', delivery: '' },
    deadLetters: '',
    mappings: { 'project-ads': '', 'aggregate-increments': '' },
  };
  // Each metric of an alarm is billed. A gradual release is watched by two alarms of two metrics for each of nine
  // request functions, one more for the catalog, and one of three for the authorizer.
  const releaseAlarms = settings.cloud.gradualReleases ? 9 * 2 * 2 + 2 + 3 : 0;
  const entries = alarmTable(settings, names);
  return entries.length + entries.filter(({ shareOf }) => shareOf !== undefined).length + releaseAlarms;
}

/**
 * Kinesis asks for a shard's key once in five minutes, for a producer and a consumer; AWS's own key is free, its
 * requests are not. DynamoDB asks for the stage's own key once in five minutes for each connection.
 */
function keyRequests({ streams, cloud }: StageSettings): number {
  const shards = Object.values(streams).reduce((sum, { shardCount }) => sum + shardCount, 0);
  const connections = cloud.customerKey === 'none' ? 0 : assumed.tableConnections;
  return (connections + 2 * shards) * 12 * hoursPerMonth;
}

/** The sweep runs whether anything happens or not, and reads the catalog. */
function sweepItems(settings: StageSettings, load: Load): Item[] {
  const sweeps = assumed.sweepsPerHour * hoursPerMonth;
  const bytes = load.ads * assumed.snapshotBytesPerAd;
  const inBlobs = bytes >= (settings.ads.snapshotBlobsFromBytes ?? Infinity);
  // Chunks are read eventually: half a unit for 4 KB.
  const readUnits = 2 + (inBlobs ? 0 : bytes / 4096 / 2);
  const blobs = inBlobs ? Math.ceil(bytes / assumed.snapshotBlobBytes) : 0;
  return [
    item('S3', 'snapshots, GET', (sweeps * blobs) / 1e6, 'million', price.s3GetsPerMillion),
    // The newest, and one as a fallback.
    item('S3', 'snapshots, storage', inBlobs ? (2 * bytes) / gb : 0, 'GB-month', price.s3StorageGbMonth),
    ...invocations(settings, 'sweep-ads', sweeps, assumed.sweepSeconds),
    item(
      'DynamoDB',
      'reads of the sweep',
      (sweeps * readUnits) / 1e6,
      'million',
      price.dynamoReadUnitsPerMillion,
    ),
    // Lambda samples what it invokes: one a second, which is all of them.
    item('X-Ray', 'traces of the sweep', sweeps / 1e6, 'million', price.tracesPerMillion),
  ];
}

/** Each run reads every counter, and the records since the last run. */
function auditItems(settings: StageSettings, load: Load, { records }: Traffic): Item[] {
  const { everyMinutes } = settings.audit;
  if (everyMinutes === 0) return [];
  const runs = (60 / everyMinutes) * hoursPerMonth;
  const counted = load.incrementsPerSecond > 0 ? load.counters : 0;
  const recordsPerRun = records * 60 * everyMinutes;
  const seconds = Math.min(
    assumed.auditSecondsMax,
    assumed.auditSeconds +
      recordsPerRun * assumed.auditSecondsPerRecord +
      counted * assumed.auditSecondsPerCounter,
  );
  return [
    ...invocations(settings, 'audit-counters', runs, seconds),
    item(
      'DynamoDB',
      'reads of the audit',
      (runs * counted) / 1e6,
      'million',
      price.dynamoReadUnitsPerMillion,
    ),
    item('X-Ray', 'traces of the audit', runs / 1e6, 'million', price.tracesPerMillion),
  ];
}

/** Each run copies the records since the last one. Storage is that of a stage which is as old as what it keeps. */
function archiveItems(settings: StageSettings, { records, shards }: Traffic): Item[] {
  const { everyMinutes, keepDays } = settings.archive;
  if (everyMinutes === 0) return [];
  const runs = (60 / everyMinutes) * hoursPerMonth;
  const recordsPerRun = records * 60 * everyMinutes;
  const { archiveSeconds, archiveSecondsPerRecord, archiveSecondsMax } = assumed;
  const seconds = Math.min(archiveSecondsMax, archiveSeconds + recordsPerRun * archiveSecondsPerRecord);
  // Of each shard one at least, if it has got anything.
  const partsPerRun = Math.max(
    Math.min(shards, recordsPerRun),
    recordsPerRun / assumed.archivedRecordsPerPart,
  );
  const gbPerDay = (records * daySeconds * assumed.archivedBytesPerRecord) / gb;
  const coldDays = isArchiveCold(settings) ? keepDays - coldAfterDays : 0;
  return [
    ...invocations(settings, 'archive-increments', runs, seconds),
    // And the book.
    item('S3', 'archive, PUT', (runs * (partsPerRun + 1)) / 1e6, 'million', price.s3PutsPerMillion),
    item('S3', 'archive, storage', gbPerDay * (keepDays - coldDays), 'GB-month', price.s3StorageGbMonth),
    item(
      'S3',
      `archive, storage after ${coldAfterDays} days`,
      gbPerDay * coldDays,
      'GB-month',
      price.s3ColdStorageGbMonth,
    ),
    item(
      'S3',
      'archive, moves to colder storage',
      coldDays > 0 ? (runs * partsPerRun) / 1e6 : 0,
      'million',
      price.s3ColdTransitionsPerMillion,
    ),
    item('CloudWatch', 'metrics of the archive', assumed.archiveMetrics, 'metric', price.customMetricMonth),
    item('X-Ray', 'traces of the archive', runs / 1e6, 'million', price.tracesPerMillion),
  ];
}

/** An increment a minute, which is counted whatever else happens. */
function canaryItems(settings: StageSettings): Item[] {
  const { canary, counters } = settings;
  if (canary.everyMinutes === 0) return [];
  const runs = (60 / canary.everyMinutes) * hoursPerMonth;
  const { canarySeconds, canaryReads, canaryMetrics } = assumed;
  // Two of its state; in a transaction, which costs twice, the total, its claim and the series.
  const writes = 2 + 2 * (2 + Object.keys(counters.series).length);
  return [
    ...invocations(settings, 'run-canary', runs, canarySeconds),
    item(
      'DynamoDB',
      'writes of the canary',
      (runs * writes) / 1e6,
      'million',
      price.dynamoWriteUnitsPerMillion,
    ),
    item(
      'DynamoDB',
      'reads of the canary',
      (runs * canaryReads) / 1e6,
      'million',
      price.dynamoReadUnitsPerMillion,
    ),
    item('CloudWatch', 'metrics of the canary', canaryMetrics, 'metric', price.customMetricMonth),
    item('X-Ray', 'traces of the canary', runs / 1e6, 'million', price.tracesPerMillion),
  ];
}

function restRows(load: Load, { calls }: Traffic): BillRow[] {
  const millions = (calls * secondsPerMonth + load.ads) / 1e6;
  const dollars = restCallDollars(millions);
  return [
    {
      service: 'API Gateway',
      item: 'REST calls',
      quantity: millions,
      unit: 'million',
      dollars,
      fixed: false,
    },
  ];
}

function callItems(
  settings: StageSettings,
  load: Load,
  { calls, callersCalls, queries, incrementCalls }: Traffic,
): Item[] {
  const { cloud } = settings;
  const all = calls * secondsPerMonth + load.ads;
  const inspected =
    cloud.webAcl && !isPlanned(settings, load) ? callersCalls * secondsPerMonth + load.ads : 0;
  const pages = queries * secondsPerMonth;
  const bytesOut = pages * assumed.pageBytes + (all - pages) * assumed.answerBytes;
  const methods =
    (load.queriesPerSecond > 0 ? 1 : 0) +
    (incrementCalls > 0 ? 1 : 0) +
    (load.healthChecksPerSecond > 0 ? 1 : 0) +
    (load.ads > 0 ? 1 : 0);
  return [
    item(
      'API Gateway',
      'detailed metrics, five a method',
      cloud.detailedMetrics ? 5 * methods : 0,
      'metric',
      price.customMetricMonth,
    ),
    item('WAF', 'requests', inspected / 1e6, 'million', price.webAclRequestsPerMillion),
    // To CloudFront it is free.
    item('Data transfer', 'answers', cloud.edge === undefined ? bytesOut / gb : 0, 'GB', price.egressGb),
    item(
      'X-Ray',
      'traces of calls',
      (tracedCalls(settings, calls) * secondsPerMonth) / 1e6,
      'million',
      price.tracesPerMillion,
    ),
  ];
}

/** The first of each second, and a share of the others. */
function tracedCalls({ cloud }: StageSettings, calls: number): number {
  const { perSecond, share } = cloud.traces ?? { perSecond: 1, share: 0.05 };
  const first = Math.min(calls, perSecond);
  return first + share * (calls - first);
}

function functionItems(settings: StageSettings, load: Load, traffic: Traffic): Item[] {
  const { requestSeconds, adSeconds } = assumed;
  const month = (perSecond: number): number => perSecond * secondsPerMonth;
  const aggregateSeconds =
    assumed.aggregateSeconds + traffic.recordsPerAggregation * assumed.aggregateSecondsPerRecord;
  return [
    ...invocations(settings, 'query-ads', month(traffic.queries), requestSeconds),
    ...invocations(settings, 'ingest-increments', month(traffic.incrementCalls), requestSeconds),
    ...invocations(settings, 'authorize-request', month(traffic.authorizations), requestSeconds),
    ...invocations(settings, 'aggregate-increments', month(traffic.aggregations), aggregateSeconds),
    ...invocations(settings, 'describe-api', month(load.healthChecksPerSecond), requestSeconds),
    ...invocations(settings, 'ingest-ads', load.ads, requestSeconds),
    // Created and expired: two events.
    ...invocations(settings, 'project-ads', 2 * load.ads, adSeconds),
    ...invocations(settings, 'expire-ad', load.ads, adSeconds),
    item('Scheduler', 'schedules that fire', load.ads / 1e6, 'million', price.schedulesPerMillion),
  ];
}

function invocations(
  { functions }: StageSettings,
  name: FunctionName,
  count: number,
  seconds: number,
): Item[] {
  const gbSeconds = (count * seconds * functions[name].memoryMb) / 1024;
  return [
    item('Lambda', `${name}, requests`, count / 1e6, 'million', price.lambdaRequestsPerMillion),
    item('Lambda', `${name}, arm64`, gbSeconds, 'GB-second', price.lambdaGbSecond),
  ];
}

function streamItems({ streams, audit, archive }: StageSettings, load: Load, { records }: Traffic): Item[] {
  const { mode, retentionHours } = streams.increments;
  const count = records * secondsPerMonth;
  // ad-events has a shard in every stage.
  const provisioned = mode === 'provisioned' ? count : 0;
  // On-demand streams bill each record as a multiple of 1 KB.
  const gbIn = ((count - provisioned) * Math.ceil(assumed.recordBytes / 1024) * 1024) / gb;
  // By the consumer, by the audit and by the archiver.
  const gbOut = (1 + (audit.everyMinutes > 0 ? 1 : 0) + (archive.everyMinutes > 0 ? 1 : 0)) * gbIn;
  const leastGb = (assumed.advantageMbPerSecond * secondsPerMonth) / 1024;
  const daysBeyond = Math.max(0, retentionHours / 24 - 1);
  const kept = (gbIn * daysBeyond * daySeconds) / secondsPerMonth;
  return [
    item(
      'Kinesis',
      'PUT units',
      (provisioned + 2 * load.ads) / 1e6,
      'million',
      price.kinesisPutUnitsPerMillion,
    ),
    ...(load.advantage
      ? [
          item(
            'Kinesis',
            'written, at least 25 MB/s',
            Math.max(leastGb, gbIn),
            'GB',
            price.kinesisAdvantageGbIn,
          ),
          item(
            'Kinesis',
            'read, at least 25 MB/s',
            Math.max(leastGb, gbOut),
            'GB',
            price.kinesisAdvantageGbOut,
          ),
          item('Kinesis', 'kept beyond 24 hours', kept, 'GB-month', price.kinesisAdvantageRetentionGbMonth),
        ]
      : [
          item('Kinesis', 'written, each record as 1 KB', gbIn, 'GB', price.kinesisOnDemandGbIn),
          item('Kinesis', 'read, each record as 1 KB', gbOut, 'GB', price.kinesisOnDemandGbOut),
          item('Kinesis', 'kept beyond 24 hours', kept, 'GB-month', price.kinesisOnDemandRetentionGbMonth),
        ]),
  ];
}

function watchingItems(settings: StageSettings, load: Load, traffic: Traffic): Item[] {
  const month = (perSecond: number, bytes: number): number => (perSecond * secondsPerMonth * bytes) / gb;
  const { requestLogBytes, incrementLogBytes, consumerLogBytes, accessLogBytes } = assumed;
  // The share of failed calls, which the access log has, and what judges a release, by version.
  const called = functionsOf(load).filter((name) => metricFacts.requests.by.includes(name));
  const judging = settings.cloud.gradualReleases ? 2 * called.length : 0;
  const others = traffic.calls > 0 ? 1 + judging : 0;
  const access = month(traffic.calls, accessLogBytes) + (load.ads * accessLogBytes) / gb;
  const lines =
    month(traffic.queries + load.healthChecksPerSecond, requestLogBytes) +
    month(traffic.incrementCalls, incrementLogBytes) +
    month(traffic.aggregations, consumerLogBytes) +
    (load.ads * (incrementLogBytes + 3 * consumerLogBytes)) / gb;
  const kept = (access + lines) * assumed.logCompression * (settings.cloud.logRetentionDays / 30);
  // Lambda records the first invocation of a second of what Kinesis makes it run, and a twentieth of the others.
  const first = Math.min(traffic.aggregations, 1);
  const traced = (first + 0.05 * (traffic.aggregations - first)) * secondsPerMonth + 3 * load.ads;
  return [
    item(
      'CloudWatch',
      'custom metrics',
      metricsOf(functionsOf(load)) + others,
      'metric',
      price.customMetricMonth,
    ),
    item('CloudWatch', 'access logs', access, 'GB', price.logsGb),
    item('CloudWatch', 'logs and metrics of functions', lines, 'GB', price.logsGb),
    item('CloudWatch', 'logs kept', kept, 'GB-month', price.logsStorageGbMonth),
    item('X-Ray', 'traces of consumers', traced / 1e6, 'million', price.tracesPerMillion),
  ];
}

function quarantineItems({ quarantineRetentionDays }: StageSettings, { records }: Traffic): Item[] {
  const objects = records * secondsPerMonth * assumed.quarantinedPerRecord;
  const kept =
    (records * (quarantineRetentionDays + 1) * daySeconds * assumed.quarantinedPerRecord * 1024) / gb;
  return [
    item('S3', 'quarantine, PUT', objects / 1e6, 'million', price.s3PutsPerMillion),
    item('S3', 'quarantine, storage', kept, 'GB-month', price.s3StorageGbMonth),
  ];
}
