import {
  GetMetricDataCommand,
  type CloudWatchClient,
  type GetMetricDataCommandOutput,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import {
  StatsError,
  type PipelineStats,
  type ReleaseShare,
  type StatsSource,
} from '../../ports/pipeline-stats.ts';
import { AwsCallError, callAws, type AwsCallPolicy } from './aws-call.ts';
import { dayFigures, minuteFigures, type Figure, type MeasuredStage } from './cloudwatch-figures.ts';
import { Found, toPipelineStats } from './cloudwatch-found.ts';

export interface CloudwatchStatsOptions {
  readonly client: CloudWatchClient;
  readonly stage: MeasuredStage;
  /** The versions that get calls; null: not known at the moment. */
  readonly releases: () => Promise<readonly ReleaseShare[] | null>;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'sleep'>;
  readonly ids: Pick<Ids, 'random'>;
}

/** GetMetricData bills per metric, so a container calls it at most this often. */
export const statsKeptMs = 30_000;

const minuteMs = 60_000;
const hourMs = 3_600_000;
/** The metrics of a minute are complete one minute after its end. */
const lateMs = minuteMs;
const totalsHours = 24;

/** One page holds 100,800 values; this requests about 3,000. */
const pagesMax = 5;

const repeatable: AwsCallPolicy = { repeatable: true, deadlineMs: 8000 };

/**
 * Reads the statistics of a deployed stage from the metrics of its functions, of Lambda and of API Gateway.
 */
export function createCloudwatchStats(options: CloudwatchStatsOptions): StatsSource {
  const { client, stage, clock } = options;
  let kept: { readonly readAtMs: number; readonly stats: Promise<PipelineStats> } | undefined;

  async function ask(figures: readonly Figure[], fromMs: number, toMs: number): Promise<Found> {
    const found = new Found();
    let token: string | undefined;
    for (let page = 0; page < pagesMax; page += 1) {
      const command = new GetMetricDataCommand({
        MetricDataQueries: figures.map(queryOf),
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        ScanBy: 'TimestampDescending',
        ...(token !== undefined && { NextToken: token }),
      });
      const output: GetMetricDataCommandOutput = await callAws(options, repeatable, (abortSignal) =>
        client.send(command, { abortSignal }),
      );
      for (const { Id: id, Values: values } of output.MetricDataResults ?? []) found.add(id, values);
      token = output.NextToken;
      if (token === undefined) break;
    }
    return found;
  }

  async function read(): Promise<PipelineStats> {
    const nowMs = clock.nowMs();
    const atMs = Math.floor((nowMs - lateMs) / minuteMs) * minuteMs;
    const sinceMs = Math.floor(nowMs / hourMs) * hourMs - (totalsHours - 1) * hourMs;
    try {
      const [minute, day, releases] = await Promise.all([
        ask(minuteFigures(stage), atMs - minuteMs, atMs),
        ask(dayFigures(stage), sinceMs, Math.ceil(nowMs / hourMs) * hourMs),
        options.releases(),
      ]);
      return toPipelineStats(stage, { atMs, sinceMs, minute, day, releases });
    } catch (error) {
      if (!(error instanceof AwsCallError)) throw error;
      throw new StatsError(error.message, { cause: error.cause });
    }
  }

  return {
    read() {
      const nowMs = clock.monotonicMs();
      if (kept !== undefined && nowMs - kept.readAtMs < statsKeptMs) return kept.stats;
      const stats = read();
      const mine = { readAtMs: nowMs, stats };
      kept = mine;
      // A failure is not cached, so the next caller tries again.
      stats.catch(() => {
        if (kept === mine) kept = undefined;
      });
      return stats;
    },
  };
}

function queryOf({ id, namespace, metric, dimensions, statistic, periodSeconds }: Figure): MetricDataQuery {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodSeconds,
      Stat: statistic,
    },
  };
}
