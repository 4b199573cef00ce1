import type { Comparison } from '../ledger.ts';
import type { Ceiling } from '../session.ts';
import type { Latencies, RunSummary } from './summary.ts';

export function format(value: number): string {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
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

export function comparisonLine({ keys, acknowledged, counted, uncertain, wrong }: Comparison): string {
  const rest = uncertain > 0 ? `, ${format(uncertain)} uncertain` : '';
  const verdict = wrong.length === 0 ? 'every counter is right' : `${wrong.length} counters are WRONG`;
  return `${format(acknowledged)} acknowledged, ${format(counted)} counted${rest}, on ${format(keys)} counters: ${verdict}`;
}

export function ceilingLine({ perSecond, cpuUs }: Ceiling): string {
  return `the generator's own ceiling, on a bare server with the same requests: ${format(perSecond)}/s, of which each costs that server ${format(cpuUs)} us`;
}
