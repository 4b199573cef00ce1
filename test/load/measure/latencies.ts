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

export function summarise(result: RunResult, durationMs: number): RunSummary {
  const perSecond = (count: number): number => (count * 1000) / durationMs;
  const byKind = kinds.flatMap((kind) => {
    const { latencies, successes } = result.byKind[kind];
    const histogram = Histogram.from(latencies);
    return histogram.count === 0 ? [] : [[kind, { ...toLatencies(histogram), successes }]];
  });
  return {
    offeredPerSecond: perSecond(result.offered),
    answeredPerSecond: perSecond(result.answeredInTime),
    incrementsPerSecond: perSecond(result.increments),
    unsent: result.unsent,
    latencies: toLatencies(latenciesOf(result)),
    byKind: Object.fromEntries(byKind) as RunSummary['byKind'],
    failed: result.failed,
    latenessP99Ms: Histogram.from(result.lateness).quantile(0.99) / 1000,
  };
}

/** Every latency of the run, whatever was asked; microseconds. */
export function latenciesOf({ byKind }: Pick<RunResult, 'byKind'>): Histogram {
  return Histogram.from(...kinds.map((kind) => byKind[kind].latencies));
}

export function toLatencies(microseconds: Histogram): Latencies {
  const at = (share: number): number => microseconds.quantile(share) / 1000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** Failures are findings: under a steady load that a server can bear there are none. */
export function failuresOf(name: string, { failed, examples }: RunResult): string[] {
  return Object.entries(failed).map(([what, count]) =>
    `${name}: ${count} x ${what.replace(/ 0$/, ' without an answer')} ${examples[what] ?? ''}`.trim(),
  );
}

/** A run in a few lines. */
export function runLines(name: string, summary: RunSummary): string[] {
  const { offeredPerSecond, answeredPerSecond, incrementsPerSecond, unsent, byKind, latenessP99Ms } = summary;
  const increments =
    incrementsPerSecond > 0 ? `, ${format(incrementsPerSecond)} increments/s acknowledged` : '';
  return [
    `${name}: ${format(offeredPerSecond)}/s due, ${format(answeredPerSecond)}/s answered${increments}${unsent > 0 ? `, ${format(unsent)} never sent` : ''}`,
    latencyLine('all', summary.latencies),
    ...Object.entries(byKind).map(([kind, latencies]) => latencyLine(kind, latencies)),
    `  the generator itself was late by ${format(latenessP99Ms)} ms at p99`,
  ];
}

function latencyLine(name: string, { p50, p90, p99, p999, max }: Latencies): string {
  return `  ${name.padEnd(8)} p50 ${format(p50)}  p90 ${format(p90)}  p99 ${format(p99)}  p99.9 ${format(p999)}  longest ${format(max)} ms`;
}

export function format(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** Answers per second and their latencies over time; what every plot over time begins with. */
export function answerPanels(
  { seconds }: RunResult,
  [answers, latency]: readonly [string, string] = ['Answered', 'From the intended instant to the answer'],
): readonly Panel[] {
  const histograms = seconds.map((counts) => Histogram.from(counts));
  const series = (name: string, of: (one: Histogram) => number): Series => ({
    name,
    points: histograms.map((one, second) => ({ x: second, y: of(one) })),
  });
  const ms = (share: number) => (one: Histogram) => one.quantile(share) / 1000;
  return [
    { title: answers, unit: 'per second', series: [series('answered', ({ count }) => count)] },
    {
      title: latency,
      unit: 'ms',
      scale: 'log',
      series: [series('p50', ms(0.5)), series('p99', ms(0.99)), series('longest', ms(1))],
    },
  ];
}
