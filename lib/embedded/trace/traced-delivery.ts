import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { spanNames } from '../../core/span-names.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { DeliverySettings } from '../../stages.ts';
import { laneOf } from '../delivery/lane-of.ts';
import type { Keeper } from './keeper.ts';
import type { Row } from './rows.ts';
import type { Trace } from './trace.ts';
import type { Tracer } from './tracer.ts';

/** The two ends of a record's way, by its shard and sequence number: where it was appended, and the batch it came in. */
export interface FollowedLog {
  readonly tracer: Tracer;
  readonly keeper: Keeper;
}

/** Notes where the records of an append stand; for the span of which it is the work. */
export function followAppends(log: EventLog, { tracer, keeper }: FollowedLog): EventLog {
  return {
    stream: log.stream,
    epoch: log.epoch,
    hashPosition: (partitionKey) => log.hashPosition(partitionKey),
    async append(entries) {
      const results = await log.append(entries);
      const span = tracer.current;
      if (span === undefined) return results;
      // Nothing ran between the end of the commit and this line, so that the last one is the one.
      const commit = tracer.lastCommit;
      for (const result of results) {
        if (result.status !== 'appended') continue;
        if (commit !== undefined && commit.startMs >= span.startMs) span.commit = commit;
        keeper.appended(span, shardKey(log.stream, result.shardId), result.sequenceNumber);
      }
      return results;
    },
  };
}

type Consumer = (event: KinesisStreamEvent, context: Context) => Promise<KinesisStreamBatchResponse>;

/** Each batch is a trace of its own, on the line of its lane. */
export function followBatches(
  consume: Consumer,
  row: Row,
  settings: DeliverySettings,
  { tracer, keeper }: FollowedLog,
): Consumer {
  return async (event, context) => {
    const first = event.Records[0];
    const shardId = first?.eventID.split(':')[0] ?? '';
    const lane = laneOf(first?.kinesis.partitionKey ?? '', settings.parallelizationFactor);
    const numbers = event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
    let batch: Trace | undefined;
    let settled = 0;
    try {
      return await tracer.root(
        'batch',
        spanNames.deliverBatch,
        { row, label: `${shardId} lane ${lane}` },
        (trace) => {
          batch = trace;
          return consume(event, context);
        },
        (answer) => {
          settled = settledBy(answer, numbers);
          return { details: { records: numbers.length, settled }, failed: settled < numbers.length };
        },
      );
    } finally {
      if (batch !== undefined) keeper.delivered(shardKey(settings.stream, shardId), numbers, settled, batch);
    }
  };
}

function shardKey(stream: string, shardId: string): string {
  return `${stream}/${shardId}`;
}

/** How many records from the front on are settled, by the answer that names the first one that is not. */
function settledBy({ batchItemFailures }: KinesisStreamBatchResponse, numbers: readonly string[]): number {
  const first = batchItemFailures[0]?.itemIdentifier;
  return first === undefined ? numbers.length : Math.max(0, numbers.indexOf(first));
}
