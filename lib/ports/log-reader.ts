import type { StreamName } from '../core/streams.ts';
import { PortError } from './port-error.ts';

export interface LogRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Wall time of the append, milliseconds. */
  readonly arrivedAtMs: number;
}

/** A shard; `parentShardIds` are read to their end before it. `closed`: it gets no more records. */
export interface Shard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly closed: boolean;
}

/** The read end of one stream, for the embedded delivery loop and the simulator. */
export interface LogReader {
  readonly stream: StreamName;
  readonly epoch: string;
  shards(): Promise<readonly Shard[]>;
  /**
   * The records after `afterSequenceNumber` (from the oldest kept one when undefined), in order, at most
   * `recordsMax` and, past the first record, at most `bytesMax` of data. Empty: there are none yet.
   */
  read(
    shardId: string,
    afterSequenceNumber: string | undefined,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly LogRecord[]>;
  /** Calls `listener` with the shard after each durable append; returns the unsubscribe function. */
  onAppend(listener: (shardId: string) => void): () => void;
  /**
   * The consumer's position: the last number settled, durable when the promise resolves. Rejects with a
   * LogError.
   */
  readCheckpoint(consumer: string, shardId: string): Promise<string | undefined>;
  writeCheckpoint(consumer: string, shardId: string, sequenceNumber: string): Promise<void>;
}

/** `log-unavailable`: the disk is full or fails; the call may have taken effect. */
export class LogError extends PortError {
  override readonly name = 'LogError';
  readonly code = 'log-unavailable';
  readonly retryable = true;
}
