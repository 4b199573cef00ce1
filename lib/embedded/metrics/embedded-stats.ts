import { Histogram } from '../../adapters/system/histogram.ts';
import { apiVersion } from '../../api/document/openapi-text.ts';
import { metrics, type Metric } from '../../core/metrics.ts';
import type { Clock } from '../../ports/clock.ts';
import {
  freshnessBoundsMs,
  type Freshness,
  type PipelineCounts,
  type StatsSource,
  type StreamStats,
} from '../../ports/pipeline-stats.ts';
import type { StageSettings } from '../../stages.ts';
import type { ShardStats } from '../delivery/mapping-shard.ts';
import type { Sources } from './function-families.ts';
import { recordsBehind, type PipelineFacts } from './runtime-families.ts';

/** The window of the rates, and how often the counts are sampled. */
const windowSeconds = 60;
export const sampleEveryMs = 1000;

export interface EmbeddedStatsOptions {
  readonly sources: Sources;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly settings: StageSettings;
  readonly facts: () => PipelineFacts;
}

export interface EmbeddedStats extends StatsSource {
  /** Call it every `sampleEveryMs`. */
  sample(): void;
}

interface Sample {
  readonly monotonicMs: number;
  readonly counts: PipelineCounts;
  readonly freshness: Histogram;
}

/** The figures of this process, from its own registries: exact and current. */
export function createEmbeddedStats(options: EmbeddedStatsOptions): EmbeddedStats {
  const { sources, clock, settings } = options;
  const sinceMs = clock.nowMs();
  /** Oldest first; at most one more than the window has seconds. */
  const samples: Sample[] = [];

  const total = (metric: Metric, source?: string): number => {
    let sum = 0;
    for (const [name, registry] of sources)
      if (source === undefined || name === source) sum += registry.total(metric) ?? 0;
    return sum;
  };
  const take = (): Sample => ({
    monotonicMs: clock.monotonicMs(),
    counts: {
      requests: total(metrics.requests) + total(metrics.rateLimited),
      refused: total(metrics.requestsRefused) + total(metrics.rateLimited),
      errors: total(metrics.requestErrors),
      accepted: total(metrics.incrementsAccepted),
      counted: total(metrics.incrementsCounted),
      addedAtOnce: total(metrics.incrementsSync),
      adReads: total(metrics.requests, 'query-ads'),
      counterReads: total(metrics.requests, 'read-counters'),
      adChanges: total(metrics.adEventsApplied),
    },
    freshness:
      sources.get('aggregate-increments')?.histogram(metrics.countFreshnessMs)?.copy() ?? new Histogram(),
  });
  const sample = (): void => {
    samples.push(take());
    if (samples.length > windowSeconds + 1) samples.shift();
  };
  sample();

  return {
    sample,
    read: () => {
      const now = take();
      const first = samples[0] ?? now;
      const seconds = Math.max((now.monotonicMs - first.monotonicMs) / 1000, 0.001);
      const counts = now.counts;
      const facts = options.facts();
      const { catalog } = facts;
      return Promise.resolve({
        atMs: clock.nowMs(),
        source: 'process',
        refreshSeconds: sampleEveryMs / 1000,
        rates: { windowSeconds: Math.round(seconds), ...perSecond(counts, first.counts, seconds) },
        totals: {
          sinceMs,
          ...counts,
          duplicates: total(metrics.incrementsDuplicate, 'aggregate-increments'),
          quarantined: total(metrics.recordsQuarantined, 'aggregate-increments'),
          redriven: total(metrics.recordsRedriven),
        },
        freshness: freshnessOf(now.freshness.since(first.freshness), seconds),
        streams: streamStats(facts),
        readers: {
          atOnce: 1,
          catalogVersion: catalog.version,
          staleServedMs: 0,
          releases: [{ version: apiVersion, share: 1, warmContainers: catalog.ageMs === undefined ? 0 : 1 }],
          containers: [
            {
              name: 'npm start',
              catalogVersion: catalog.version,
              ads: catalog.ads,
              checkedAgoMs: catalog.ageMs === undefined ? null : Math.round(catalog.ageMs),
            },
          ],
        },
        liveAds: sources.get('project-ads')?.gauge(metrics.liveAds) ?? catalog.ads,
      });
    },
  };

  function streamStats({ mappings, logBytes }: PipelineFacts): StreamStats[] {
    return Object.entries(mappings).map(([consumer, { shards }]) => {
      const { stream, parallelizationFactor } =
        settings.deliveries[consumer as keyof StageSettings['deliveries']];
      const ages = shards.flatMap(({ oldestUnsettledAgeMs: age }) => (age === undefined ? [] : [age]));
      return {
        ...{ stream, consumer, lanesPerShard: parallelizationFactor },
        shardCount: shards.length,
        recordsBehind: recordsBehind({ shards }),
        oldestAgeMs: ages.length === 0 ? null : Math.max(0, ...ages),
        logBytes: logBytes[stream],
        shards: shards.map(shardLag),
      };
    });
  }
}

function shardLag({ shardId, lanes, ...shard }: ShardStats): NonNullable<StreamStats['shards']>[number] {
  const lag = (of: Pick<ShardStats, 'recordsBehind' | 'oldestUnsettledAgeMs'>) => ({
    recordsBehind: of.recordsBehind,
    oldestAgeMs: of.oldestUnsettledAgeMs === undefined ? null : Math.max(0, of.oldestUnsettledAgeMs),
  });
  return { shardId, ...lag(shard), lanes: lanes.map((lane) => ({ ...lag(lane), busy: lane.busy })) };
}

function perSecond(now: PipelineCounts, before: PipelineCounts, seconds: number): PipelineCounts {
  const rate = (name: keyof PipelineCounts): number =>
    Math.round(((now[name] - before[name]) / seconds) * 100) / 100;
  return {
    requests: rate('requests'),
    refused: rate('refused'),
    errors: rate('errors'),
    accepted: rate('accepted'),
    counted: rate('counted'),
    addedAtOnce: rate('addedAtOnce'),
    adReads: rate('adReads'),
    counterReads: rate('counterReads'),
    adChanges: rate('adChanges'),
  };
}

function freshnessOf(histogram: Histogram, seconds: number): Freshness {
  const upTo = [...freshnessBoundsMs.map((bound) => histogram.countUpTo(Math.log2(bound))), histogram.count];
  const quantile = (part: number): number | null => histogram.quantile(part) ?? null;
  return {
    windowSeconds: Math.round(seconds),
    count: histogram.count,
    ...{ p50Ms: quantile(0.5), p90Ms: quantile(0.9), p99Ms: quantile(0.99) },
    buckets: upTo.map((count, i) => count - (upTo[i - 1] ?? 0)),
  };
}
