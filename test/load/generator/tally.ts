import { Histogram } from '../measure/histogram.ts';
import type { Answer } from './answer-reader.ts';
import { kinds, type Interval, type Kind, type KindResult, type Plan, type RunResult } from './plan.ts';
import type { LoadRequest } from './request-pool.ts';

/** A counter that nothing was counted for yet is no failure of a read. */
const hoped: Readonly<Record<Kind, readonly number[]>> = {
  ads: [200],
  single: [202],
  batch: [202],
  counter: [200, 404],
};

/** Of one run: what was answered how and when, and what must have been counted. */
export class RunTally {
  readonly #plan: Plan;
  readonly #onInterval: (interval: Interval) => void;
  readonly #byKind = kinds.map(() => ({ latencies: new Histogram(), successes: 0 }));
  readonly #lateness = new Histogram();
  readonly #failed: Record<string, number> = {};
  readonly #examples: Record<string, string> = {};
  readonly #acknowledged: Float64Array;
  readonly #uncertain: Float64Array;
  #increments = 0;
  #second = 0;
  #interval = new Histogram();
  #answeredInTime = 0;
  #sent = 0;

  constructor(plan: Plan, onInterval: (interval: Interval) => void) {
    this.#plan = plan;
    this.#onInterval = onInterval;
    this.#acknowledged = new Float64Array(plan.keys);
    this.#uncertain = new Float64Array(plan.keys);
  }

  sent(lateMs: number): void {
    this.#sent += 1;
    this.#lateness.record(lateMs * 1000);
  }

  answered(
    { kind, increments }: LoadRequest,
    latencyMs: number,
    atMs: number,
    answer: Answer | undefined,
  ): void {
    const counts = this.#byKind[kinds.indexOf(kind)];
    counts?.latencies.record(latencyMs * 1000);
    this.#recordInterval(latencyMs, atMs);
    const { statusCode = 0, text = '' } = answer ?? {};
    const success = hoped[kind].includes(statusCode);
    if (success) {
      if (counts !== undefined) counts.successes += 1;
      if (atMs <= this.#plan.durationMs) this.#increments += increments.length / 2;
    } else this.#fail(`${kind} ${statusCode}`, text);
    const sums = success ? this.#acknowledged : this.#uncertain;
    for (let i = 0; i + 1 < increments.length; i += 2) {
      const key = increments[i] ?? 0;
      sums[key] = (sums[key] ?? 0) + (increments[i + 1] ?? 0);
    }
  }

  /** Due, but never sent for want of a connection. */
  neverSent({ kind }: LoadRequest, waitedMs: number): void {
    this.#byKind[kinds.indexOf(kind)]?.latencies.record(waitedMs * 1000);
  }

  result(unsent: number): RunResult {
    this.#endInterval();
    const entries = kinds.map((kind, i): [Kind, KindResult] => {
      const { latencies, successes } = this.#byKind[i] ?? { latencies: new Histogram(), successes: 0 };
      return [kind, { latencies: latencies.sparse(), successes }];
    });
    return {
      durationMs: this.#plan.durationMs,
      offered: this.#sent + unsent,
      unsent,
      byKind: Object.fromEntries(entries) as Record<Kind, KindResult>,
      failed: this.#failed,
      examples: this.#examples,
      lateness: this.#lateness.sparse(),
      answeredInTime: this.#answeredInTime,
      increments: {
        count: this.#increments,
        acknowledged: [...this.#acknowledged],
        uncertain: [...this.#uncertain],
      },
    };
  }

  #recordInterval(latencyMs: number, atMs: number): void {
    if (atMs > this.#plan.durationMs) return;
    this.#answeredInTime += 1;
    const second = Math.floor(atMs / 1000);
    if (second > this.#second) {
      this.#endInterval();
      this.#second = second;
    }
    this.#interval.record(latencyMs * 1000);
  }

  #endInterval(): void {
    if (this.#interval.count === 0) return;
    this.#onInterval({ second: this.#second, latencies: this.#interval.sparse() });
    this.#interval = new Histogram();
  }

  #fail(what: string, text: string): void {
    this.#failed[what] = (this.#failed[what] ?? 0) + 1;
    this.#examples[what] ??= text;
  }
}
