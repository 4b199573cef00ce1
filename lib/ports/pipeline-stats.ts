import type { StreamName } from '../core/streams.ts';
import { PortError } from './port-error.ts';

/** The current and recent state of a stage. null: this runtime does not know the number. */
export interface PipelineStats {
  /** The end of the window of the rates, milliseconds since 1970. */
  readonly atMs: number;
  /** `process`: exact numbers of `npm start`; `cloudwatch`: one or two minutes late. */
  readonly source: 'process' | 'cloudwatch';
  /** The numbers change no more often than this, seconds. */
  readonly refreshSeconds: number;
  /** Per second, over the last `windowSeconds`. */
  readonly rates: PipelineCounts & { readonly windowSeconds: number };
  readonly totals: PipelineCounts & {
    readonly sinceMs: number;
    /** Increments of keyed requests that were already counted. */
    readonly duplicates: number;
    /**
     * Increment records moved to the quarantine, and quarantined records of both logs settled by a redrive.
     */
    readonly quarantined: number;
    readonly redriven: number;
  };
  readonly freshness: Freshness;
  readonly streams: readonly StreamStats[];
  readonly readers: ReaderStats;
  /** Ads that have not ended. */
  readonly liveAds: number | null;
}

export interface PipelineCounts {
  readonly requests: number;
  /** Answers 4xx and 5xx. */
  readonly refused: number;
  readonly errors: number;
  /** Increments logged, increments counted from the log, and increments added by `mode=sync`. */
  readonly accepted: number;
  readonly counted: number;
  readonly addedAtOnce: number;
  /** Calls that read ads, calls that read counters, and changes of ads that created a version. */
  readonly adReads: number;
  readonly counterReads: number;
  readonly adChanges: number;
}

/** From POST to counted, over the last `windowSeconds`. */
export interface Freshness {
  readonly windowSeconds: number;
  readonly count: number;
  /** null: there was nothing to count. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  /** One count for each of `freshnessBoundsMs`, and one for all above. */
  readonly buckets: readonly number[];
}

/** Upper bounds, powers of two. */
export const freshnessBoundsMs = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] as const;

export interface StreamStats {
  readonly stream: StreamName;
  readonly consumer: string;
  /** Shards that the stage sets; null: the number changes with the load. */
  readonly shardCount: number | null;
  readonly lanesPerShard: number;
  readonly recordsBehind: number | null;
  readonly oldestAgeMs: number | null;
  readonly logBytes: number | null;
  /** null: only the stream as a whole is known. */
  readonly shards: readonly ShardLag[] | null;
}

export interface ShardLag extends Lag {
  readonly shardId: string;
  readonly lanes: readonly (Lag & { readonly busy: boolean })[];
}

interface Lag {
  readonly recordsBehind: number;
  /** null: there is no backlog. */
  readonly oldestAgeMs: number | null;
}

/** The containers that serve reads of ads. */
export interface ReaderStats {
  /** The most concurrent invocations: at least this many containers are warm. */
  readonly atOnce: number | null;
  /** The newest catalog that a container has loaded. */
  readonly catalogVersion: number | null;
  /** The age of the oldest catalog served while the store failed, milliseconds; 0: none. */
  readonly staleServedMs: number;
  /** The versions of query-ads that get calls; null: not known at the moment. */
  readonly releases: readonly ReleaseShare[] | null;
  /** The containers that report individually; none in a deployed stage. */
  readonly containers: readonly {
    readonly name: string;
    readonly catalogVersion: number;
    readonly ads: number;
    /** Since the catalog was last known to be current; null: not yet read. */
    readonly checkedAgoMs: number | null;
  }[];
}

export interface ReleaseShare {
  /** As Lambda numbers them; `$LATEST` in a stage without gradual releases. In one process the release. */
  readonly version: string;
  /** Of the calls, 0..1. */
  readonly share: number;
  /** How many of its containers held the catalog before its first call; null: nobody waited for that. */
  readonly warmContainers: number | null;
}

export interface StatsSource {
  /** Rejects with a StatsError. Calls are cheap: results that cost money are cached. */
  read(): Promise<PipelineStats>;
}

/** `stats-unavailable`: the source of the numbers did not answer. */
export class StatsError extends PortError {
  override readonly name = 'StatsError';
  readonly code = 'stats-unavailable';
  readonly retryable = true;
}
