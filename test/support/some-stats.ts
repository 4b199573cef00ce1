import type { PipelineCounts, PipelineStats } from '../../lib/ports/pipeline-stats.ts';

const counts = (first: number): PipelineCounts => ({
  ...{ requests: first, refused: first + 1, errors: first + 2, accepted: first + 3, counted: first + 4 },
  ...{ addedAtOnce: first + 5, adReads: first + 6, counterReads: first + 7, adChanges: first + 8 },
});

/** Figures of which no two are equal, so that none can stand in the place of another. */
export const someStats: PipelineStats = {
  atMs: 1_767_225_600_000,
  source: 'process',
  refreshSeconds: 2,
  rates: { ...counts(100), windowSeconds: 60 },
  totals: { ...counts(200), sinceMs: 1_767_139_200_000, duplicates: 301, quarantined: 302, redriven: 303 },
  freshness: {
    ...{ windowSeconds: 300, count: 55, p50Ms: 11, p90Ms: 12, p99Ms: 13 },
    buckets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  },
  streams: [
    {
      ...{ stream: 'increments', consumer: 'aggregate-increments', shardCount: 1, lanesPerShard: 2 },
      ...{ recordsBehind: 21, oldestAgeMs: 22, logBytes: 23 },
      shards: [
        {
          ...{ shardId: 'shardId-000000000000', recordsBehind: 31, oldestAgeMs: 32 },
          lanes: [
            { recordsBehind: 41, oldestAgeMs: 42, busy: true },
            { recordsBehind: 43, oldestAgeMs: null, busy: false },
          ],
        },
      ],
    },
    {
      ...{ stream: 'ad-events', consumer: 'project-ads', shardCount: null, lanesPerShard: 1 },
      ...{ recordsBehind: null, oldestAgeMs: null, logBytes: null, shards: null },
    },
  ],
  readers: {
    ...{ atOnce: 61, catalogVersion: 62, staleServedMs: 63 },
    releases: [{ version: '67', share: 1, warmContainers: 68 }],
    containers: [{ name: 'query-ads', catalogVersion: 64, ads: 65, checkedAgoMs: 66 }],
  },
  liveAds: 71,
};
