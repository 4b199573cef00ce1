import { Buffer } from 'node:buffer';
import { assert } from '../core/assert.ts';
import { isShardRef } from '../core/log-position.ts';
import { isSequenceNumber } from '../core/sequence-number.ts';
import type { StreamName } from '../core/streams.ts';
import type { LogRecord } from '../ports/log-reader.ts';
import type { BatchOutcome, RecordBatch } from './record-batch.ts';

/** The answer of a function whose mapping has `ReportBatchItemFailures`: at most one item, the lowest number. */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** Lambda's limit for BatchSize on Kinesis. */
const recordsPerEventMax = 10_000;

/**
 * The batch in a Kinesis event as Lambda delivers it. Only the envelope is looked at, which the platform writes; an
 * envelope that is not as agreed is a bug or a wrong wiring and throws an AssertionError, so the batch is delivered
 * again and nothing is lost. What the records hold is for the consumer to judge.
 */
export function toRecordBatch(event: unknown): RecordBatch {
  const envelopes = recordsOf(event);
  const first = envelopes[0];
  assert(first !== undefined, 'a Kinesis event without records');
  const arn = first.eventSourceARN;
  const { stream, epoch } = parseStreamArn(arn);
  const shardId = shardOf(first.eventID);
  assert(isShardRef({ epoch, shardId }), 'a Kinesis event without a usable shard or stream epoch');
  const shardPrefix = `${shardId}:`;
  const bytes = Buffer.allocUnsafeSlow(dataBytesMax(envelopes));
  let offset = 0;
  const records = envelopes.map((envelope): LogRecord => {
    assert(envelope.eventSourceARN === arn, 'a Kinesis event with records of two streams');
    assert(envelope.eventID.startsWith(shardPrefix), 'a Kinesis event with records of two shards');
    const { sequenceNumber, partitionKey, data, approximateArrivalTimestamp } = envelope.kinesis;
    assert(isSequenceNumber(sequenceNumber), 'a Kinesis record without a sequence number');
    assert(typeof partitionKey === 'string', 'a Kinesis record without a partition key');
    assert(Number.isFinite(approximateArrivalTimestamp), 'a Kinesis record without an arrival time');
    const start = offset;
    offset += bytes.write(data, start, 'base64');
    return {
      sequenceNumber,
      partitionKey,
      data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, offset - start),
      arrivedAtMs: Math.round(approximateArrivalTimestamp * 1000),
    };
  });
  return { stream, epoch, shardId, records };
}

/** Asks for everything from the lowest unsettled record on; an empty list: the whole batch is settled. */
export function toBatchResponse(outcome: BatchOutcome): BatchResponse {
  const { lowestUnsettled } = outcome;
  return { batchItemFailures: lowestUnsettled === undefined ? [] : [{ itemIdentifier: lowestUnsettled }] };
}

/** The parts of a record that are used; names as Lambda has them. */
interface Envelope {
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    /** base64 */
    readonly data: string;
    /** Seconds with a fraction. */
    readonly approximateArrivalTimestamp: number;
  };
}

function recordsOf(event: unknown): readonly Envelope[] {
  const records = (event as { Records?: unknown } | null | undefined)?.Records;
  assert(Array.isArray(records), 'not a Kinesis event');
  assert(records.length <= recordsPerEventMax, 'a Kinesis event with too many records');
  return records as readonly Envelope[];
}

/** Also checks the types that the rest relies on. */
function dataBytesMax(envelopes: readonly Envelope[]): number {
  let characters = 0;
  for (const { eventID, kinesis } of envelopes as readonly Partial<Envelope>[]) {
    assert(typeof eventID === 'string' && typeof kinesis?.data === 'string', 'not a Kinesis record');
    characters += kinesis.data.length;
  }
  return characters;
}

/** `arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-increments.1`: stream `increments`, epoch `1`. */
function parseStreamArn(arn: unknown): { stream: StreamName; epoch: string } {
  assert(typeof arn === 'string', 'a Kinesis record without a stream');
  const match = /[/-](ad-events|increments)\.([0-9a-z]{1,16})$/.exec(arn);
  assert(match !== null, 'a Kinesis record of an unknown stream');
  return { stream: match[1] as StreamName, epoch: match[2] as string };
}

function shardOf(eventId: string): string {
  return eventId.slice(0, Math.max(0, eventId.indexOf(':')));
}
