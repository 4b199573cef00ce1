import { LogError, type LogReader } from './log-reader.ts';

/** A log that audits read from its beginning. Reads may reject with a LogError. */
export interface LogHistory extends Pick<LogReader, 'stream' | 'epoch' | 'shards' | 'read'> {
  /**
   * Whether the log still holds every record of the shard after `after`, which has the number and the wall
   * time (milliseconds) of the last read; undefined: since its first record. False if unknown.
   */
  isWhole(
    shardId: string,
    after: { readonly sequenceNumber: string | undefined; readonly atMs: number } | undefined,
  ): Promise<boolean>;
  /**
   * The last number that the shard has dropped, so that a reader who has missed records can go on after them.
   * undefined: none, or the log knows only the time.
   */
  droppedThrough(shardId: string): Promise<string | undefined>;
}

/** Records that a shard had turn out to be missing. From then on `isWhole` says so of this shard. */
export class LogGapError extends LogError {}
