import type { StreamName } from './core/streams.ts';

/**
 * The settings of each stage: the one definition that the CDK app, the functions and the embedded runtime read.
 */
export const stageNames = ['local', 'dev', 'staging', 'prod', 'localstack'] as const;
export type StageName = (typeof stageNames)[number];

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
  readonly shardCount: number;
  readonly retentionHours: number;
}

export interface StageSettings {
  readonly stage: StageName;
  readonly streams: Readonly<Record<StreamName, StreamSettings>>;
  readonly deliveries: {
    readonly 'project-ads': DeliverySettings;
    readonly 'aggregate-increments': DeliverySettings;
  };
  readonly ads: {
    /** Over these, creating an ad is answered 507. */
    readonly liveAdsMax: number;
    readonly liveBytesMax: number;
  };
  readonly reader: {
    /** A warm container asks for the catalog's version when its last check is older, milliseconds. */
    readonly maxStalenessMs: number;
    /** While the store fails, a reader serves what it has up to this age, then 503, milliseconds. */
    readonly staleServeMaxMs: number;
  };
  readonly counters: {
    /** What a counter key must look like. */
    readonly keyFormat: 'any' | 'uuid';
  };
  readonly http: {
    /** Origins that browsers may call from; '*': any. */
    readonly corsOrigins: readonly string[];
    /** GET of ads without a token. */
    readonly publicReads: boolean;
  };
  /** Days that a quarantined record is kept. */
  readonly quarantineRetentionDays: number;
}

const retentionHours = 7 * 24;

/** Just under the retention: the mapping gives up on a record before the log does, so that it is seen. */
const maximumRecordAgeSeconds = retentionHours * 3600 - 3600;

const deliveryDefaults = {
  maximumRetryAttempts: -1,
  maximumRecordAgeSeconds,
  bisectBatchOnFunctionError: true,
} as const;

const base = {
  streams: {
    'ad-events': { epoch: '1', shardCount: 1, retentionHours },
    increments: { epoch: '1', shardCount: 2, retentionHours },
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
  ads: { liveAdsMax: 1_000_000, liveBytesMax: 2_000_000_000 },
  reader: { maxStalenessMs: 1000, staleServeMaxMs: 60_000 },
  counters: { keyFormat: 'any' },
  http: { corsOrigins: ['*'], publicReads: true },
  quarantineRetentionDays: 30,
} as const satisfies Omit<StageSettings, 'stage'>;

const stages: Readonly<Record<StageName, StageSettings>> = {
  local: {
    ...base,
    stage: 'local',
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
  },
  dev: { ...base, stage: 'dev' },
  staging: { ...base, stage: 'staging' },
  prod: { ...base, stage: 'prod', http: { corsOrigins: [], publicReads: true } },
  localstack: { ...base, stage: 'localstack' },
};

export function isStageName(text: string): text is StageName {
  return (stageNames as readonly string[]).includes(text);
}

export function stageSettings(stage: StageName): StageSettings {
  return stages[stage];
}
