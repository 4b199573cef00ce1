import type { Run, Second } from '../generator/generators.ts';
import { latenciesOf } from '../generator/merge-results.ts';
import { kinds, type Kind, type RunResult } from '../generator/plan.ts';
import type { Panel, Series } from '../plot/chart.ts';
import { Histogram } from './histogram.ts';

/** Milliseconds. */
export interface Latencies {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface RunSummary {
  readonly offeredPerSecond: number;
  /** Answers within the time, right or wrong. */
  readonly answeredPerSecond: number;
  readonly incrementsPerSecond: number;
  readonly unsent: number;
  readonly latencies: Latencies;
  readonly byKind: Readonly<Partial<Record<Kind, Latencies & { readonly successes: number }>>>;
  readonly failed: Readonly<Record<string, number>>;
  /** By how much the generator was late by itself. */
  readonly latenessP99Ms: number;
}

export function summarise({ result }: Pick<Run, 'result'>): RunSummary {
  const perSecond = (count: number): number => (count * 1000) / result.durationMs;
  return {
    offeredPerSecond: perSecond(result.offered),
    answeredPerSecond: perSecond(result.answeredInTime),
    incrementsPerSecond: perSecond(result.increments.count),
    unsent: result.unsent,
    latencies: toLatencies(latenciesOf(result)),
    byKind: Object.fromEntries(
      kinds.flatMap((kind) => {
        const { latencies, successes } = result.byKind[kind];
        return latencies.length === 0
          ? []
          : [[kind, { ...toLatencies(Histogram.from(latencies)), successes }]];
      }),
    ),
    failed: result.failed,
    latenessP99Ms: Histogram.from(result.lateness).quantile(0.99) / 1000,
  };
}

function toLatencies(microseconds: Histogram): Latencies {
  const at = (share: number): number => microseconds.quantile(share) / 1000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** Failures are findings: under a steady load that a server can bear there are none. */
export function failuresOf(name: string, { failed, examples }: RunResult): string[] {
  return Object.entries(failed).map(([what, count]) =>
    `${name}: ${count} x ${what.replace(/ 0$/, ' without an answer')} ${examples[what] ?? ''}`.trim(),
  );
}

export function throughputSeries(seconds: readonly Second[]): Series[] {
  return [{ name: 'answered', points: seconds.map(({ second, answered }) => ({ x: second, y: answered })) }];
}

export function latencySeries(seconds: readonly Second[]): Series[] {
  const series = (name: string, share: number): Series => ({
    name,
    points: seconds.map(({ second, latencies }) => ({ x: second, y: latencies.quantile(share) / 1000 })),
  });
  return [series('p50', 0.5), series('p99', 0.99), series('longest', 1)];
}

/** What every plot over time begins with. */
export function answerPanels(seconds: readonly Second[]): readonly Panel[] {
  return [
    { title: 'Answered', unit: 'per second', series: throughputSeries(seconds) },
    {
      title: 'From the intended instant to the answer',
      unit: 'ms',
      scale: 'log',
      series: latencySeries(seconds),
    },
  ];
}
