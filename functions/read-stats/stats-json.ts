import { auditJson } from '../../lib/api/answer/audit-json.ts';
import { canaryJson } from '../../lib/api/answer/canary-json.ts';
import type { AdChanges } from '../../lib/app/ads/ad-changes-reader.ts';
import type { AuditResult } from '../../lib/app/audit/audit-result.ts';
import type { CanaryResult } from '../../lib/app/canary/canary-state.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import {
  freshnessBoundsMs,
  type PipelineCounts,
  type PipelineStats,
  type ShardLag,
  type StreamStats,
} from '../../lib/ports/pipeline-stats.ts';
import type { StageSettings } from '../../lib/stages.ts';

/** What is known of them; undefined: nothing at the moment. */
export interface StoredFacts {
  readonly audited: AuditResult | undefined;
  readonly canary: CanaryResult | undefined;
  readonly changes: AdChanges | undefined;
}

/** The body of `GET /api/v1/stats`, as defined in operation-schemas.ts. */
export function statsJson(
  stats: PipelineStats,
  settings: StageSettings,
  { audited, canary, changes }: StoredFacts,
): Record<string, unknown> {
  const { rates, totals, freshness, readers } = stats;
  const { accepted, counted, duplicates, quarantined, redriven, sinceMs } = totals;
  return {
    stage: settings.stage,
    at: formatInstant(stats.atMs),
    source: stats.source,
    refresh_seconds: stats.refreshSeconds,
    rates: { window_seconds: rates.windowSeconds, ...countsJson(rates) },
    totals: {
      since: formatInstant(sinceMs),
      ...countsJson(totals),
      ...{ duplicates, quarantined, redriven },
      in_flight: accepted - counted - duplicates - quarantined,
    },
    freshness: {
      window_seconds: freshness.windowSeconds,
      count: freshness.count,
      p50_ms: freshness.p50Ms,
      p90_ms: freshness.p90Ms,
      p99_ms: freshness.p99Ms,
      buckets: freshness.buckets.map((count, i) => ({ up_to_ms: freshnessBoundsMs[i] ?? null, count })),
    },
    streams: stats.streams.map(streamJson),
    readers: {
      at_once: readers.atOnce,
      catalog_version: readers.catalogVersion,
      stale_served_ms: readers.staleServedMs,
      releases:
        readers.releases?.map(({ version, share, warmContainers }) => ({
          ...{ version, share, warm_containers: warmContainers },
        })) ?? null,
      containers: readers.containers.map(({ name, catalogVersion, ads, checkedAgoMs }) => ({
        ...{ name, ads, catalog_version: catalogVersion, checked_ago_ms: checkedAgoMs },
      })),
    },
    ads: { live: stats.liveAds, live_max: settings.ads.liveAdsMax, changes: changes ?? null },
    audit: auditJson(audited),
    canary: canaryJson(canary),
  };
}

function countsJson(counts: PipelineCounts): Record<string, number> {
  const { addedAtOnce, adReads, counterReads, adChanges } = counts;
  const { requests, refused, errors, accepted, counted } = counts;
  return {
    ...{ requests, refused, errors, accepted, counted, added_at_once: addedAtOnce },
    ...{ ad_reads: adReads, counter_reads: counterReads, ad_changes: adChanges },
  };
}

function streamJson(stream: StreamStats): Record<string, unknown> {
  return {
    stream: stream.stream,
    consumer: stream.consumer,
    shard_count: stream.shardCount,
    lanes_per_shard: stream.lanesPerShard,
    records_behind: stream.recordsBehind,
    oldest_age_ms: stream.oldestAgeMs,
    log_bytes: stream.logBytes,
    shards: stream.shards?.map(shardJson) ?? null,
  };
}

function shardJson({ shardId, lanes, ...lag }: ShardLag): Record<string, unknown> {
  return {
    shard_id: shardId,
    ...lagJson(lag),
    lanes: lanes.map((lane) => ({ ...lagJson(lane), busy: lane.busy })),
  };
}

function lagJson({
  recordsBehind,
  oldestAgeMs,
}: Omit<ShardLag, 'shardId' | 'lanes'>): Record<string, unknown> {
  return { records_behind: recordsBehind, oldest_age_ms: oldestAgeMs };
}
