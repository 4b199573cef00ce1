import type {
  CloudWatchClient,
  GetMetricDataCommand,
  GetMetricDataCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from '@jest/globals';
import { createCloudwatchStats, statsKeptMs } from '../../../lib/adapters/aws/cloudwatch-stats.ts';
import { StatsError, type StatsSource } from '../../../lib/ports/pipeline-stats.ts';
import { stageSettings, type BuiltInStage } from '../../../lib/stages.ts';
import { createVirtualClock, type VirtualClock } from '../../support/virtual-clock.ts';

interface World {
  readonly stats: StatsSource;
  readonly clock: VirtualClock;
  readonly asked: GetMetricDataCommandInput[];
  fail: Error | undefined;
}

/** CloudWatch with these values by the id that a figure has; `page` values an answer. */
function createWorld(
  values: (id: string, input: GetMetricDataCommandInput) => readonly number[],
  { stage = 'dev', paged = false }: { stage?: BuiltInStage; paged?: boolean } = {},
): World {
  const clock = createVirtualClock();
  const asked: GetMetricDataCommandInput[] = [];
  const world = { clock, asked, fail: undefined as Error | undefined };
  const client = {
    send: ({ input }: GetMetricDataCommand) => {
      asked.push(input);
      if (world.fail !== undefined) return Promise.reject(world.fail);
      const second = input.NextToken !== undefined;
      const results = (input.MetricDataQueries ?? []).map(({ Id: id = '' }) => {
        const all = [...values(id, input)];
        if (!paged) return { Id: id, Values: all };
        return { Id: id, Values: second ? all.slice(1) : all.slice(0, 1) };
      });
      return Promise.resolve({ MetricDataResults: results, ...(paged && !second && { NextToken: 'more' }) });
    },
  } as unknown as CloudWatchClient;
  const options = { client, stage: stageSettings(stage), clock, ids: { random: () => 0.5 } };
  const releases = () => Promise.resolve([{ version: '8', share: 1, warmContainers: 5 }]);
  return Object.assign(world, { stats: createCloudwatchStats({ ...options, releases }) });
}

const isMinute = (input: GetMetricDataCommandInput): boolean =>
  Number(input.EndTime) - Number(input.StartTime) === 60_000;

describe('the figures of a deployed stage', () => {
  test('are rates of the last whole minute and totals of a day', async () => {
    const { stats, clock } = createWorld((id, input) => {
      if (id === 'accepted') return isMinute(input) ? [120] : [1000, 2000];
      if (id === 'p99') return [81];
      if (id === 'bucket_1' || id === 'bucket_10') return [4];
      if (id === 'age_aggregate_increments') return [700];
      return id === 'live_ads' ? [9, 3] : [];
    });
    const found = await stats.read();
    expect(found.atMs % 60_000).toBe(0);
    expect(clock.nowMs() - found.atMs).toBeGreaterThanOrEqual(60_000);
    expect(found.rates).toMatchObject({ windowSeconds: 60, accepted: 2, counted: 0 });
    expect(found.totals).toMatchObject({ accepted: 3000, quarantined: 0 });
    expect(found.freshness).toMatchObject({ count: 8, p99Ms: 81, p50Ms: null });
    expect(found.freshness.buckets).toEqual([0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4]);
    expect(found.liveAds).toBe(9);
    expect(found.streams).toMatchObject([
      { stream: 'ad-events', shardCount: 1, oldestAgeMs: null, recordsBehind: null, shards: null },
      { stream: 'increments', shardCount: 1, oldestAgeMs: 700 },
    ]);
    expect(found.readers).toEqual({
      ...{ atOnce: null, catalogVersion: null, staleServedMs: 0, containers: [] },
      releases: [{ version: '8', share: 1, warmContainers: 5 }],
    });
  });

  test('do not claim to know how many shards an on-demand stream has', async () => {
    const { stats } = createWorld(() => [], { stage: 'prod' });
    expect((await stats.read()).streams.map(({ shardCount }) => shardCount)).toEqual([1, null]);
  });

  test('ask for what the functions write, where Lambda and API Gateway write it', async () => {
    const { stats, asked } = createWorld(() => []);
    await stats.read();
    const queries = asked
      .flatMap((input) => input.MetricDataQueries ?? [])
      .map(({ Id, MetricStat }) => ({
        id: Id,
        dimensions: Object.fromEntries<unknown>(
          (MetricStat?.Metric?.Dimensions ?? []).map(({ Name = '', Value }) => [Name, Value]),
        ),
        what: [
          MetricStat?.Metric?.Namespace,
          MetricStat?.Metric?.MetricName,
          MetricStat?.Stat,
          MetricStat?.Period,
        ],
      }));
    const of = (id: string): unknown => queries.find((query) => query.id === id);
    expect(of('counted')).toMatchObject({
      dimensions: { stage: 'dev', function: 'aggregate-increments' },
      what: ['adtally', 'increments_counted', 'Sum', 60],
    });
    expect(of('bucket_0')).toMatchObject({ what: ['adtally', 'count_freshness_ms', 'TC(:16)', 60] });
    expect(of('bucket_3')).toMatchObject({ what: ['adtally', 'count_freshness_ms', 'TC(64:128)', 60] });
    expect(of('bucket_10')).toMatchObject({ what: ['adtally', 'count_freshness_ms', 'TC(8192:)', 60] });
    expect(of('requests')).toMatchObject({
      dimensions: { ApiName: 'adtally-dev', Stage: 'dev' },
      what: ['AWS/ApiGateway', 'Count', 'Sum', 60],
    });
    expect(of('age_project_ads')).toMatchObject({
      dimensions: { FunctionName: 'adtally-dev-project-ads' },
      what: ['AWS/Lambda', 'IteratorAge', 'Maximum', 60],
    });
    // docs/console.md tells what a console left open costs: it is billed by these.
    expect(queries).toHaveLength(41);
    for (const { id } of queries) expect(id).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  test('are put together from the pages of an answer', async () => {
    const { stats } = createWorld((id, input) => (id === 'accepted' && !isMinute(input) ? [1, 2, 3] : []), {
      paged: true,
    });
    expect((await stats.read()).totals.accepted).toBe(6);
  });

  test('are asked for once in half a minute, however many want them', async () => {
    const { stats, asked, clock } = createWorld(() => []);
    await Promise.all([stats.read(), stats.read(), stats.read()]);
    await clock.advance(statsKeptMs - 1);
    await stats.read();
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    await stats.read();
    expect(asked).toHaveLength(4);
  });

  test('fail as the port says when CloudWatch does, and are asked for anew after that', async () => {
    const world = createWorld(() => [1]);
    world.fail = Object.assign(new Error('denied'), {
      name: 'AccessDeniedException',
      $metadata: { httpStatusCode: 403 },
      $fault: 'client',
    });
    await expect(world.stats.read()).rejects.toThrow(StatsError);
    world.fail = undefined;
    await expect(world.stats.read()).resolves.toMatchObject({ source: 'cloudwatch' });
  });
});
