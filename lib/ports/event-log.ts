import type { StreamName } from '../core/streams.ts';

/**
 * One record to append. `partitionKey`: 1..256 characters; `data`: at most `recordBytesMax` bytes with the
 * key.
 */
export interface LogEntry {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Limits of one call and of one record, enforced by every adapter. */
export const appendEntriesMax = 500;
export const recordBytesMax = 1_048_576;

export type AppendResult =
  /** Durable, in order within its shard. `sequenceNumber`: decimal digits without leading zeros. */
  | { readonly status: 'appended'; readonly shardId: string; readonly sequenceNumber: string }
  /** Certainly not written, now or later: safe to send again. */
  | { readonly status: 'refused'; readonly reason: string }
  /** May or may not have been written, now or later: sending again may write it twice. */
  | { readonly status: 'unknown'; readonly reason: string };

/**
 * The write end of one stream.
 *
 * Promise: numbers grow within a shard; a partition key maps to one shard until a reshard, and every number
 * in a child shard is larger than any in its parents; records of one `append` call keep no order across
 * shards and need not keep the order of the call. There is no deduplication: two appends are two records.
 */
export interface EventLog {
  readonly stream: StreamName;
  /** Names this incarnation of the stream; numbers of different epochs do not compare. `[0-9a-z]{1,16}` */
  readonly epoch: string;
  /**
   * Appends up to `appendEntriesMax` records; result i belongs to entry i. An adapter sends again only what
   * is certainly not written. A failure of the log is in the results, never a rejection. If a limit above is
   * exceeded, it rejects with a RangeError and writes nothing.
   */
  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]>;
  /**
   * Where a partition key falls in the hash space that the shards share: 0 <= position < 1, always the same.
   */
  hashPosition(partitionKey: string): number;
}
