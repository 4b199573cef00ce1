import { Buffer } from 'node:buffer';
import type { Context } from 'aws-lambda';
import { assert } from '../core/assert.ts';
import { isShardRef } from '../core/log-position.ts';
import { isSequenceNumber } from '../core/sequence-number.ts';
import { noPartitionKey, type StreamName } from '../core/streams.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogRecord } from '../ports/log-reader.ts';
import type { BatchOutcome, RecordBatch } from './record-batch.ts';

/**
 * The answer of a function whose mapping has `ReportBatchItemFailures`: at most one item, the lowest number.
 */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** Lambda's limit for BatchSize on Kinesis. */
const recordsPerEventMax = 10_000;

/**
 * Reads the batch from a Kinesis event as Lambda delivers it. Checks only the envelope, which the platform
 * writes. A wrong envelope is a bug or a wrong configuration and throws an AssertionError, so the batch is
 * delivered again and nothing is lost. The consumer checks the content of the records.
 */
export function toRecordBatch(event: unknown): RecordBatch {
  const envelopes = (event as { Records?: unknown } | null | undefined)?.Records;
  assert(Array.isArray(envelopes), 'not a Kinesis event');
  assert(envelopes.length > 0 && envelopes.length <= recordsPerEventMax, 'a Kinesis event of a wrong size');
  const { eventSourceARN, eventID } = envelopes[0] as Envelope;
  const { stream, epoch } = parseStreamArn(eventSourceARN);
  const shardId = parseShardId(eventID);
  assert(isShardRef({ epoch, shardId }), 'a Kinesis event of an unusable shard');
  const shardPrefix = `${shardId}:`;
  const records = (envelopes as readonly Envelope[]).map((envelope) => {
    assert(envelope.eventSourceARN === eventSourceARN, 'a Kinesis event with records of two streams');
    assert(envelope.eventID.startsWith(shardPrefix), 'a Kinesis event with records of two shards');
    return new KinesisRecord(envelope.kinesis);
  });
  return { stream, epoch, shardId, records };
}

/** Requests everything from the lowest unsettled record on; an empty list: the whole batch is settled. */
export function toBatchResponse(outcome: BatchOutcome): BatchResponse {
  const { lowestUnsettled } = outcome;
  return { batchItemFailures: lowestUnsettled === undefined ? [] : [{ itemIdentifier: lowestUnsettled }] };
}

/**
 * By the monotonic clock: when a consumer must begin nothing more, so that it answers before Lambda ends it.
 * `reserveMs`: the time for what it has begun, and to answer. Infinity: there is no time limit.
 */
export function deadlineOf(
  context: Partial<Context> | undefined,
  clock: Pick<Clock, 'monotonicMs'>,
  reserveMs: number,
): number {
  const leftMs = context?.getRemainingTimeInMillis?.();
  return leftMs === undefined ? Infinity : clock.monotonicMs() + leftMs - reserveMs;
}

/**
 * Decodes its data on first use, so that a reader that only needs the text in `base64` does not pay for the
 * bytes.
 */
export class KinesisRecord implements LogRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivedAtMs: number;
  readonly base64: string;
  #data: Uint8Array | undefined;

  constructor({ sequenceNumber, partitionKey, data, approximateArrivalTimestamp }: KinesisPayload) {
    assert(typeof sequenceNumber === 'string', 'not a Kinesis record');
    const key = partitionKey ?? noPartitionKey;
    assert(typeof key === 'string', 'a partition key that is no text');
    assert(typeof data === 'string', 'a Kinesis record without data');
    assert(Number.isFinite(approximateArrivalTimestamp), 'a Kinesis record without an arrival time');
    this.sequenceNumber = sequenceNumber;
    this.partitionKey = key;
    this.arrivedAtMs = Math.round(approximateArrivalTimestamp * 1000);
    this.base64 = data;
  }

  get data(): Uint8Array {
    this.#data ??= Uint8Array.from(Buffer.from(this.base64, 'base64'));
    return this.#data;
  }
}

/** The fields of a record that are used, with Lambda's names. */
interface Envelope {
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: KinesisPayload;
}

interface KinesisPayload {
  readonly sequenceNumber: string;
  /** Absent if the stream has AUTO distribution and the producer gave none. */
  readonly partitionKey?: string | null;
  readonly data: string;
  /** Seconds with a fraction. */
  readonly approximateArrivalTimestamp: number;
}

/**
 * `arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-increments.1`: stream `increments`, epoch `1`.
 */
function parseStreamArn(arn: unknown): { stream: StreamName; epoch: string } {
  assert(typeof arn === 'string', 'a Kinesis record without a stream');
  const match = /[/-](ad-events|increments)\.([0-9a-z]{1,16})$/.exec(arn);
  assert(match !== null, 'a Kinesis record of an unknown stream');
  return { stream: match[1] as StreamName, epoch: match[2] as string };
}

/**
 * `shardId-000000000000:4954...`. The number after the colon is checked here only for the first record; the
 * others are checked where they are used.
 */
function parseShardId(eventId: unknown): string {
  assert(typeof eventId === 'string', 'a Kinesis record without an id');
  const colon = eventId.indexOf(':');
  assert(
    colon > 0 && isSequenceNumber(eventId.slice(colon + 1)),
    'a Kinesis record with an unknown form of id',
  );
  return eventId.slice(0, colon);
}
