import type { SparseCounts } from '../measure/histogram.ts';

/** What a mix names. */
export const mixedKinds = ['ads', 'single', 'batch', 'counter', 'decision'] as const;
export const kinds = [...mixedKinds, 'beacon'] as const;
/**
 * What a request is: a page of ads, one increment, a batch of them, a read of counters, a decision of one ad, a report
 * that an ad was seen.
 */
export type Kind = (typeof kinds)[number];

/** Weights; what is left out is not sent. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

/** What one generator process is to do. */
export interface Plan {
  readonly url: string;
  /** undefined: requests carry none. */
  readonly token?: string | undefined;
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
  /** Paths of `beacon`, each of which is asked for once; without one that is left, a run of beacons fails. */
  readonly beacons?: readonly string[];
}

/** An increment: the number of its counter, and its value. */
export type Pair = readonly [key: number, value: number];

/**
 * Latencies in microseconds. In an open loop they run from the instant a request was due, whether or not a
 * connection was free for it; a request never sent is in `unsent`, and among the latencies with what it had
 * waited until the end. Results of several generators add up number by number.
 */
export interface RunResult {
  /** Due in the time, by the schedule; in a closed loop all that were sent. */
  readonly offered: number;
  readonly unsent: number;
  /** `successes` were answered as hoped. */
  readonly byKind: Readonly<Record<Kind, { readonly latencies: SparseCounts; readonly successes: number }>>;
  /** By `<kind> <status>`; status 0: no answer. */
  readonly failed: Readonly<Record<string, number>>;
  /** The text of one such answer for each. */
  readonly examples: Readonly<Record<string, string>>;
  /** How late the generator itself was, with a connection free: not the server's fault. */
  readonly lateness: SparseCounts;
  /** Answered within the time, which leaves out those that were under way at its end. */
  readonly answeredInTime: number;
  /** Latencies of those, by the second of their answers. */
  readonly seconds: readonly SparseCounts[];
  /** Increments acknowledged within the time. */
  readonly increments: number;
  /** Sums by counter number, whenever they were acknowledged. */
  readonly acknowledged: readonly number[];
  /** Sent, but not acknowledged: each is counted once at most. */
  readonly uncertain: readonly Pair[];
}

export type FromGenerator = { readonly result: RunResult } | { readonly failure: string };
