/** What bounds a run of an audit. Tests draw smaller values. */
export interface AuditLimits {
  /** Of one read of the log. */
  readonly recordsPerRead: number;
  readonly bytesPerRead: number;
  /** Records that are read before their counters: bounds the records held in memory. */
  readonly recordsPerLook: number;
  /** Counters that are compared at a time. */
  readonly keysPerSlice: number;
  /** The most pending records of all counters together: with more, the pipeline has stopped. */
  readonly pendingMax: number;
  /** The most event ids that are remembered. */
  readonly keyedIdsMax: number;
  /** The most differing counters that are read one by one; more would add nothing to the report. */
  readonly differencesMax: number;
  /** The most suspects of one counter. */
  readonly suspectsMax: number;
}

export const auditLimits: AuditLimits = {
  recordsPerRead: 10_000,
  bytesPerRead: 4 * 1024 * 1024,
  recordsPerLook: 100_000,
  keysPerSlice: 1000,
  pendingMax: 2_000_000,
  keyedIdsMax: 5_000_000,
  differencesMax: 1000,
  suspectsMax: 1000,
};

/**
 * Copies of one event arrive within little more than the 24 h for which its request is remembered
 * (lib/app/idempotency.ts). After twice that time an id does not return.
 */
export const keyedIdLifeMs = 48 * 3_600_000;

/** More than the clocks of two machines differ, milliseconds. */
export const clocksDifferMaxMs = 15 * 60_000;

/**
 * A run beside a working stage. Kinesis gives all readers of a shard together 2 MB and five reads a second: 2,000
 * records of 256 B, and then a pause of half a second (paced-ports.ts), take half of that and leave the consumer
 * the rest. The sums of a million counters and as many ids fit into the function's memory.
 */
export const scheduledAuditLimits: AuditLimits = {
  ...auditLimits,
  recordsPerRead: 2000,
  bytesPerRead: 1024 * 1024,
  pendingMax: 1_000_000,
  keyedIdsMax: 1_000_000,
};

/** The most counters of a scheduled audit; `npm run audit` has no such limit. */
export const scheduledCountersMax = 1_000_000;
