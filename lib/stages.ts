import type { PinnedKey } from './core/counters/hot/lanes.ts';
import type { SeriesLevel } from './core/counters/series.ts';
import type { StreamName } from './core/streams.ts';

/**
 * The settings of each stage: the one definition that the CDK app, the functions and the embedded runtime
 * read. The control item may override some of them while the stage runs (lib/app/control).
 */
export const stageNames = ['local', 'dev', 'staging', 'prod', 'localstack'] as const;
export type BuiltInStage = (typeof stageNames)[number];
/** One of `stageNames`, or one of the settings file (lib/settings). */
export type StageName = string;

/** Settings of a Kinesis event source mapping; names and ranges as Lambda has them. */
export interface DeliverySettings {
  readonly stream: StreamName;
  /** Records per invocation, 1..10,000. */
  readonly batchSize: number;
  /** How long a batch may wait to fill, 0..300 s; a fraction is for the embedded runtime alone. */
  readonly maximumBatchingWindowSeconds: number;
  /** Concurrent batches per shard, 1..10; records of one partition key stay in order. */
  readonly parallelizationFactor: number;
  /** -1: until the record is too old. */
  readonly maximumRetryAttempts: number;
  /** Seconds, 60..604,800; a record older than this goes to the failure destination. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
}

export interface StreamSettings {
  /** Part of the stream's name; raise it whenever the stream is replaced. */
  readonly epoch: string;
  /** `provisioned`: `shardCount` shards, a fixed price; `on-demand`: shards come and go with the load. */
  readonly mode: 'provisioned' | 'on-demand';
  readonly shardCount: number;
  readonly retentionHours: number;
}

export const functionNames = [
  'ingest-ads',
  'ingest-increments',
  'aggregate-increments',
  'project-ads',
  'query-ads',
  'read-counters',
  'expire-ad',
  'sweep-ads',
  'describe-api',
  'authorize-request',
  'operate-quarantine',
  'read-stats',
  'warm-release',
  'audit-counters',
  'run-canary',
  'archive-increments',
  'decide-ads',
  'track-ads',
] as const;
export type FunctionName = (typeof functionNames)[number];

/** The functions that a stage on AWS has. */
export function deployedFunctions({ archive }: Pick<StageSettings, 'archive'>): readonly FunctionName[] {
  return functionNames.filter((name) => name !== 'archive-increments' || archive.everyMinutes > 0);
}

export interface FunctionSettings {
  /** 128..10,240 MB; 1,769 MB give one full vCPU. */
  readonly memoryMb: number;
  /** An invocation that takes longer fails, though its writes may still happen. */
  readonly timeoutSeconds: number;
}

/** A token bucket: it holds up to `burst` calls and gets `ratePerSecond` new ones. */
export interface RateSettings {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** CloudFront in front of the API (docs/edge.md): $0.40 a month, and a dollar for a million calls. */
export interface EdgeSettings {
  /** Names of your own, and their certificate, which ACM must have in us-east-1. Default: CloudFront's name. */
  readonly domain?: { readonly names: readonly [string, ...string[]]; readonly certificateArn: string };
  /**
   * A region near the stage's own, in which all caches ask one before they ask the API: fewer calls reach the API, at
   * $0.75 a million calls that pass it. Default: none.
   */
  readonly originShield?: string;
  /**
   * With `webAcl`: an ACL of yours with the scope CLOUDFRONT. Default: the stack makes one, which AWS allows in
   * us-east-1 alone.
   */
  readonly webAclArn?: string;
  /**
   * `open`: the API's own address answers too, past the web ACL, until all callers have moved. Default: `closed`.
   */
  readonly api?: 'closed' | 'open';
}

export type TableName = 'ads' | 'counters' | 'requests' | 'tokens' | 'delivery';

/** Units a second of a table on demand. */
export interface Throughput {
  readonly reads?: number;
  readonly writes?: number;
}

export interface TableSettings {
  /**
   * What the table takes at once, at least 12,000 reads and 4,000 writes, which every table has for nothing. Paid once
   * for what is above: $0.00013 for a read a second, $0.00065 for a write. It can be raised, and never lowered.
   */
  readonly warm?: Throughput;
  /** Beyond it DynamoDB throttles, so that a mistake cannot cost more. Free. Default: the quota, 40,000 each. */
  readonly most?: Throughput;
}

/** What only a deployed stage has. */
export interface CloudSettings {
  /** Tables, streams and the quarantine survive `cdk destroy`, and cannot be deleted by it. */
  readonly retainData: boolean;
  /**
   * Without `retainData`: `cdk destroy` empties the quarantine first, by a function of CDK's own. Without that it fails
   * once the quarantine holds something. Emulators lack the SDK of Lambda's runtime, which that function needs.
   */
  readonly emptyOnRemoval: boolean;
  readonly logRetentionDays: 7 | 30 | 90;
  /**
   * A KMS key of the stage's own for tables, streams, quarantine, dead letters and logs, from $1 a month.
   * `none`: AWS's keys. `encrypts`: what is written from now on is encrypted with it. `decrypts`: the stage has
   * gone back to AWS's keys and still reads what it wrote with its own (docs/deploy.md, "A key of your own").
   */
  readonly customerKey: 'none' | 'encrypts' | 'decrypts';
  /**
   * The stage's ceiling over all callers, requests per second and bucket size; best effort, API Gateway's
   * own.
   */
  readonly throttle: RateSettings;
  /** The share (0..1) of `throttle` that one method that reads may use, so that reads do not starve writes. */
  readonly readShare: number;
  /**
   * Containers that only this function may use, which is also the most that it may have. Default: none, since
   * an account with less than 1,000 in all may have none to give (docs/deploy.md, "Reserved concurrency").
   */
  readonly reservedConcurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  /**
   * Containers of a function that is called through the gateway which Lambda starts before any call and keeps, at about
   * $9 a month and GB each (docs/deploy.md, "Provisioned concurrency"). Default: none.
   */
  readonly provisionedConcurrency?: Readonly<Partial<Record<FunctionName, number>>>;
  /** A web ACL with two limits per address (lib/infra/address-limits.ts), from $7 a month. With `edge` it is there. */
  readonly webAcl: boolean;
  /**
   * API Gateway itself answers 401 to a header without the form of a token, so that it invokes nothing. Its
   * authorizer then gets another kind of event, which the release before this setting refuses. Set it once you would
   * no longer go back to that one (docs/deploy.md, "Malformed tokens").
   */
  readonly refusesMalformedTokens: boolean;
  /** Default: each table grows with its load, without a bound but the account's quota (docs/deploy.md, "Tables"). */
  readonly tables?: Readonly<Partial<Record<TableName, TableSettings>>>;
  /** CloudFront answers for the API, and keeps what shared caches may keep. Default: callers ask the API itself. */
  readonly edge?: EdgeSettings;
  /** A new version of a request function first gets a tenth of the calls, and is rolled back if they fail. */
  readonly gradualReleases: boolean;
  /**
   * With gradual releases: a new version of query-ads gets its first call once so many of its containers hold the
   * current catalog, 1..50.
   */
  readonly warmContainers: number;
  /**
   * The calls that X-Ray records: the first few of each second, and a share (0..1) of the others. Default:
   * the account's rule, the only one that emulators support.
   */
  readonly traces?: { readonly perSecond: number; readonly share: number };
  /**
   * API Gateway writes five metrics for each method that is called, at $0.30 each and month, besides the free
   * ones of the whole stage, which alarms and dashboard use.
   */
  readonly detailedMetrics: boolean;
  /**
   * Alarms of a stage that is busy all day: when it gets no calls any more, at $0.70 a month, and when a hundredth of
   * its impressions are late, at $0.20. In a stage with pauses the first never rings and the second says nothing.
   */
  readonly trafficAlarm: boolean;
  /**
   * Dollars a month. The alarm topic gets a message when the stage has cost 80% of it or all of it, or is forecast to
   * (AWS Budgets, free). Default: nobody watches the bill.
   */
  readonly budgetDollars?: number;
  /**
   * Functions post their spans to this URL (OTLP/HTTP), such as a collector layer's `http://localhost:4318`.
   * Default: spans go to X-Ray's daemon.
   */
  readonly otlpEndpoint?: string;
}

export interface StageSettings {
  readonly stage: StageName;
  readonly functions: Readonly<Record<FunctionName, FunctionSettings>>;
  readonly cloud: CloudSettings;
  readonly streams: Readonly<Record<StreamName, StreamSettings>>;
  readonly deliveries: {
    readonly 'project-ads': DeliverySettings;
    readonly 'aggregate-increments': DeliverySettings;
  };
  readonly ads: {
    /** Beyond these limits, creating an ad is answered 507. */
    readonly liveAdsMax: number;
    readonly liveBytesMax: number;
    /**
     * From so many bytes of live ads on, a deployed stage writes snapshots to S3. Every release reads both, and
     * one that knows no S3 falls back to older snapshots and changes; so set it one release after this one, as
     * 20,000,000. Default: snapshots are items of DynamoDB, whatever their size.
     */
    readonly snapshotBlobsFromBytes?: number;
    /**
     * Days for which an ad that has ended can still be read, from its end on, 0..3650; two more writes for each. 0:
     * it is gone at its end. A new number holds for ads that end from then on; a smaller one hides older ones too.
     */
    readonly endedDays: number;
  };
  /**
   * `read`: every function reads external ids, and no call accepts one. `accept` is for a stage all of whose
   * functions read them: an earlier release can neither project nor serve an ad that has one (docs/deploy.md,
   * "External ids").
   */
  readonly externalIds: 'read' | 'accept';
  /** Which ad is shown, and what is counted of it. */
  readonly delivery: {
    /**
     * Calls accept pause, priority and the other optional fields of ads, and the calls of delivery answer. false: every
     * function reads all of it, and no call accepts any. Set it once all functions of the stage are of this release: an
     * earlier one can neither project nor serve an ad that has such a field.
     */
    readonly accepts: boolean;
    /** The same for `goal`, with `accepts`. */
    readonly goals: boolean;
    /** The same for `frequency`, with `accepts`. */
    readonly caps: boolean;
    /** Minutes after its decision within which an impression is counted, 1..1440. */
    readonly impressionMinutes: number;
    /** Decisions without a token, for anybody. */
    readonly plainDecisions: boolean;
    /**
     * Parts of user agents that declare a robot, compared without regard to case. What such a client reports is kept
     * apart and not counted.
     */
    readonly bots: readonly string[];
  };
  readonly reader: {
    /** A warm container checks the catalog's version if its last check is older, milliseconds. */
    readonly maxStalenessMs: number;
    /** While the store fails, a reader serves its catalog up to this age, then answers 503, milliseconds. */
    readonly staleServeMaxMs: number;
  };
  readonly counters: {
    /** What a counter key must look like. */
    readonly keyFormat: 'any' | 'uuid';
    /**
     * How `POST /increment` counts if the request names no mode. `eventual`: through the log, within seconds;
     * one key is as fast as many. `sync`: before the answer, at most as fast as the store writes one item.
     */
    readonly defaultMode: 'eventual' | 'sync';
    /**
     * Days for which the buckets of each level are kept; absent levels are not kept. Without levels, counting
     * the records of one key in a batch costs one DynamoDB write (1 WCU). With n levels it is a transaction
     * of n + 1 writes (2n + 2 WCU).
     */
    readonly series: Readonly<Partial<Record<SeriesLevel, number>>>;
    /**
     * The shortest time between two writes of a container's sketch of hot keys, milliseconds. A sketch has up
     * to 20 KB (20 WCU); one of few keys is written with each batch. 0: no sketches.
     */
    readonly topKeysSaveMs: number;
    /** Counters that are spread over so many partition keys from their first record on. */
    readonly hotKeys: readonly PinnedKey[];
    /**
     * A counter gets more partition keys once one of them has more records a second than this, over all
     * containers of ingest. 0: the consumers do not look, as in one process, whose ingest knows the rate.
     */
    readonly laneRecordsPerSecond: number;
    /** From this instant on a level is complete, if the control item has added it, milliseconds. */
    readonly seriesFromMs?: Readonly<Partial<Record<SeriesLevel, number>>>;
  };
  readonly http: {
    /** Origins that browsers may call from; '*': any. */
    readonly corsOrigins: readonly string[];
    /** GET of ads without a token. */
    readonly publicReads: boolean;
    /**
     * Compresses answers over 1 KB for clients that accept gzip. Off in deployed stages: a function's processor
     * time is billed, and its answer in base64 is a third longer.
     */
    readonly compressAnswers: boolean;
  };
  readonly tokens: {
    /** The limit of each token: `burst` calls in a burst, then `ratePerSecond`. */
    readonly rate: RateSettings;
    /**
     * What an operator has lowered the rate to while the stage runs: the most that a token with a rate of its
     * own has, too. Default: no token's own rate is limited.
     */
    readonly rateCeiling?: Partial<RateSettings>;
    /**
     * Refuses writes beyond the rate exactly, for up to one store write a call (lib/app/rate); usage plans
     * are best effort.
     */
    readonly exactLimit: boolean;
    /**
     * How long a gateway caches the scopes of a token, 0..3600 s. A revoked token may work that much longer.
     */
    readonly cacheSeconds: number;
  };
  /** The scheduled audit of the counters. */
  readonly audit: {
    /** 0: no audit is scheduled. A run reads every counter, and the log since the last run. */
    readonly everyMinutes: number;
  };
  /**
   * A copy of the log of increments that outlives its retention: audits read there what the log has dropped
   * (docs/operators-tools.md). Only deployed stages have one.
   */
  readonly archive: {
    /** 0: none. Otherwise the log is copied so often; it must be far below its retention. */
    readonly everyMinutes: number;
    /** Days for which it is kept, more than the retention. */
    readonly keepDays: number;
  };
  /** The canary: an increment of the product itself, sent through the log and read back. */
  readonly canary: {
    /** 0: none. */
    readonly everyMinutes: number;
  };
  /** Days that a quarantined record is kept. */
  readonly quarantineRetentionDays: number;
  /**
   * The share (0..1) of requests whose spans are exported. Default: in one process what it was started with;
   * deployed, all that X-Ray samples.
   */
  readonly traceShare?: number;
}

const retentionHours = 7 * 24;
const devRetentionHours = 24;

/** Just under the retention, so that the mapping gives a record up before the log drops it. */
const maximumRecordAgeSeconds = retentionHours * 3600 - 3600;
const devMaximumRecordAgeSeconds = devRetentionHours * 3600 - 3600;

const deliveryDefaults = {
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds,
  bisectBatchOnFunctionError: true,
} as const;

/**
 * As robots name themselves: Googlebot/2.1, AdsBot-Google, bingbot/2.0; TelegramBot (like TwitterBot). `bot` alone
 * would be in the names of telephones, such as CUBOT.
 */
const bots = [
  ...['bot/', 'bot-', 'bot;', 'bot,', 'bot)', 'bot (', 'crawler', 'spider', 'slurp', 'archiver'],
  ...['facebookexternalhit', 'headlesschrome', 'preview'],
] as const;

const base = {
  functions: {
    // Ingest may wait up to 10 s for an ad to be applied; API Gateway times out after 29 s.
    'ingest-ads': { memoryMb: 512, timeoutSeconds: 28 },
    'ingest-increments': { memoryMb: 512, timeoutSeconds: 28 },
    // Folding 10,000 records is processor work; the time-out leaves room for a slow store, far below the
    // retention.
    'aggregate-increments': { memoryMb: 1769, timeoutSeconds: 60 },
    'project-ads': { memoryMb: 1769, timeoutSeconds: 60 },
    // The catalog is in memory, about 1 KB an ad. One vCPU, because answering is processor work too.
    'query-ads': { memoryMb: 1769, timeoutSeconds: 28 },
    'read-counters': { memoryMb: 256, timeoutSeconds: 28 },
    'expire-ad': { memoryMb: 256, timeoutSeconds: 30 },
    // Holds the catalog for a moment to find what has ended.
    'sweep-ads': { memoryMb: 1024, timeoutSeconds: 120 },
    'describe-api': { memoryMb: 256, timeoutSeconds: 10 },
    // A page of the quarantine is up to 50 objects in memory.
    'operate-quarantine': { memoryMb: 512, timeoutSeconds: 28 },
    'read-stats': { memoryMb: 256, timeoutSeconds: 28 },
    // Waits for containers for up to 240 s, and then reports.
    'warm-release': { memoryMb: 256, timeoutSeconds: 330 },
    // Holds the sums of all counters. It ends by itself two minutes before its time-out, to write its book.
    'audit-counters': { memoryMb: 3008, timeoutSeconds: 900 },
    // Reading and packing records is processor work; it ends by itself a minute before its time-out.
    'archive-increments': { memoryMb: 1769, timeoutSeconds: 600 },
    // Waits for its increment for up to 10 s.
    'run-canary': { memoryMb: 256, timeoutSeconds: 45 },
    // As query-ads: the catalog in memory, and choosing is processor work.
    'decide-ads': { memoryMb: 1769, timeoutSeconds: 28 },
    'track-ads': { memoryMb: 512, timeoutSeconds: 28 },
    // Runs before every call whose token is not in the gateway's cache.
    'authorize-request': { memoryMb: 512, timeoutSeconds: 5 },
  },
  streams: {
    // A shard costs about $11 a month, plus as much again for seven days' retention.
    'ad-events': { epoch: '1', mode: 'provisioned', shardCount: 1, retentionHours },
    increments: { epoch: '1', mode: 'provisioned', shardCount: 2, retentionHours },
  },
  cloud: {
    retainData: true,
    emptyOnRemoval: false,
    logRetentionDays: 30,
    customerKey: 'none',
    throttle: { ratePerSecond: 1000, burst: 2000 },
    readShare: 0.8,
    webAcl: false,
    refusesMalformedTokens: false,
    gradualReleases: false,
    warmContainers: 2,
    detailedMetrics: false,
    trafficAlarm: false,
  },
  deliveries: {
    // One lane: ad events have one partition key, and order is the point.
    'project-ads': {
      ...deliveryDefaults,
      stream: 'ad-events',
      batchSize: 500,
      maximumBatchingWindowSeconds: 0,
      parallelizationFactor: 1,
    },
    'aggregate-increments': {
      ...deliveryDefaults,
      stream: 'increments',
      batchSize: 5000,
      maximumBatchingWindowSeconds: 1,
      parallelizationFactor: 2,
    },
  },
  ads: { liveAdsMax: 1_000_000, liveBytesMax: 2_000_000_000, endedDays: 90 },
  externalIds: 'read',
  delivery: { accepts: false, goals: false, caps: false, impressionMinutes: 10, plainDecisions: false, bots },
  reader: { maxStalenessMs: 1000, staleServeMaxMs: 60_000 },
  // Minutes for two days, hours for a quarter, days for three years: 8 WCU instead of 1.
  counters: {
    keyFormat: 'any',
    defaultMode: 'eventual',
    series: { minute: 2, hour: 92, day: 1100 },
    topKeysSaveMs: 10_000,
    hotKeys: [],
    laneRecordsPerSecond: 200,
  },
  http: { corsOrigins: ['*'], publicReads: true, compressAnswers: false },
  // 1,000 calls in a burst, and on average 1,000 in 5 seconds.
  tokens: { rate: { ratePerSecond: 200, burst: 1000 }, exactLimit: false, cacheSeconds: 60 },
  audit: { everyMinutes: 60 },
  archive: { everyMinutes: 0, keepDays: 400 },
  canary: { everyMinutes: 0 },
  quarantineRetentionDays: 30,
} as const satisfies Omit<StageSettings, 'stage'>;

const stages: Readonly<Record<BuiltInStage, StageSettings>> = {
  local: {
    ...base,
    stage: 'local',
    // One process is of one release.
    externalIds: 'accept',
    delivery: { ...base.delivery, accepts: true, goals: true, caps: true, plainDecisions: true },
    streams: { ...base.streams, increments: { ...base.streams.increments, shardCount: 4 } },
    deliveries: {
      ...base.deliveries,
      'aggregate-increments': {
        ...base.deliveries['aggregate-increments'],
        batchSize: 10_000,
        maximumBatchingWindowSeconds: 0.05,
      },
    },
    reader: { ...base.reader, maxStalenessMs: 0 },
    // Only minutes, from which hours and days are summed up: two items a counter.
    counters: { ...base.counters, series: { minute: 7 }, topKeysSaveMs: 200, laneRecordsPerSecond: 0 },
    http: { ...base.http, compressAnswers: true },
    canary: { everyMinutes: 1 },
  },
  // About $33 a month idle, for two shards, alarms and dashboard; everything else is paid by use (npm run cost).
  // The first 24 hours of retention are free, and a call a second, such as a health check, is hardly traced.
  dev: {
    ...base,
    stage: 'dev',
    delivery: { ...base.delivery, accepts: true, goals: true, caps: true, plainDecisions: true },
    streams: {
      'ad-events': { ...base.streams['ad-events'], retentionHours: devRetentionHours },
      increments: { ...base.streams.increments, shardCount: 1, retentionHours: devRetentionHours },
    },
    deliveries: {
      'project-ads': {
        ...base.deliveries['project-ads'],
        maximumRecordAgeSeconds: devMaximumRecordAgeSeconds,
      },
      'aggregate-increments': {
        ...base.deliveries['aggregate-increments'],
        maximumRecordAgeSeconds: devMaximumRecordAgeSeconds,
      },
    },
    cloud: {
      ...base.cloud,
      retainData: false,
      emptyOnRemoval: true,
      logRetentionDays: 7,
      throttle: { ratePerSecond: 200, burst: 400 },
      traces: { perSecond: 0, share: 0.05 },
    },
    // Four runs a day are well within the retention of 24 hours.
    audit: { everyMinutes: 360 },
  },
  // About $88 a month idle: retains its data, and has more than one shard, so that problems with shards show
  // before prod.
  staging: {
    ...base,
    stage: 'staging',
    cloud: { ...base.cloud, traces: { perSecond: 1, share: 0.05 } },
    counters: { ...base.counters, series: { hour: 92, day: 1100 } },
  },
  // About $79 a month idle: on-demand increments ($29 a stream) follow the load without an operator; web ACL.
  prod: {
    ...base,
    stage: 'prod',
    streams: { ...base.streams, increments: { ...base.streams.increments, mode: 'on-demand' } },
    // Hours, which serve days too: 4 WCU instead of 1.
    counters: { ...base.counters, series: { hour: 400 } },
    http: { corsOrigins: [], publicReads: true, compressAnswers: false },
    tokens: { ...base.tokens, exactLimit: true },
    canary: { everyMinutes: 1 },
    cloud: {
      ...base.cloud,
      logRetentionDays: 90,
      throttle: { ratePerSecond: 10_000, burst: 5000 },
      webAcl: true,
      gradualReleases: true,
      trafficAlarm: true,
      // A tenth of the calls of the ceiling is 1,000 a second: five containers at 5 ms a call.
      warmContainers: 5,
      traces: { perSecond: 1, share: 0.01 },
    },
  },
  // For a LocalStack-compatible endpoint.
  localstack: {
    ...base,
    stage: 'localstack',
    externalIds: 'accept',
    delivery: { ...base.delivery, accepts: true, goals: true, caps: true, plainDecisions: true },
    audit: { everyMinutes: 0 },
    cloud: { ...base.cloud, retainData: false, logRetentionDays: 7, refusesMalformedTokens: true },
  },
};

export function isStageName(text: string): text is BuiltInStage {
  return (stageNames as readonly string[]).includes(text);
}

export function stageSettings(stage: BuiltInStage): StageSettings {
  return stages[stage];
}

/** What differs from other settings: a value, or null for an optional one that is left out. */
export type Changes<Whole> = Whole extends readonly unknown[] | string | number | boolean | undefined
  ? Whole
  : { readonly [Name in keyof Whole]?: Changes<Whole[Name]> | null };

export type SettingsChanges = Changes<Omit<StageSettings, 'stage'>>;

/** The settings of a stage that differs from another. Groups are merged; lists and values are replaced. */
export function changedSettings(
  stage: StageName,
  base: StageSettings,
  changes: SettingsChanges,
): StageSettings {
  return { ...(merged(base, changes) as StageSettings), stage };
}

/** As deep as the settings of `base` are. */
function merged(base: unknown, changes: unknown): unknown {
  if (!isGroup(base) || !isGroup(changes)) return changes;
  const own = Object.entries(changes).map(([name, change]) => [name, merged(base[name], change)] as const);
  const entries = Object.entries({ ...base, ...Object.fromEntries<unknown>(own) });
  return Object.fromEntries(entries.filter(([, value]) => (value ?? null) !== null));
}

/** What makes `settings` of `base`, such that `changedSettings` gives `settings` again; undefined: nothing. */
export function settingsChanges(base: StageSettings, settings: StageSettings): SettingsChanges | undefined {
  return difference({ ...base, stage: '' }, { ...settings, stage: '' }) as SettingsChanges | undefined;
}

/** Of which stage a function's environment has the changes, if its own is not built in. */
export const changedStage = 'prod';

/**
 * The settings of a deployed function's stage. `changes`: JSON, which the stack wrote; absent for a built-in stage.
 * Throws while the module loads, so that a wrong deployment fails immediately.
 */
export function deployedSettings(stage: StageName, changes: string | undefined): StageSettings {
  if (changes !== undefined)
    return changedSettings(stage, stageSettings(changedStage), JSON.parse(changes) as SettingsChanges);
  if (isStageName(stage)) return stageSettings(stage);
  throw new Error(`no settings of stage '${stage}'`);
}

function difference(base: unknown, value: unknown): unknown {
  if (!isGroup(base) || !isGroup(value))
    return JSON.stringify(base) === JSON.stringify(value) ? undefined : (value ?? null);
  const names = new Set([...Object.keys(base), ...Object.keys(value)]);
  const entries = [...names].map((name) => [name, difference(base[name], value[name])] as const);
  const changed = entries.filter(([, change]) => change !== undefined);
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
