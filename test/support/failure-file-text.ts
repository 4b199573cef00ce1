import { toFailureRecord } from '../../lib/embedded/delivery/failure-record.ts';
import { eventSource } from '../../lib/embedded/delivery/kinesis-event.ts';
import { wholeBatch } from '../../lib/embedded/delivery/piece.ts';
import type { StreamName } from '../../lib/core/streams.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';

/** What Lambda writes to the failure destination about records that a mapping gave up on. */
export function failureFileText(
  records: readonly LogRecord[],
  shardId: string,
  stream: StreamName = 'increments',
): string {
  const arn = `arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-${stream}.1`;
  return JSON.stringify(
    toFailureRecord({
      source: eventSource(arn, shardId, 'aggregate-increments'),
      consumer: 'aggregate-increments',
      records,
      piece: { ...wholeBatch(records.length), invocations: 1 },
      condition: 'RecordAgeExceeded',
      functionError: null,
      nowMs: 1,
    }),
  );
}
