import { expect, it } from '@jest/globals';
import { statsJson } from '../../functions/read-stats/stats-json.ts';
import type { PipelineStats } from '../../lib/ports/pipeline-stats.ts';
import { stageSettings } from '../../lib/stages.ts';

/** Every figure is another number, so that none can stand in for another. */
const stats: PipelineStats = {
  ...{ atMs: 1_767_225_600_001, source: 'process', refreshSeconds: 1, liveAds: 2 },
  rates: {
    ...{ windowSeconds: 3, requests: 4, refused: 5, errors: 6, accepted: 7, counted: 8 },
    ...{ addedAtOnce: 9, adReads: 10, counterReads: 11, adChanges: 12 },
  },
  totals: {
    ...{ sinceMs: 1_767_225_600_013, requests: 14, refused: 15, errors: 16, accepted: 10_017, counted: 1018 },
    ...{ addedAtOnce: 19, adReads: 20, counterReads: 21, adChanges: 22 },
    ...{ duplicates: 123, quarantined: 24, redriven: 25 },
  },
  freshness: {
    ...{ windowSeconds: 26, count: 27, p50Ms: 28, p90Ms: 29, p99Ms: 30 },
    buckets: [31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41],
  },
  streams: [
    {
      ...{ stream: 'increments', consumer: 'aggregate-increments', shardCount: 42, lanesPerShard: 43 },
      ...{ recordsBehind: 44, oldestAgeMs: 45, logBytes: 46 },
      shards: [
        {
          ...{ shardId: 's', recordsBehind: 47, oldestAgeMs: 48 },
          lanes: [
            { recordsBehind: 49, oldestAgeMs: 50, busy: true },
            { recordsBehind: 51, oldestAgeMs: null, busy: false },
          ],
        },
      ],
    },
    {
      ...{ stream: 'ad-events', consumer: 'project-ads', shardCount: null, lanesPerShard: 52 },
      ...{ recordsBehind: null, oldestAgeMs: null, logBytes: null, shards: null },
    },
  ],
  readers: {
    ...{ atOnce: 53, catalogVersion: 54, staleServedMs: 55 },
    releases: [
      { version: '59', share: 0.9, warmContainers: 60 },
      { version: '61', share: 0.1, warmContainers: null },
    ],
    containers: [{ name: 'one', catalogVersion: 56, ads: 57, checkedAgoMs: 58 }],
  },
};

const atMs = Date.UTC(2026, 0) + 62;
const changes = { version: 65, created: 66, updated: 67, deleted: 68, expired: 69 };
const audited = { status: 'different', atMs, counters: 63, differences: 64 } as const;
const canary = { status: 'late', atMs: atMs + 1 } as const;

it('gives each figure under its own name', () => {
  expect(statsJson(stats, { ...stageSettings('local') }, { audited, canary, changes })).toEqual({
    ...{ stage: 'local', at: '2026-01-01T00:00:00.001Z', source: 'process', refresh_seconds: 1 },
    rates: {
      ...{ window_seconds: 3, requests: 4, refused: 5, errors: 6, accepted: 7, counted: 8 },
      ...{ added_at_once: 9, ad_reads: 10, counter_reads: 11, ad_changes: 12 },
    },
    totals: {
      ...{ since: '2026-01-01T00:00:00.013Z', requests: 14, refused: 15, errors: 16 },
      ...{ accepted: 10_017, counted: 1018, added_at_once: 19, ad_reads: 20, counter_reads: 21 },
      ...{ ad_changes: 22, duplicates: 123, quarantined: 24, redriven: 25 },
      // What was accepted and is neither counted nor known to be a repeat nor in the quarantine.
      in_flight: 8852,
    },
    freshness: {
      ...{ window_seconds: 26, count: 27, p50_ms: 28, p90_ms: 29, p99_ms: 30 },
      buckets: [
        ...[16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192].map((up_to_ms, i) => ({
          up_to_ms,
          count: 31 + i,
        })),
        { up_to_ms: null, count: 41 },
      ],
    },
    streams: [
      {
        ...{ stream: 'increments', consumer: 'aggregate-increments', shard_count: 42, lanes_per_shard: 43 },
        ...{ records_behind: 44, oldest_age_ms: 45, log_bytes: 46 },
        shards: [
          {
            ...{ shard_id: 's', records_behind: 47, oldest_age_ms: 48 },
            lanes: [
              { records_behind: 49, oldest_age_ms: 50, busy: true },
              { records_behind: 51, oldest_age_ms: null, busy: false },
            ],
          },
        ],
      },
      {
        ...{ stream: 'ad-events', consumer: 'project-ads', shard_count: null, lanes_per_shard: 52 },
        ...{ records_behind: null, oldest_age_ms: null, log_bytes: null, shards: null },
      },
    ],
    readers: {
      ...{ at_once: 53, catalog_version: 54, stale_served_ms: 55 },
      releases: [
        { version: '59', share: 0.9, warm_containers: 60 },
        { version: '61', share: 0.1, warm_containers: null },
      ],
      containers: [{ name: 'one', ads: 57, catalog_version: 56, checked_ago_ms: 58 }],
    },
    ads: { live: 2, live_max: 1_000_000, changes },
    audit: { status: 'different', at: '2026-01-01T00:00:00.062Z', counters: 63, differences: 64 },
    canary: { status: 'late', at: '2026-01-01T00:00:00.063Z' },
  });
});
