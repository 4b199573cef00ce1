import { metricFacts } from '../core/metric-facts.ts';
import { functionNames, type FunctionName, type StageSettings } from '../stages.ts';
import { hoursPerMonth, type EdgePlan } from './list-prices.ts';

/** What callers do with a stage, all month long. */
export interface Load {
  /** GET of pages of ads. */
  readonly queriesPerSecond: number;
  /** Different questions among them, all asked alike. It matters behind CloudFront, which keeps each answer. */
  readonly questions: number;
  /** The account is in Kinesis' mode On-demand Advantage, which is for all its streams. */
  readonly advantage: boolean;
  /** A flat-rate plan of CloudFront. Default: by use. */
  readonly plan?: EdgePlan | undefined;
  /** Increments, not calls. */
  readonly incrementsPerSecond: number;
  /** Increments of one call, 1..500. */
  readonly batch: number;
  /** Each call that writes increments has an Idempotency-Key. */
  readonly keyed: boolean;
  /** GET /health. */
  readonly healthChecksPerSecond: number;
  /** Ads created in a month. Each lives for a month, so as many are live. */
  readonly ads: number;
  /** Different counters; each gets as many increments as any other. */
  readonly counters: number;
  /** API tokens, each of which is in use all the time. */
  readonly tokens: number;
}

export const idle: Load = {
  ...{ queriesPerSecond: 0, incrementsPerSecond: 0, healthChecksPerSecond: 0 },
  ...{ batch: 1, keyed: false, ads: 0, counters: 1000, tokens: 1, questions: 100, advantage: false },
};

/** Sizes and times that nothing states: measure yours and change them. Bytes are those of a line or an item. */
export const assumed = {
  requestSeconds: 0.01,
  /** An invocation of aggregate-increments, and what each of its records adds. */
  aggregateSeconds: 0.05,
  aggregateSecondsPerRecord: 0.00045,
  /** One invocation for an ad's event or expiry. */
  adSeconds: 0.05,
  sweepSeconds: 1,
  sweepsPerHour: 12,
  /** Epochs of a goal are closed together (lib/app/delivery/take-back.ts). */
  closesPerHour: 4,
  /** A run of the audit: at least, and for each record (the pauses of its reads) and each counter. */
  auditSeconds: 10,
  auditSecondsPerRecord: 0.5 / 2000,
  auditSecondsPerCounter: 0.0002,
  auditSecondsMax: 780,
  /**
   * A run of the archiver: at least, and for each record it reads and packs. Of a record 34 B stay with 100 counters,
   * 61 B with counters that are UUIDs.
   */
  archiveSeconds: 2,
  archiveSecondsPerRecord: 0.00001,
  archiveSecondsMax: 540,
  /** Those that it writes while nothing is wrong: `archive_runs`. */
  archiveMetrics: 1,
  archivedBytesPerRecord: 61,
  archivedRecordsPerPart: 20_000,
  /** A run of the canary waits for its increment, which it looks for again and again. */
  canarySeconds: 2,
  canaryReads: 16,
  /** Those that it writes while nothing is wrong: `canary_runs`. */
  canaryMetrics: 1,
  recordBytes: 256,
  /** Of ten ads, and of all else; with headers. */
  pageBytes: 4096,
  answerBytes: 640,
  /** Such a page compressed, and a call that writes increments; with headers. */
  edgePageBytes: 1700,
  callBytes: 800,
  /** Caches of CloudFront that ask the API, each for its callers: those near three continents. */
  edgeCaches: 3,
  /** Pages are kept no longer than until this many seconds before the next start or end of an ad. */
  edgeTransitSeconds: 1,
  accessLogBytes: 430,
  /** Of an invocation: two lines if it writes increments. */
  requestLogBytes: 285,
  incrementLogBytes: 535,
  consumerLogBytes: 800,
  /** Items with the 100 bytes that DynamoDB adds to each. */
  counterBytes: 500,
  seriesBytes: 1000,
  requestRecordBytes: 700,
  claimBytes: 250,
  adBytes: 3000,
  /** What is kept of one that has ended. */
  endedAdBytes: 1500,
  /** An ad in a snapshot. */
  snapshotBytesPerAd: 512,
  /** A chunk of a snapshot in S3: 16 MB of rows, compressed. */
  snapshotBlobBytes: 4_000_000,
  /** A sketch of hot keys: of one key, and the most. */
  sketchBytesPerKey: 100,
  sketchBytesMax: 20_000,
  /** Of a token in a container (lib/app/rate). */
  leasesPerSecond: 2,
  /** How often a container writes the usage of its callers (lib/app/usage). */
  usageSeconds: 10,
  /** Connections of warm containers to the tables; each uses the stage's own key once in five minutes. */
  tableConnections: 50,
  /** What is left of a log line in storage. */
  logCompression: 0.15,
  quarantinedPerRecord: 1e-6,
  /** What each table takes from the start, units a second. */
  tableReads: 12_000,
  tableWrites: 4000,
  /** What an account in the mode On-demand Advantage pays for at least. */
  advantageMbPerSecond: 25,
  /** A new on-demand stream has four shards, and gets more when it is half full: 1,000 records a second each. */
  onDemandShardsMin: 4,
  shardRecordsPerSecond: 1000,
} as const;

export const secondsPerMonth = 3600 * hoursPerMonth;
export const daySeconds = 86_400;

/** What a load makes a stage do, a second if nothing else is stated. */
export interface Traffic {
  /** Calls that write increments. */
  readonly incrementCalls: number;
  /** Calls of callers, but those that create ads, of which there are few. */
  readonly callersCalls: number;
  /** Those that reach the API. */
  readonly calls: number;
  /** Pages of ads among these: all, or those that CloudFront does not have. */
  readonly queries: number;
  /** Calls that pass an origin shield. */
  readonly shielded: number;
  /** Invocations of authorize-request, and of aggregate-increments. */
  readonly authorizations: number;
  readonly aggregations: number;
  /** Records in the log of increments, and in one invocation. */
  readonly records: number;
  readonly recordsPerAggregation: number;
  /** Shards of that log, and their lanes, each of which has a container. */
  readonly shards: number;
  readonly lanes: number;
  /** Transactions (without series: writes), one for each counter of an invocation. */
  readonly additions: number;
}

export function trafficOf(settings: StageSettings, load: Load): Traffic {
  const { batchSize, maximumBatchingWindowSeconds, parallelizationFactor } =
    settings.deliveries['aggregate-increments'];
  const incrementCalls = load.incrementsPerSecond / load.batch;
  const { edge } = settings.cloud;
  const others = incrementCalls + load.healthChecksPerSecond;
  const [queries, passing] =
    edge === undefined
      ? [load.queriesPerSecond, 0]
      : [
          missesOf(settings, load, edge.originShield === undefined ? assumed.edgeCaches : 1),
          missesOf(settings, load, assumed.edgeCaches),
        ];
  const calls = queries + others;
  // Increments of one counter in one call are one record.
  const records = incrementCalls * different(load.counters, load.batch);
  const shards = shardsOf(settings, records);
  const lanes = shards * parallelizationFactor;
  const perLane = records / lanes;
  // A batch ends when it is full, or a window after its first record.
  const aggregations =
    lanes * Math.max(perLane / batchSize, perLane / (1 + perLane * maximumBatchingWindowSeconds));
  const recordsPerAggregation = aggregations === 0 ? 0 : records / aggregations;
  return {
    ...{ queries, callersCalls: load.queriesPerSecond + others },
    shielded: edge?.originShield === undefined ? 0 : passing + others,
    ...{ incrementCalls, calls, records, recordsPerAggregation, shards, lanes, aggregations },
    // API Gateway keeps a token's answer. Pages of ads and health checks need no token.
    authorizations:
      settings.tokens.cacheSeconds === 0
        ? incrementCalls
        : Math.min(incrementCalls, load.tokens / settings.tokens.cacheSeconds),
    additions: aggregations * different(Math.max(1, load.counters / lanes), recordsPerAggregation),
  };
}

/**
 * Pages a second that `caches` ask for, each for its share of the callers. A page that is kept answers the same
 * question for `max-age`, so of 1 + (questions of its kind in that time) one is asked. Alike many of each question is
 * the worst case. Shortly before an ad starts or ends, nothing is kept.
 */
function missesOf({ http, reader }: StageSettings, load: Load, caches: number): number {
  const { queriesPerSecond, questions, ads } = load;
  const maxAge = Math.floor(reader.maxStalenessMs / 1000);
  if (!http.publicReads || maxAge === 0) return queriesPerSecond;
  const startsAndEnds = (2 * ads) / secondsPerMonth;
  const keeping = Math.exp(-startsAndEnds * (maxAge + assumed.edgeTransitSeconds));
  const ofOneKind = queriesPerSecond / questions / caches;
  return queriesPerSecond * (1 - keeping + keeping / (1 + ofOneKind * maxAge));
}

/** How many of `kinds` are among `draws`, on average. */
function different(kinds: number, draws: number): number {
  return draws <= 1 ? draws : kinds * (1 - (1 - 1 / kinds) ** draws);
}

function shardsOf({ streams }: StageSettings, records: number): number {
  const { mode, shardCount } = streams.increments;
  if (mode === 'provisioned') return shardCount;
  return Math.max(assumed.onDemandShardsMin, Math.ceil((2 * records) / assumed.shardRecordsPerSecond));
}

/** The functions that a load invokes; every stage has the sweep, and some the canary. */
export function functionsOf(load: Load): readonly FunctionName[] {
  const used: readonly FunctionName[] = [
    ...(load.queriesPerSecond > 0 ? (['query-ads'] as const) : []),
    ...(load.incrementsPerSecond > 0
      ? (['ingest-increments', 'aggregate-increments', 'authorize-request'] as const)
      : []),
    ...(load.ads > 0 ? (['ingest-ads', 'project-ads', 'expire-ad'] as const) : []),
    ...(load.healthChecksPerSecond > 0 ? (['describe-api'] as const) : []),
  ];
  return functionNames.filter((name) => used.includes(name));
}

/** Custom metrics that these functions may write. The sweep writes one only if something is wrong. */
export function metricsOf(functions: readonly FunctionName[]): number {
  return Object.values(metricFacts).flatMap(({ by }) => functions.filter((name) => by.includes(name))).length;
}
