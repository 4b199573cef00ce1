import type { KinesisStreamEvent } from 'aws-lambda';
import { formatInstant } from '../../core/instant.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { toKinesisEvent, type EventSource } from './kinesis-event.ts';
import type { Piece } from './piece.ts';

/** What Lambda writes to an S3 failure destination: the reason and the whole records. */
export interface FailureRecord {
  readonly version: '1.0';
  /** RFC 3339. */
  readonly timestamp: string;
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: FailureCondition;
    /** Invocations that had these records; 1 too when they expired before any. */
    readonly approximateInvokeCount: number;
  };
  /** Absent when the records expired. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: '$LATEST';
    /** null: the function answered, and named a record. */
    readonly functionError: 'Unhandled' | null;
  };
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
  readonly payload: KinesisStreamEvent;
}

export type FailureCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

export interface GivenUp {
  readonly source: EventSource;
  readonly consumer: string;
  readonly records: readonly LogRecord[];
  readonly piece: Piece;
  readonly condition: FailureCondition;
  readonly functionError: 'Unhandled' | null;
  readonly nowMs: number;
}

/** The same records have the same `requestId` each time, so that a destination can recognise a repetition. */
export function toFailureRecord(givenUp: GivenUp): FailureRecord {
  const { source, consumer, records, piece, condition, functionError, nowMs } = givenUp;
  const first = records[piece.from];
  const last = records[piece.to - 1];
  if (first === undefined || last === undefined) throw new RangeError('no records to give up');
  const [, , , region = '', account = ''] = source.eventSourceARN.split(':');
  return {
    version: '1.0',
    timestamp: formatInstant(nowMs),
    requestContext: {
      requestId: `${consumer}/${source.shardId}/${first.sequenceNumber}-${last.sequenceNumber}`,
      functionArn: `arn:aws:lambda:${region}:${account}:function:${consumer}`,
      condition,
      approximateInvokeCount: Math.max(1, piece.invocations),
    },
    ...(condition === 'RetryAttemptsExhausted' && {
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError },
    }),
    KinesisBatchInfo: {
      shardId: source.shardId,
      startSequenceNumber: first.sequenceNumber,
      endSequenceNumber: last.sequenceNumber,
      approximateArrivalOfFirstRecord: formatInstant(first.arrivedAtMs),
      approximateArrivalOfLastRecord: formatInstant(last.arrivedAtMs),
      batchSize: piece.to - piece.from,
      streamArn: source.eventSourceARN,
    },
    payload: toKinesisEvent(source, records, piece.from, piece.to),
  };
}
