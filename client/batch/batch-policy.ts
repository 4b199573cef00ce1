import { bytesPerRequestMax, entriesPerRequestMax } from '../api-limits.ts';
import type { AdtallyError } from '../errors.ts';
import type { Increment } from '../generated/schemas.ts';

/** The limits of a batcher; all have defaults. */
export interface BatchPolicy {
  /** Increments per request; the API accepts 500. */
  readonly batchEntriesMax: number;
  /** Bytes of a request's body. Browsers send at most 64 KiB for a page that closes. */
  readonly batchBytesMax: number;
  /** The longest time that the first increment of a batch waits before the batch is sent, milliseconds. */
  readonly flushEveryMs: number;
  /**
   * Entries that are not yet settled, including those in open requests. Increments of one counter in one
   * batch are one entry.
   */
  readonly queueEntriesMax: number;
  readonly queueBytesMax: number;
  /** Concurrent requests. */
  readonly inFlightMax: number;
  /** Calls of `add` that may wait for space in the queue. */
  readonly waitingMax: number;
  /**
   * How long a batch is retried before it is reported as failed, milliseconds; below the 24 h for which the
   * API remembers its key.
   */
  readonly patienceMs: number;
  /**
   * After `flush()` or `close()` the client's reads include what was acknowledged. false: answers are shorter
   * by 100 to 150 bytes for each counter of a batch, and reads do not wait. Default true.
   */
  readonly readYourWrites: boolean;
}

export const defaultBatchPolicy: BatchPolicy = {
  batchEntriesMax: 500,
  batchBytesMax: 60_000,
  flushEveryMs: 1000,
  queueEntriesMax: 10_000,
  queueBytesMax: 2_000_000,
  inFlightMax: 2,
  waitingMax: 1000,
  patienceMs: 600_000,
  readYourWrites: true,
};

/** Increments that were not acknowledged. */
export interface FailedIncrements {
  /** Summed by counter. */
  readonly increments: readonly Increment[];
  readonly error: AdtallyError;
  /**
   * true: they may have been counted, at most once, also by a request of a page that closed; false: they were
   * certainly not counted.
   */
  readonly ambiguous: boolean;
}

export interface BatcherOptions extends Partial<BatchPolicy> {
  /** Called once for each increment that fails. */
  readonly onFailed: (failed: FailedIncrements) => void;
}

/** The API remembers an Idempotency-Key for 24 h (lib/app/idempotency.ts). */
const patienceMsMax = 20 * 3_600_000;

/** Throws a RangeError for an invalid limit. */
export function makeBatchPolicy(options: BatcherOptions): BatchPolicy {
  const policy = { ...defaultBatchPolicy, ...options };
  within('flushEveryMs', policy.flushEveryMs, 0);
  within('waitingMax', policy.waitingMax, 0);
  within('inFlightMax', policy.inFlightMax, 1);
  within('queueEntriesMax', policy.queueEntriesMax, 1);
  within('queueBytesMax', policy.queueBytesMax, bytesPerEntryMax);
  within('batchEntriesMax', policy.batchEntriesMax, 1, entriesPerRequestMax);
  within('batchBytesMax', policy.batchBytesMax, bytesPerEntryMax, bytesPerRequestMax);
  within('patienceMs', policy.patienceMs, 1, patienceMsMax);
  return policy;
}

/** An entry with a key of 256 four-byte characters. */
const bytesPerEntryMax = 2048;

function within(name: string, value: number, min: number, max = Infinity): void {
  if (!(value >= min && value <= max))
    throw new RangeError(`${name} must be ${min} or more, and ${max} at most`);
}
