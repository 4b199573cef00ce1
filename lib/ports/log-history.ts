import type { LogReader } from './log-reader.ts';

/** A log as one reads it from its beginning, long after: for audits. Reads may reject with a LogError. */
export interface LogHistory extends Pick<LogReader, 'stream' | 'epoch' | 'shards' | 'read'> {
  /**
   * Whether every record of the shard after `after` is still there, by number and by the wall time (milliseconds) at
   * which the log was last read to there; undefined: from its first record on. False where nobody can tell.
   */
  isWhole(
    shardId: string,
    after: { readonly sequenceNumber: string | undefined; readonly atMs: number } | undefined,
  ): Promise<boolean>;
}
