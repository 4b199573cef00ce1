/** The records of `increments`, versioned by `v`: one per distinct key of a request. */
export interface Incremented {
  readonly v: 1;
  readonly type: 'Incremented';
  /** Event id, 32 hex digits. */
  readonly id: string;
  /** Counter key, 1..256 characters; must be the one that its partition key names. */
  readonly key: string;
  /** Decimal digits, 1 .. 500 * (2^53 - 1): the sum of the request's increments of this key. */
  readonly value: string;
  /** How many increments of the request it sums up, 1..500. */
  readonly count: number;
  /**
   * The request had an Idempotency-Key: the event may have been appended more than once and needs a claim.
   */
  readonly keyed: boolean;
  /** The instant of the request by the clock of ingest, for freshness only. */
  readonly at: number;
  readonly traceparent?: string;
}

/** The most increments that one event may sum up: those of a whole request. */
export const incrementsPerEventMax = 500;

/** The largest `value`: that many increments of the largest size. */
export const eventValueMax = BigInt(incrementsPerEventMax) * BigInt(Number.MAX_SAFE_INTEGER);
