import type { SparseCounts } from '../measure/histogram.ts';

export const kinds = ['ads', 'single', 'batch', 'counter'] as const;
/** What a request is: a page of ads, one increment, a batch of them, a read of counters. */
export type Kind = (typeof kinds)[number];

/** Weights; what is left out is not sent. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

/** What one generator process is to do. */
export interface Plan {
  readonly url: string;
  readonly connections: number;
  /** Open loop. 0: closed loop, each connection asks again as soon as it is answered. */
  readonly ratePerSecond: number;
  readonly durationMs: number;
  readonly mix: Mix;
  readonly seed: number;
  /** Counters are called `<prefix>-0` and so on. */
  readonly keyPrefix: string;
  readonly keys: number;
  /** Increments in a batch. */
  readonly batchSize: number;
}

/** What happened in one second of a run, told as it ends. Latencies in microseconds. */
export interface Interval {
  readonly second: number;
  readonly latencies: SparseCounts;
}

export interface KindResult {
  readonly latencies: SparseCounts;
  /** Answered as hoped. */
  readonly successes: number;
}

/**
 * Latencies in microseconds. In an open loop they run from the instant a request was due, whether or not a connection
 * was free for it; a request never sent is in `unsent`, and among the latencies with what it had waited until the end.
 */
export interface RunResult {
  readonly durationMs: number;
  /** Due in the time, by the schedule; in a closed loop all that were sent. */
  readonly offered: number;
  readonly unsent: number;
  readonly byKind: Readonly<Record<Kind, KindResult>>;
  /** By `<kind> <status>`; status 0: no answer. */
  readonly failed: Readonly<Record<string, number>>;
  /** One such answer's text for each. */
  readonly examples: Readonly<Record<string, string>>;
  /** How late the generator itself was, with a connection at hand: its own fault, not the server's. */
  readonly lateness: SparseCounts;
  /** Answered within the time, which leaves out those that were under way at its end. */
  readonly answeredInTime: number;
  readonly increments: Increments;
}

export interface Increments {
  /** Acknowledged within the time. */
  readonly count: number;
  /** Sums by counter number, whenever they were acknowledged. */
  readonly acknowledged: readonly number[];
  /** Sent, but not acknowledged: counted once at most. */
  readonly uncertain: readonly number[];
}

export type ToGenerator = { readonly type: 'run'; readonly plan: Plan } | { readonly type: 'exit' };
export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'interval'; readonly interval: Interval }
  | { readonly type: 'result'; readonly result: RunResult }
  | { readonly type: 'failed'; readonly message: string };
