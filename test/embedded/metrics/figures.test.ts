import { describe, expect, it } from '@jest/globals';
import { createMeteredTelemetry } from '../../../lib/adapters/system/metered-telemetry.ts';
import { functionNames } from '../../../lib/stages.ts';
import { metrics, type Metric } from '../../../lib/core/metrics.ts';
import type { MappingStats } from '../../../lib/embedded/delivery/event-source-mapping.ts';
import { createEmbeddedStats } from '../../../lib/embedded/metrics/embedded-stats.ts';
import { prometheusText } from '../../../lib/embedded/metrics/prometheus-text.ts';
import { runtimeFamilies, type PipelineFacts } from '../../../lib/embedded/metrics/runtime-families.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { nullTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock, virtualStartMs } from '../../support/virtual-clock.ts';

const shard = { readToEnd: true, checkpoint: undefined };

/** Every figure is another number, so that none can stand in for another. */
const mappings: Readonly<Record<string, MappingStats>> = {
  'project-ads': {
    shards: [
      {
        ...{ ...shard, shardId: 'p', recordsBehind: 2, oldestUnsettledAgeMs: 3000, lanesBusy: 1 },
        lanes: [{ busy: true, recordsBehind: 2, oldestUnsettledAgeMs: 3000 }],
      },
    ],
    ...{ invocationsRunning: 5, zombies: 7 },
  },
  'aggregate-increments': {
    shards: [
      {
        ...{ ...shard, shardId: 'a', recordsBehind: 110, oldestUnsettledAgeMs: 1300, lanesBusy: 3 },
        lanes: [
          { busy: true, recordsBehind: 60, oldestUnsettledAgeMs: 1300 },
          { busy: false, recordsBehind: 50, oldestUnsettledAgeMs: undefined },
        ],
      },
      {
        ...{ ...shard, shardId: 'b', recordsBehind: 17, oldestUnsettledAgeMs: 19_500, lanesBusy: 8 },
        lanes: [{ busy: true, recordsBehind: 17, oldestUnsettledAgeMs: 19_500 }],
      },
      // A clock that was set back: its oldest record seems to come.
      {
        ...{ ...shard, shardId: 'c', recordsBehind: 1, oldestUnsettledAgeMs: -5, lanesBusy: 0 },
        lanes: [{ busy: false, recordsBehind: 1, oldestUnsettledAgeMs: -5 }],
      },
    ],
    ...{ invocationsRunning: 23, zombies: 29 },
  },
};
const facts: PipelineFacts = {
  ...{ mappings, logBytes: { 'ad-events': 31, increments: 37 } },
  catalog: { version: 41, ads: 43, ageMs: 4700.25 },
};

/** A function's part in a figure: another power of two for each. */
const shareOf = (source: string): number => 2 ** [...functionNames, 'runtime'].indexOf(source);

/** A world where every function has written every one of these metrics, so often. */
function build(written: readonly Metric[], times = 1) {
  const clock = createVirtualClock();
  const metered = createMeteredTelemetry(nullTelemetry);
  const stats = createEmbeddedStats({
    ...{ sources: metered.sources, clock, settings: stageSettings('local'), facts: () => facts },
  });
  const write = (): void => {
    for (const source of [...functionNames, 'runtime'])
      for (const metric of written) metered.of(source).count(metric, shareOf(source) * times);
  };
  return { clock, metered, stats, write };
}

const everyFunction = 2 ** (functionNames.length + 1) - 1;

describe('the figures of a process', () => {
  it.each<[Metric, Readonly<Record<string, number>>]>([
    [
      metrics.requests,
      { requests: everyFunction, adReads: shareOf('query-ads'), counterReads: shareOf('read-counters') },
    ],
    [metrics.requestsRefused, { refused: everyFunction }],
    [metrics.rateLimited, { requests: everyFunction, refused: everyFunction }],
    [metrics.requestErrors, { errors: everyFunction }],
    [metrics.incrementsAccepted, { accepted: everyFunction }],
    [metrics.incrementsCounted, { counted: everyFunction }],
    [metrics.incrementsSync, { addedAtOnce: everyFunction }],
    [metrics.adEventsApplied, { adChanges: everyFunction }],
    [metrics.incrementsDuplicate, { duplicates: shareOf('aggregate-increments') }],
    [metrics.recordsQuarantined, { quarantined: shareOf('aggregate-increments') }],
    [metrics.recordsRedriven, { redriven: everyFunction }],
    [metrics.adEventsRefused, {}],
  ])('take %s into these totals and no others', async (metric, expected) => {
    const { stats, write } = build([metric]);
    write();
    const { totals } = await stats.read();
    const found = Object.entries(totals).filter(([name, value]) => name !== 'sinceMs' && value !== 0);
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(totals.sinceMs).toBe(virtualStartMs);
  });

  it.each([
    // Samples once a second: the window is a minute, or what there is of it.
    [1, 1],
    [59, 59],
    [60, 60],
    [61, 60],
    [200, 60],
  ])('are rates over the last minute: after %d s over %d', async (seconds, windowSeconds) => {
    const { clock, metered, stats } = build([]);
    const ingest = metered.of('ingest-increments');
    for (let second = 1; second <= seconds; second += 1) {
      await clock.advance(1000);
      ingest.count(metrics.incrementsAccepted, second);
      stats.sample();
    }
    const { rates, atMs } = await stats.read();
    const first = Math.max(0, seconds - windowSeconds);
    // The sum of first + 1 ... seconds.
    const sum = ((seconds - first) * (seconds + first + 1)) / 2;
    expect([rates.windowSeconds, rates.accepted]).toEqual([windowSeconds, sum / windowSeconds]);
    expect(atMs).toBe(virtualStartMs + seconds * 1000);
  });

  it('know the live ads as the projector counts them, and as the catalog does before that', async () => {
    const { metered, stats } = build([]);
    expect((await stats.read()).liveAds).toBe(43);
    metered.of('project-ads').observe(metrics.liveAds, 53);
    expect((await stats.read()).liveAds).toBe(53);
  });

  it('know every shard and lane, and no age below nothing', async () => {
    const { streams, readers } = await build([]).stats.read();
    expect(streams).toEqual([
      {
        ...{ stream: 'ad-events', consumer: 'project-ads', shardCount: 1, lanesPerShard: 1 },
        ...{ recordsBehind: 2, oldestAgeMs: 3000, logBytes: 31 },
        shards: [
          {
            ...{ shardId: 'p', recordsBehind: 2, oldestAgeMs: 3000 },
            lanes: [{ recordsBehind: 2, oldestAgeMs: 3000, busy: true }],
          },
        ],
      },
      {
        ...{ stream: 'increments', consumer: 'aggregate-increments', shardCount: 3, lanesPerShard: 2 },
        ...{ recordsBehind: 128, oldestAgeMs: 19_500, logBytes: 37 },
        shards: [
          {
            ...{ shardId: 'a', recordsBehind: 110, oldestAgeMs: 1300 },
            lanes: [
              { recordsBehind: 60, oldestAgeMs: 1300, busy: true },
              { recordsBehind: 50, oldestAgeMs: null, busy: false },
            ],
          },
          {
            ...{ shardId: 'b', recordsBehind: 17, oldestAgeMs: 19_500 },
            lanes: [{ recordsBehind: 17, oldestAgeMs: 19_500, busy: true }],
          },
          {
            ...{ shardId: 'c', recordsBehind: 1, oldestAgeMs: 0 },
            lanes: [{ recordsBehind: 1, oldestAgeMs: 0, busy: false }],
          },
        ],
      },
    ]);
    expect(readers).toEqual({
      ...{ atOnce: 1, catalogVersion: 41, staleServedMs: 0 },
      releases: [{ version: '0.1.0', share: 1, warmContainers: 1 }],
      containers: [{ name: 'npm start', catalogVersion: 41, ads: 43, checkedAgoMs: 4700 }],
    });
  });

  it('divide freshness at its bounds', async () => {
    const { metered, stats } = build([]);
    const aggregate = metered.of('aggregate-increments');
    // At a bound, and just above it; what other functions observe is no freshness of counting.
    for (const [ms, times] of [
      [16, 1],
      [17, 2],
      [32, 4],
      [8192, 8],
      [8193, 16],
      [60_000, 32],
    ] as const)
      aggregate.observe(metrics.countFreshnessMs, ms, times);
    metered.of('project-ads').observe(metrics.countFreshnessMs, 1, 64);
    const { freshness } = await stats.read();
    expect([freshness.count, freshness.buckets]).toEqual([63, [1, 6, 0, 0, 0, 0, 0, 0, 0, 8, 48]]);
  });
});

describe('the page of metrics', () => {
  it('shows each figure of the runtime under its own name, in base units', () => {
    const text = prometheusText(
      runtimeFamilies({
        ...{ ...facts, http: { requests: 59, requestsUnderWay: 61 }, requestsMax: 67, liveAdsMax: 71 },
        folder: '/nowhere/adtally',
      }),
    );
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'adtally_http_requests_total 59',
      'adtally_http_requests_under_way 61',
      'adtally_http_requests_max 67',
      'adtally_records_behind{function="project-ads"} 2',
      'adtally_records_behind{function="aggregate-increments"} 128',
      'adtally_oldest_unsettled_seconds{function="project-ads"} 3',
      'adtally_oldest_unsettled_seconds{function="aggregate-increments"} 19.5',
      'adtally_shards{function="project-ads"} 1',
      'adtally_shards{function="aggregate-increments"} 3',
      'adtally_lanes_busy{function="project-ads"} 1',
      'adtally_lanes_busy{function="aggregate-increments"} 11',
      'adtally_invocations_running{function="project-ads"} 5',
      'adtally_invocations_running{function="aggregate-increments"} 23',
      'adtally_zombies{function="project-ads"} 7',
      'adtally_zombies{function="aggregate-increments"} 29',
      'adtally_log_bytes{stream="ad-events"} 31',
      'adtally_log_bytes{stream="increments"} 37',
      'adtally_catalog_ads 43',
      'adtally_live_ads_max 71',
      'adtally_catalog_age_seconds 4.70025',
    ]);
  });

  it('writes a histogram with all of its buckets and the sum in its unit', () => {
    const text = prometheusText([
      {
        ...{ name: 'h', type: 'histogram', help: 'a help' },
        samples: [
          {
            labels: { l: 'v' },
            value: {
              buckets: [
                { upTo: 0.5, count: 2 },
                { upTo: 1, count: 3 },
              ],
              sum: 7.25,
              count: 11,
            },
          },
        ],
      },
      {
        name: 'c',
        type: 'counter',
        help: 'another',
        samples: [{ value: -Infinity }, { labels: {}, value: 5 }],
      },
    ]);
    expect(text).toBe(
      [
        ...['# HELP h a help', '# TYPE h histogram'],
        ...['h_bucket{l="v",le="0.5"} 2', 'h_bucket{l="v",le="1"} 3', 'h_bucket{l="v",le="+Inf"} 11'],
        ...['h_sum{l="v"} 7.25', 'h_count{l="v"} 11'],
        ...['# HELP c_total another', '# TYPE c_total counter', 'c_total -Inf', 'c_total 5', ''],
      ].join('\n'),
    );
  });
});
