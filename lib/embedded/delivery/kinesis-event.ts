import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { LogRecord } from '../../ports/log-reader.ts';
import { base64Of } from './base64.ts';

/** The fields that all records of one shard's events share. */
export interface EventSource {
  readonly shardId: string;
  readonly eventSourceARN: string;
  readonly awsRegion: string;
  readonly invokeIdentityArn: string;
}

export function eventSource(streamArn: string, shardId: string, consumer: string): EventSource {
  const [, , , region = '', account = ''] = streamArn.split(':');
  return {
    shardId,
    eventSourceARN: streamArn,
    awsRegion: region,
    invokeIdentityArn: `arn:aws:iam::${account}:role/${consumer}`,
  };
}

/** A new event for the records `from` .. `to` - 1: the function may keep or change it. */
export function toKinesisEvent(
  source: EventSource,
  records: readonly LogRecord[],
  from = 0,
  to = records.length,
): KinesisStreamEvent {
  const texts = base64Of(records, from, to);
  const events: KinesisStreamRecord[] = [];
  for (let i = from; i < to; i += 1) {
    const record = records[i];
    if (record !== undefined) events.push(toKinesisRecord(source, record, texts[i - from] ?? ''));
  }
  return { Records: events };
}

function toKinesisRecord(
  source: EventSource,
  record: Omit<LogRecord, 'data'>,
  data: string,
): KinesisStreamRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data,
      approximateArrivalTimestamp: record.arrivedAtMs / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${source.shardId}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: source.invokeIdentityArn,
    awsRegion: source.awsRegion,
    eventSourceARN: source.eventSourceARN,
  };
}

/** Bytes of a record in the JSON of its event, without the fields that differ from record to record. */
export function recordOverheadBytes(source: EventSource): number {
  const empty = {
    sequenceNumber: '',
    partitionKey: '',
    data: new Uint8Array(),
    arrivedAtMs: 1_700_000_000_001,
  };
  const comma = 1;
  return Buffer.byteLength(JSON.stringify(toKinesisRecord(source, empty, ''))) + comma;
}

/** Bytes of `record` in the JSON of its event, which Lambda's limit counts. */
export function recordPayloadBytes(record: LogRecord, overheadBytes: number): number {
  const base64Bytes = 4 * Math.ceil(record.data.byteLength / 3);
  // The event holds the sequence number twice: also in eventID.
  return overheadBytes + base64Bytes + 2 * record.sequenceNumber.length + jsonTextBytes(record.partitionKey);
}

/** UTF-8 bytes of `text` inside a JSON string, quotes not counted. */
export function jsonTextBytes(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 2 : surrogateOrThree(text, i, unit);
    else if (unit === 0x22 || unit === 0x5c) bytes += 2;
    else if (unit >= 0x20) bytes += 1;
    else bytes += unit >= 0x08 && unit <= 0x0d && unit !== 0x0b ? 2 : 6;
  }
  return bytes;
}

/** A surrogate in its pair is half of four bytes; a lone one is escaped, in six. */
function surrogateOrThree(text: string, index: number, unit: number): number {
  if (unit < 0xd800 || unit > 0xdfff) return 3;
  const partner = text.charCodeAt(unit < 0xdc00 ? index + 1 : index - 1);
  const paired =
    unit < 0xdc00 ? partner >= 0xdc00 && partner <= 0xdfff : partner >= 0xd800 && partner <= 0xdbff;
  return paired ? 2 : 6;
}
