import type { RawAnswer } from '../../support/http-connection.ts';
import { Histogram } from '../measure/histogram.ts';
import { kinds, type Kind, type Pair, type Plan, type RunResult } from './plan.ts';
import type { LoadRequest } from './request-pool.ts';

/** A counter that does not exist yet is not a failure of a read. */
const hoped: Readonly<Record<Kind, readonly number[]>> = {
  ads: [200],
  single: [202],
  batch: [202],
  counter: [200, 404],
  decision: [200],
  beacon: [200],
};
const exampleLengthMax = 300;

/** What was answered in one run, how and when, and what must have been counted. */
export class RunTally {
  readonly #durationMs: number;
  readonly #byKind = Object.fromEntries(
    kinds.map((kind) => [kind, { latencies: new Histogram(), successes: 0 }]),
  ) as Record<Kind, { latencies: Histogram; successes: number }>;
  readonly #lateness = new Histogram();
  readonly #seconds: (Histogram | undefined)[] = [];
  readonly #failed: Record<string, number> = {};
  readonly #examples: Record<string, string> = {};
  readonly #acknowledged: Float64Array;
  readonly #uncertain: Pair[] = [];
  #increments = 0;
  #answeredInTime = 0;
  #sent = 0;

  constructor({ durationMs, keys }: Plan) {
    this.#durationMs = durationMs;
    this.#acknowledged = new Float64Array(keys);
  }

  sent(lateMs: number): void {
    this.#sent += 1;
    this.#lateness.record(lateMs * 1000);
  }

  answered(
    { kind, increments }: LoadRequest,
    latencyMs: number,
    atMs: number,
    answer: RawAnswer | Error,
  ): void {
    const counts = this.#byKind[kind];
    const inTime = atMs <= this.#durationMs;
    counts.latencies.record(latencyMs * 1000);
    if (inTime) {
      this.#answeredInTime += 1;
      (this.#seconds[Math.floor(atMs / 1000)] ??= new Histogram()).record(latencyMs * 1000);
    }
    const statusCode = answer instanceof Error ? 0 : answer.statusCode;
    if (hoped[kind].includes(statusCode)) {
      counts.successes += 1;
      if (inTime) this.#increments += increments.length;
      for (const [key, value] of increments) this.#acknowledged[key] = (this.#acknowledged[key] ?? 0) + value;
    } else {
      const what = `${kind} ${statusCode}`;
      this.#failed[what] = (this.#failed[what] ?? 0) + 1;
      this.#examples[what] ??= exampleOf(answer).slice(0, exampleLengthMax);
      this.#uncertain.push(...increments);
    }
  }

  /** Due, but never sent for want of a connection. */
  neverSent({ kind }: LoadRequest, waitedMs: number): void {
    this.#byKind[kind].latencies.record(waitedMs * 1000);
  }

  result(unsent: number): RunResult {
    const byKind = Object.entries(this.#byKind).map(([kind, { latencies, successes }]) => [
      kind,
      { latencies: latencies.sparse(), successes },
    ]);
    return {
      offered: this.#sent + unsent,
      unsent,
      byKind: Object.fromEntries(byKind) as RunResult['byKind'],
      failed: this.#failed,
      examples: this.#examples,
      lateness: this.#lateness.sparse(),
      answeredInTime: this.#answeredInTime,
      seconds: Array.from(this.#seconds, (latencies) => (latencies ?? new Histogram()).sparse()),
      increments: this.#increments,
      acknowledged: [...this.#acknowledged],
      uncertain: this.#uncertain,
    };
  }
}

function exampleOf(answer: RawAnswer | Error): string {
  return answer instanceof Error ? answer.message : answer.text.slice(answer.bodyAt);
}
