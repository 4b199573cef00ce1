import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from '@jest/globals';
import { createCloudwatchStats } from '../../../lib/adapters/aws/cloudwatch-stats.ts';
import { stageSettings } from '../../../lib/stages.ts';
import { scriptedAws } from './support/scripted-aws.ts';

/** Every figure of a deployed stage: what is asked of CloudWatch, and where each value ends up. */

const own = (metric: string, functionName: string, stat = 'Sum'): string =>
  `adtally ${metric} dev ${functionName} ${stat}`;
const freshness = (stat: string): string => own('count_freshness_ms', 'aggregate-increments', stat);
const counts = {
  requests: 'AWS/ApiGateway Count adtally-dev dev Sum',
  refused: 'AWS/ApiGateway 4XXError adtally-dev dev Sum',
  errors: 'adtally/access/dev answers_5xx  Sum',
  accepted: own('increments_accepted', 'ingest-increments'),
  counted: own('increments_counted', 'aggregate-increments'),
  added_at_once: own('increments_sync', 'ingest-increments'),
  ad_reads: own('requests', 'query-ads'),
  counter_reads: own('requests', 'read-counters'),
  ad_changes: own('ad_events_applied', 'project-ads'),
};
const minute: Readonly<Record<string, string>> = {
  ...counts,
  p50: freshness('p50'),
  p90: freshness('p90'),
  p99: freshness('p99'),
  bucket_0: freshness('TC(:16)'),
  bucket_1: freshness('TC(16:32)'),
  bucket_2: freshness('TC(32:64)'),
  bucket_3: freshness('TC(64:128)'),
  bucket_4: freshness('TC(128:256)'),
  bucket_5: freshness('TC(256:512)'),
  bucket_6: freshness('TC(512:1024)'),
  bucket_7: freshness('TC(1024:2048)'),
  bucket_8: freshness('TC(2048:4096)'),
  bucket_9: freshness('TC(4096:8192)'),
  bucket_10: freshness('TC(8192:)'),
  age_project_ads: 'AWS/Lambda IteratorAge adtally-dev-project-ads Maximum',
  age_aggregate_increments: 'AWS/Lambda IteratorAge adtally-dev-aggregate-increments Maximum',
  at_once: 'AWS/Lambda ConcurrentExecutions adtally-dev-query-ads Maximum',
  stale: own('catalog_stale_ms', 'query-ads', 'Maximum'),
};
const day: Readonly<Record<string, string>> = {
  ...counts,
  duplicates: own('increments_duplicate', 'aggregate-increments'),
  quarantined: own('records_quarantined', 'aggregate-increments'),
  redriven: own('records_redriven', 'operate-quarantine'),
  live_ads: own('live_ads', 'project-ads', 'Maximum'),
  catalog_version: own('catalog_version', 'query-ads', 'Maximum'),
};

interface Input {
  readonly StartTime: Date;
  readonly EndTime: Date;
  readonly ScanBy: string;
  readonly NextToken?: string;
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat: {
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
      };
      readonly Period: number;
      readonly Stat: string;
    };
  }[];
}

function world() {
  const aws = scriptedAws<CloudWatchClient>();
  return {
    aws,
    stats: createCloudwatchStats({
      ...{ ...aws, stage: stageSettings('dev') },
      releases: () => Promise.resolve(null),
    }),
  };
}
const inputs = (aws: ReturnType<typeof world>['aws']): Input[] =>
  aws.asked.map(([, input]) => input as Input);

describe('the figures of a deployed stage', () => {
  test('are asked for by name, dimensions, statistic and period', async () => {
    const { aws, stats } = world();
    await stats.read();
    const asked = inputs(aws).map(({ MetricDataQueries: queries }) =>
      Object.fromEntries(
        queries.map(({ Id, MetricStat: { Metric, Period, Stat } }) => {
          const dimensions = Metric.Dimensions.map(({ Value }) => Value).join(' ');
          return [Id, [`${Metric.Namespace} ${Metric.MetricName} ${dimensions} ${Stat}`, Period]];
        }),
      ),
    );
    const all = (texts: Readonly<Record<string, string>>, period: (id: string) => number) =>
      Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, [text, period(id)]]));
    const gauges = ['live_ads', 'catalog_version'];
    expect(asked).toEqual([all(minute, () => 60), all(day, (id) => (gauges.includes(id) ? 300 : 3600))]);
    const dimensionsOf = (id: string) =>
      inputs(aws)[0]
        ?.MetricDataQueries.find(({ Id }) => Id === id)
        ?.MetricStat.Metric.Dimensions.map(({ Name }) => Name);
    expect(['requests', 'accepted', 'at_once'].map(dimensionsOf)).toEqual([
      ['ApiName', 'Stage'],
      ['stage', 'function'],
      ['FunctionName'],
    ]);
  });

  test.each([
    // A minute is complete a minute after its end; the totals are of this hour and the 23 before it.
    [0, '11:57', '11:58'],
    [59_999, '11:57', '11:58'],
    [60_000, '11:58', '11:59'],
    [119_999, '11:58', '11:59'],
    [120_000, '11:59', '12:00'],
  ])('at 11:59 and %i ms are of %s to %s', async (laterMs, from, to) => {
    const { aws, stats } = world();
    aws.clock.jump(Date.UTC(2026, 0, 1, 11, 59) - aws.clock.nowMs() + laterMs);
    const nowMs = aws.clock.nowMs();
    const found = await stats.read();
    const [ofMinute, ofDay] = inputs(aws);
    const text = (time: Date | undefined): string => time?.toISOString() ?? '';
    expect([text(ofMinute?.StartTime), text(ofMinute?.EndTime)]).toEqual([
      `2026-01-01T${from}:00.000Z`,
      `2026-01-01T${to}:00.000Z`,
    ]);
    const isNoon = nowMs >= Date.UTC(2026, 0, 1, 12);
    expect([text(ofDay?.StartTime), text(ofDay?.EndTime)]).toEqual([
      `2025-12-31T${isNoon ? 13 : 12}:00:00.000Z`,
      `2026-01-01T${nowMs > Date.UTC(2026, 0, 1, 12) ? 13 : 12}:00:00.000Z`,
    ]);
    expect([found.atMs, found.totals.sinceMs]).toEqual([
      ofMinute?.EndTime.getTime(),
      ofDay?.StartTime.getTime(),
    ]);
    expect([ofMinute?.ScanBy, ofDay?.ScanBy]).toEqual(['TimestampDescending', 'TimestampDescending']);
  });

  test('are each where it belongs: sums over the period, rates a second, gauges the newest', async () => {
    const { aws, stats } = world();
    // Each figure has a value of its own, and one that is older.
    const valueOf = (id: string, isDay: boolean): number =>
      (Object.keys(isDay ? day : minute).indexOf(id) + 1) * (isDay ? 1000 : 60);
    aws.answerBy(([, input]) => {
      const { MetricDataQueries: queries, StartTime, EndTime } = input as Input;
      const isDay = Number(EndTime) - Number(StartTime) > 60_000;
      return {
        MetricDataResults: queries.map(({ Id }) => ({ Id, Values: [valueOf(Id, isDay), 6000] })),
      };
    });
    const { rates, totals, freshness: fresh, streams, readers, liveAds } = await stats.read();
    expect(rates).toEqual({
      windowSeconds: 60,
      ...{ requests: 101, refused: 102, errors: 103, accepted: 104, counted: 105, addedAtOnce: 106 },
      ...{ adReads: 107, counterReads: 108, adChanges: 109 },
    });
    expect(totals).toEqual({
      sinceMs: totals.sinceMs,
      ...{
        requests: 7000,
        refused: 8000,
        errors: 9000,
        accepted: 10_000,
        counted: 11_000,
        addedAtOnce: 12_000,
      },
      ...{ adReads: 13_000, counterReads: 14_000, adChanges: 15_000 },
      ...{ duplicates: 16_000, quarantined: 17_000, redriven: 18_000 },
    });
    expect([fresh.p50Ms, fresh.p90Ms, fresh.p99Ms]).toEqual([600, 660, 720]);
    const buckets = [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23].map((place) => place * 60 + 6000);
    expect(fresh).toMatchObject({
      windowSeconds: 60,
      buckets,
      count: buckets.reduce((sum, one) => sum + one, 0),
    });
    expect(streams.map(({ consumer, oldestAgeMs }) => [consumer, oldestAgeMs])).toEqual([
      ['project-ads', 1440],
      ['aggregate-increments', 1500],
    ]);
    expect(readers).toEqual({
      ...{ atOnce: 1560, staleServedMs: 1620, catalogVersion: 14_000 },
      ...{ releases: null, containers: [] },
    });
    expect(liveAds).toBe(13_000);
  });

  test('are put together from five pages at most', async () => {
    const { aws, stats } = world();
    aws.answer({ MetricDataResults: [{ Id: 'accepted', Values: [60] }], NextToken: 'more' });
    const found = await stats.read();
    expect(found.rates.accepted).toBe(5);
    expect(found.totals.accepted).toBe(300);
    expect(
      inputs(aws)
        .map(({ NextToken }) => NextToken ?? 'none')
        .sort(),
    ).toEqual([...Array<string>(8).fill('more'), ...['none', 'none']]);
  });
});
