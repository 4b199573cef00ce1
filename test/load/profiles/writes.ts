import type { Comparison } from '../ledger.ts';
import { ceilingLine, comparisonLine, format, runLines } from '../measure/report.ts';
import {
  failuresOf,
  latencySeries,
  summarise,
  throughputSeries,
  type RunSummary,
} from '../measure/summary.ts';
import { median } from '../measure/trend.ts';
import { measureCeiling, Target, type Ceiling, type RunOptions } from '../session.ts';
import { shortRunMs, type ProfileContext, type ProfileResult } from './profile.ts';
import { watchFreshness, type Visible } from './watch-freshness.ts';

const rounds = 7;
const batchSecondsDefault = 60;

export interface WriteFacts {
  readonly ceiling: Ceiling;
  /** Increments per second, singly: of one key, of many, and the ratio in the same round. */
  readonly one: number;
  readonly many: number;
  readonly ratio: number;
  readonly rounds: readonly { readonly one: number; readonly many: number }[];
  readonly batches: RunSummary;
  readonly visible: Visible;
  readonly comparison: Comparison;
  /** Of the server, per increment, most of the counting included, microseconds: singly, and in batches. */
  readonly singleCpuUs: number;
  readonly batchCpuUs: number;
}

/** Increments as fast as they come: one key against many in turns, so that their ratio holds on any machine; then batches. */
export async function writesProfile({
  options,
  generators,
  say,
}: ProfileContext): Promise<ProfileResult<WriteFacts>> {
  const { url, keys, seed, seconds = 3, connections } = options;
  const target = await Target.open({ url, ads: options.ads ?? 0, keys, seed });
  try {
    const single: RunOptions = {
      ...options,
      mix: { single: 1 },
      ratePerSecond: 0,
      durationMs: seconds * 1000,
    };
    const failures: string[] = [];
    const rate = async (run: RunOptions): Promise<number> => {
      const done = await target.run(generators, run);
      failures.push(...failuresOf('writes', done.result));
      return summarise(done).answeredPerSecond;
    };
    await rate({ ...single, durationMs: shortRunMs(options) });
    const ceiling = await measureCeiling(
      generators,
      target.plan({ ...single, durationMs: shortRunMs(options) }),
    );
    say(ceilingLine(ceiling));
    const singlesFromMs = target.cpuMs();
    const table: { readonly one: number; readonly many: number }[] = [];
    for (let i = 0; i < rounds; i++) {
      const row = { one: await rate({ ...single, keys: 1 }), many: await rate(single) };
      table.push(row);
      say(`  round ${i + 1}: one key ${format(row.one)}/s, ${format(keys)} keys ${format(row.many)}/s`);
    }
    const manyIncrements = table.reduce((sum, row) => sum + row.one + row.many, 0) * seconds;
    const singleCpuUs = ((target.cpuMs() - singlesFromMs) * 1000) / manyIncrements;
    const one = median(table.map((row) => row.one));
    const many = median(table.map((row) => row.many));
    const ratio = median(table.map((row) => row.one / row.many));
    say(`one key ${format(one)}/s, ${format(keys)} keys ${format(many)}/s: ratio ${ratio.toFixed(3)}`);
    const batches = {
      ...single,
      mix: { batch: 1 },
      durationMs: (options.seconds ?? batchSecondsDefault) * 1000,
    };
    const batchesFromMs = target.cpuMs();
    const running = target.run(generators, {
      ...batches,
      connections: Math.min(connections, batchConnectionsMax),
    });
    const [run, visible] = await Promise.all([running, watchFreshness(target.url, running)]);
    const summary = summarise(run);
    const batchIncrements = run.result.byKind.batch.successes * options.batchSize;
    const batchCpuUs = ((target.cpuMs() - batchesFromMs) * 1000) / batchIncrements;
    for (const line of runLines(`batches of ${options.batchSize}`, summary)) say(line);
    say(
      `  an increment is visible after p50 ${format(visible.p50)}, p99 ${format(visible.p99)}, at most ${format(visible.max)} ms`,
    );
    say(
      `  the server's processor per increment: ${format(singleCpuUs)} us singly, ${format(batchCpuUs)} us in batches`,
    );
    const comparison = await target.compare();
    say(comparisonLine(comparison));
    return {
      facts: {
        ceiling,
        one,
        many,
        ratio,
        rounds: table,
        singleCpuUs,
        batchCpuUs,
        batches: summary,
        visible,
        comparison,
      },
      chart: {
        title: `Batches of ${options.batchSize} increments: ${format(summary.incrementsPerSecond)} increments/s`,
        notes: [
          `One key ${format(one)}/s, ${format(keys)} keys ${format(many)}/s, singly: ratio ${ratio.toFixed(3)}.`,
        ],
        xTitle: 'seconds',
        panels: [
          { title: 'Batches answered', unit: 'per second', series: throughputSeries(run.seconds) },
          {
            title: 'From sending to the answer',
            unit: 'ms',
            scale: 'log',
            series: latencySeries(run.seconds),
          },
        ],
      },
      findings: [...comparison.wrong, ...failures, ...failuresOf('batches', run.result)],
    };
  } finally {
    await target.close();
  }
}

/** Enough to keep the disk busy; more would only wait. */
const batchConnectionsMax = 16;
