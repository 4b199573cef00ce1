import type { StreamName } from '../core/streams.ts';
import { PortError } from './port-error.ts';

/** What a stage does at the moment and has done of late. null: this runtime cannot know it. */
export interface PipelineStats {
  /** The end of the time that the rates are of, milliseconds since 1970. */
  readonly atMs: number;
  /** `process`: the one of `npm start`, exact; `cloudwatch`: a minute or two late. */
  readonly source: 'process' | 'cloudwatch';
  /** Asking more often than this brings nothing new, seconds. */
  readonly refreshSeconds: number;
  /** Per second, over the last `windowSeconds`. */
  readonly rates: PipelineCounts & { readonly windowSeconds: number };
  readonly totals: PipelineCounts & {
    readonly sinceMs: number;
    /** Increments of keyed requests that had been counted before. */
    readonly duplicates: number;
    /** Records of increments given up, and quarantined records of both logs settled by a redrive. */
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
  /** Answered 4xx, and 5xx. */
  readonly refused: number;
  readonly errors: number;
  /** Increments logged, increments counted from the log, and increments added at once by `mode=sync`. */
  readonly accepted: number;
  readonly counted: number;
  readonly addedAtOnce: number;
  /** Calls that read ads, calls that read counters, and changes of ads that made a version. */
  readonly adReads: number;
  readonly counterReads: number;
  readonly adChanges: number;
}

/** From POST to counted, over the last `windowSeconds`. */
export interface Freshness {
  readonly windowSeconds: number;
  readonly count: number;
  /** null: nothing was counted. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  /** One for each of `freshnessBoundsMs`, and one for all beyond. */
  readonly buckets: readonly number[];
}

/** Upper bounds, powers of two. */
export const freshnessBoundsMs = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192] as const;

export interface StreamStats {
  readonly stream: StreamName;
  readonly consumer: string;
  /** Shards that the stage sets; null: they come and go with the load. */
  readonly shardCount: number | null;
  readonly lanesPerShard: number;
  readonly recordsBehind: number | null;
  readonly oldestAgeMs: number | null;
  readonly logBytes: number | null;
  /** null: only the whole stream is known. */
  readonly shards: readonly ShardLag[] | null;
}

export interface ShardLag extends Lag {
  readonly shardId: string;
  readonly lanes: readonly (Lag & { readonly busy: boolean })[];
}

interface Lag {
  readonly recordsBehind: number;
  /** null: nothing is behind. */
  readonly oldestAgeMs: number | null;
}

/** The containers that answer reads of ads. */
export interface ReaderStats {
  /** Most invocations at the same time: at least so many containers are warm. */
  readonly atOnce: number | null;
  /** The newest catalog that one of them has loaded. */
  readonly catalogVersion: number | null;
  /** The oldest catalog that was served because the store could not be asked, milliseconds; 0: none. */
  readonly staleServedMs: number;
  /** Those that can be asked one by one: in a deployed stage none. */
  readonly containers: readonly {
    readonly name: string;
    readonly catalogVersion: number;
    readonly ads: number;
    /** Since the catalog was last known to be current; null: it has not been asked for yet. */
    readonly checkedAgoMs: number | null;
  }[];
}

export interface StatsSource {
  /** Rejects with a StatsError. Cheap to ask: what costs money is kept for a while. */
  read(): Promise<PipelineStats>;
}

/** `stats-unavailable`: whoever keeps the figures did not answer. */
export class StatsError extends PortError {
  override readonly name = 'StatsError';
  readonly code = 'stats-unavailable';
  readonly retryable = true;
}
