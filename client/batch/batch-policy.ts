import type { AdtallyError } from '../errors.ts';
import type { Increment } from '../generated/schemas.ts';

/** The limits of a batcher; all have defaults. */
export interface BatchPolicy {
  /** In one request; the API takes 500. */
  readonly batchEntriesMax: number;
  /** Of one request's body. Browsers take 64 KiB from a page that is going away. */
  readonly batchBytesMax: number;
  /** The first increment of a batch waits no longer than this before the batch is due, milliseconds. */
  readonly flushEveryMs: number;
  /** Not yet settled, those under way included; increments of one counter in one batch are one entry. */
  readonly queueEntriesMax: number;
  readonly queueBytesMax: number;
  /** Requests under way. */
  readonly inFlightMax: number;
  /** Calls of `add` that may wait for room. */
  readonly waitingMax: number;
  /** How long a batch is tried before it is reported failed, milliseconds; below the 24 h for which the API knows its key. */
  readonly patienceMs: number;
  /** Remembers the batches' Consistency-Tokens for reads; answers are then larger. */
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
  readYourWrites: false,
};

/** Increments that were not acknowledged. */
export interface FailedIncrements {
  /** Summed by counter. */
  readonly increments: readonly Increment[];
  readonly error: AdtallyError;
  /** They may have been counted all the same, once at most; false: they certainly were not. */
  readonly ambiguous: boolean;
}

export interface BatcherOptions extends Partial<BatchPolicy> {
  /** Told of each increment that fails, once. */
  readonly onFailed: (failed: FailedIncrements) => void;
}

const entriesPerRequestMax = 500;
const bytesPerRequestMax = 262_144;
const patienceMsMax = 20 * 3_600_000;

/** Throws a RangeError for a limit out of bounds. */
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

/** A key of 256 characters of four bytes each, and what stands around it. */
const bytesPerEntryMax = 2048;

function within(name: string, value: number, min: number, max = Infinity): void {
  if (!(value >= min && value <= max))
    throw new RangeError(`${name} must be ${min} or more, and ${max} at most`);
}
