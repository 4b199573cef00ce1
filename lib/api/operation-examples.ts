import { freshnessBoundsMs } from '../ports/pipeline-stats.ts';

const at = '2026-07-01T12:00:00.000Z';

export const quarantinedExample = {
  id: 'increments/1/shardId-000000000000/1',
  state: 'quarantined',
  reason: 'the record is not JSON',
  bytes: 17,
  partition_key: 'ad-42/clicks',
  arrived_at: at,
  quarantined_at: at,
} as const;

export const redrivenExample = {
  results: [{ id: quarantinedExample.id, outcome: 'counted', reason: null }],
} as const;

export const canaryExample = { status: 'counted', at } as const;
export const auditExample = { status: 'equal', at, counters: 1000, differences: 0 } as const;

const counts = {
  requests: 12,
  refused: 0,
  errors: 0,
  accepted: 8,
  counted: 8,
  added_at_once: 0,
  ad_reads: 3,
  counter_reads: 1,
  ad_changes: 0,
} as const;

const buckets = [...freshnessBoundsMs, null].map((bound) => ({ up_to_ms: bound, count: 0 }));

export const statsExample = {
  stage: 'prod',
  at,
  source: 'cloudwatch',
  refresh_seconds: 60,
  rates: { window_seconds: 60, ...counts },
  totals: {
    since: '2026-07-01T11:00:00.000Z',
    ...counts,
    duplicates: 0,
    quarantined: 0,
    redriven: 0,
    in_flight: 0,
  },
  freshness: { window_seconds: 300, count: 0, p50_ms: null, p90_ms: null, p99_ms: null, buckets },
  streams: [],
  readers: {
    ...{ at_once: 2, catalog_version: 17, stale_served_ms: 0 },
    releases: [
      { version: '8', share: 0.9, warm_containers: 5 },
      { version: '9', share: 0.1, warm_containers: 5 },
    ],
    containers: [],
  },
  ads: {
    live: 2,
    live_max: 1_000_000,
    changes: { version: 9, created: 4, updated: 3, deleted: 1, expired: 1 },
  },
  audit: auditExample,
  canary: canaryExample,
} as const;
