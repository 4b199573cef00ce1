import type { StreamName } from '../core/streams.ts';
import type { LogRecord } from '../ports/log-reader.ts';

/** What a mapping delivers in one invocation: records of one shard, in order, possibly with gaps (lanes). */
export interface RecordBatch {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly shardId: string;
  readonly records: readonly LogRecord[];
}

/**
 * `lowestUnsettled`: the lowest sequence number that must be delivered again, for the partial-batch answer;
 * every record below it is settled. undefined: all records are settled.
 */
export interface BatchOutcome {
  readonly lowestUnsettled: string | undefined;
}
