import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMeteredTelemetry } from '../../../lib/adapters/system/metered-telemetry.ts';
import { metrics } from '../../../lib/core/metrics.ts';
import { createEmbeddedStats, type EmbeddedStats } from '../../../lib/embedded/metrics/embedded-stats.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const clock = createVirtualClock();
let metered: ReturnType<typeof createMeteredTelemetry>;
let stats: EmbeddedStats;

beforeEach(() => {
  metered = createMeteredTelemetry(createRecordingTelemetry());
  stats = createEmbeddedStats({
    ...{ sources: metered.sources, clock, settings: stageSettings('local') },
    facts: () => ({
      mappings: {
        'aggregate-increments': {
          shards: [
            {
              ...{ shardId: 's', recordsBehind: 3, readToEnd: true, oldestUnsettledAgeMs: 20, lanesBusy: 1 },
              ...{ checkpoint: undefined },
              lanes: [
                { busy: true, recordsBehind: 3, oldestUnsettledAgeMs: 20 },
                { busy: false, recordsBehind: 0, oldestUnsettledAgeMs: undefined },
              ],
            },
          ],
          ...{ invocationsRunning: 1, zombies: 0 },
        },
      },
      logBytes: { 'ad-events': 1, increments: 2 },
      catalog: { version: 7, ads: 5, ageMs: undefined },
    }),
  });
});

/** Lets so many seconds go by, doing the same in each. */
async function seconds(count: number, work: () => void): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    await clock.advance(1000);
    work();
    stats.sample();
  }
}

describe('the figures of a process', () => {
  it('are rates over the last minute and totals since the start', async () => {
    const ingest = metered.of('ingest-increments');
    await seconds(100, () => {
      ingest.count(metrics.incrementsAccepted, 50);
      ingest.count(metrics.requests, 2);
      ingest.count(metrics.requestsRefused);
    });
    await seconds(30, () => {
      ingest.count(metrics.incrementsAccepted, 10);
    });
    const { rates, totals } = await stats.read();
    expect(totals).toMatchObject({ accepted: 5300, requests: 200, refused: 100, errors: 0 });
    expect(rates).toMatchObject({
      windowSeconds: 60,
      accepted: (30 * 50 + 30 * 10) / 60,
      requests: 1,
      refused: 0.5,
    });
  });

  it('are over a shorter time while there has been no more', async () => {
    await seconds(10, () => {
      metered.of('ingest-increments').count(metrics.incrementsAccepted, 7);
    });
    const { rates } = await stats.read();
    expect(rates).toMatchObject({ windowSeconds: 10, accepted: 7 });
  });

  it('forget how fresh counting was more than a minute ago', async () => {
    const aggregate = metered.of('aggregate-increments');
    aggregate.observe(metrics.countFreshnessMs, 5000, 1000);
    await seconds(61, () => {
      aggregate.observe(metrics.countFreshnessMs, 20, 3);
    });
    const { freshness } = await stats.read();
    expect(freshness.count).toBe(180);
    expect(freshness.buckets).toEqual([0, 180, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(freshness.p99Ms).toBeGreaterThan(16);
    expect(freshness.p99Ms).toBeLessThanOrEqual(32);
  });

  it('count what is beyond the last bound, too', async () => {
    metered.of('aggregate-increments').observe(metrics.countFreshnessMs, 60_000, 2);
    expect((await stats.read()).freshness.buckets.at(-1)).toBe(2);
  });

  it('know each shard and lane, and what nobody asked for yet', async () => {
    const { streams, readers, freshness, liveAds } = await stats.read();
    expect(streams).toEqual([
      {
        ...{ stream: 'increments', consumer: 'aggregate-increments', shardCount: 1, lanesPerShard: 2 },
        ...{ recordsBehind: 3, oldestAgeMs: 20, logBytes: 2 },
        shards: [
          {
            ...{ shardId: 's', recordsBehind: 3, oldestAgeMs: 20 },
            lanes: [
              { recordsBehind: 3, oldestAgeMs: 20, busy: true },
              { recordsBehind: 0, oldestAgeMs: null, busy: false },
            ],
          },
        ],
      },
    ]);
    expect(readers.containers).toEqual([
      { name: 'npm start', catalogVersion: 7, ads: 5, checkedAgoMs: null },
    ]);
    expect(freshness).toMatchObject({ count: 0, p50Ms: null });
    expect(liveAds).toBe(5);
  });
});
