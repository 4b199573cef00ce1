import {
  freshnessBoundsMs,
  type PipelineCounts,
  type PipelineStats,
  type ReleaseShare,
} from '../../ports/pipeline-stats.ts';
import { ageId, bucketId, type MeasuredStage } from './cloudwatch-figures.ts';

/** The values from CloudWatch, newest first. A metric without data has no values. */
export class Found {
  readonly #values = new Map<string, readonly number[]>();

  add(id: string | undefined, values: readonly number[] | undefined): void {
    if (id === undefined || values === undefined) return;
    this.#values.set(id, [...(this.#values.get(id) ?? []), ...values]);
  }

  sum(id: string): number {
    return (this.#values.get(id) ?? []).reduce((sum, value) => sum + value, 0);
  }

  /** null: there is none. */
  newest(id: string): number | null {
    return this.#values.get(id)?.[0] ?? null;
  }
}

/** CloudWatch has new values once a minute. */
const refreshSeconds = 60;
const windowSeconds = 60;

export function toPipelineStats(
  { streams, deliveries }: MeasuredStage,
  {
    minute,
    day,
    releases,
    ...times
  }: {
    readonly minute: Found;
    readonly day: Found;
    readonly releases: readonly ReleaseShare[] | null;
    readonly atMs: number;
    readonly sinceMs: number;
  },
): PipelineStats {
  const buckets = Array.from({ length: freshnessBoundsMs.length + 1 }, (_, i) => minute.sum(bucketId(i)));
  return {
    atMs: times.atMs,
    source: 'cloudwatch',
    refreshSeconds,
    rates: { windowSeconds, ...countsOf(minute, windowSeconds) },
    totals: {
      sinceMs: times.sinceMs,
      ...countsOf(day, 1),
      duplicates: day.sum('duplicates'),
      quarantined: day.sum('quarantined'),
      redriven: day.sum('redriven'),
    },
    freshness: {
      windowSeconds,
      count: buckets.reduce((sum, count) => sum + count, 0),
      p50Ms: minute.newest('p50'),
      p90Ms: minute.newest('p90'),
      p99Ms: minute.newest('p99'),
      buckets,
    },
    streams: Object.entries(deliveries).map(([consumer, { stream, parallelizationFactor }]) => ({
      ...{ stream, consumer, lanesPerShard: parallelizationFactor },
      shardCount: streams[stream].mode === 'provisioned' ? streams[stream].shardCount : null,
      recordsBehind: null,
      oldestAgeMs: minute.newest(ageId(consumer)),
      logBytes: null,
      shards: null,
    })),
    readers: {
      atOnce: minute.newest('at_once'),
      catalogVersion: day.newest('catalog_version'),
      staleServedMs: minute.newest('stale') ?? 0,
      releases,
      containers: [],
    },
    liveAds: day.newest('live_ads'),
  };
}

function countsOf(found: Found, seconds: number): PipelineCounts {
  return {
    requests: found.sum('requests') / seconds,
    refused: found.sum('refused') / seconds,
    errors: found.sum('errors') / seconds,
    accepted: found.sum('accepted') / seconds,
    counted: found.sum('counted') / seconds,
    addedAtOnce: found.sum('added_at_once') / seconds,
    adReads: found.sum('ad_reads') / seconds,
    counterReads: found.sum('counter_reads') / seconds,
    adChanges: found.sum('ad_changes') / seconds,
  };
}
