import { describe, expect, it } from '@jest/globals';
import { toBatchResponse, toRecordBatch } from '../../lib/app/kinesis-event.ts';

const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-increments.1';
const shardId = 'shardId-000000000003';

function envelope(
  sequenceNumber: string,
  change: Record<string, unknown> = {},
  kinesis: Record<string, unknown> = {},
) {
  return {
    eventID: `${shardId}:${sequenceNumber}`,
    eventVersion: '1.0',
    eventSource: 'aws:kinesis',
    eventName: 'aws:kinesis:record',
    eventSourceARN: arn,
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'ad-1',
      sequenceNumber,
      data: Buffer.from([0, 255, 128, 7]).toString('base64'),
      approximateArrivalTimestamp: 1_767_225_600.125,
      ...kinesis,
    },
    ...change,
  };
}

describe('a Kinesis event', () => {
  it('becomes the batch it carries', () => {
    const { records, ...rest } = toRecordBatch({ Records: [envelope('9'), envelope('10')] });
    expect(rest).toStrictEqual({ stream: 'increments', epoch: '1', shardId });
    expect(
      records.map(({ sequenceNumber, partitionKey, arrivedAtMs }) => ({
        sequenceNumber,
        partitionKey,
        arrivedAtMs,
      })),
    ).toStrictEqual([
      { sequenceNumber: '9', partitionKey: 'ad-1', arrivedAtMs: 1_767_225_600_125 },
      { sequenceNumber: '10', partitionKey: 'ad-1', arrivedAtMs: 1_767_225_600_125 },
    ]);
    expect(records.map(({ data }) => [...data])).toStrictEqual([
      [0, 255, 128, 7],
      [0, 255, 128, 7],
    ]);
  });

  it('names its stream and epoch in the ARN', () => {
    const of = (name: string) => {
      const { stream, epoch } = toRecordBatch({
        Records: [envelope('1', { eventSourceARN: arn.replace(/\/.*/, `/${name}`) })],
      });
      return [stream, epoch];
    };
    expect(of('adtally-prod-ad-events.12b')).toStrictEqual(['ad-events', '12b']);
    expect(of('increments.2')).toStrictEqual(['increments', '2']);
    expect(of('adtally-dev.1-increments.3')).toStrictEqual(['increments', '3']);
  });

  it('keeps a number as it came, leading zeros too, so that the answer names it byte for byte', () => {
    const { records } = toRecordBatch({ Records: [envelope('000000017952526896440000000002')] });
    expect(records[0]?.sequenceNumber).toBe('000000017952526896440000000002');
  });

  it.each([undefined, null])('may have a record without a partition key: %s', (partitionKey) => {
    const { records } = toRecordBatch({ Records: [envelope('1', {}, { partitionKey }), envelope('2')] });
    expect(records.map((record) => record.partitionKey)).toEqual(['', 'ad-1']);
  });

  it('has up to 10,000 records', () => {
    const Records = Array.from({ length: 10_000 }, (_, i) => envelope(String(i)));
    expect(toRecordBatch({ Records }).records).toHaveLength(10_000);
  });

  it('tells arrivals apart by the millisecond', () => {
    const at = [1_767_225_600, 1_767_225_600.001, 1_767_225_600.4995, 1_767_225_600.999];
    const Records = at.map((approximateArrivalTimestamp, i) =>
      envelope(String(i), {}, { approximateArrivalTimestamp }),
    );
    expect(
      toRecordBatch({ Records }).records.map(({ arrivedAtMs }) => arrivedAtMs - 1_767_225_600_000),
    ).toEqual([0, 1, 500, 999]);
  });

  const wrong: readonly (readonly [string, unknown])[] = [
    ['nothing', undefined],
    ['another event', { detail: {} }],
    ['no records', { Records: [] }],
    ['too many records', { Records: Array.from({ length: 10_001 }, (_, i) => envelope(String(i))) }],
    [
      'a stream that is not ours',
      { Records: [envelope('1', { eventSourceARN: arn.replace('increments', 'clicks') })] },
    ],
    ['a stream without an epoch', { Records: [envelope('1', { eventSourceARN: arn.replace('.1', '') })] }],
    ['an epoch in capitals', { Records: [envelope('1', { eventSourceARN: arn.replace('.1', '.A') })] }],
    ['two streams', { Records: [envelope('1'), envelope('2', { eventSourceARN: `${arn}x` })] }],
    ['two shards', { Records: [envelope('1'), envelope('2', { eventID: 'shardId-000000000004:2' })] }],
    [
      'two shards whose ids begin alike',
      { Records: [envelope('1'), envelope('2', { eventID: `${shardId}0:2` })] },
    ],
    ['an id without a shard', { Records: [envelope('1', { eventID: ':1' })] }],
    ['an id without a number', { Records: [envelope('1', { eventID: `${shardId}:x` })] }],
    ['data that is not text', { Records: [envelope('1', {}, { data: 5 })] }],
    ['a partition key that is a number', { Records: [envelope('1', {}, { partitionKey: 5 })] }],
    ['no arrival time', { Records: [envelope('1', {}, { approximateArrivalTimestamp: undefined })] }],
  ];

  it.each(wrong)('that is wrong is refused whole: %s', (_name, event) => {
    expect(() => toRecordBatch(event)).toThrow(expect.objectContaining({ name: 'AssertionError' }));
  });
});

describe('the answer to the mapping', () => {
  it('is empty when all is settled', () => {
    expect(toBatchResponse({ lowestUnsettled: undefined })).toStrictEqual({ batchItemFailures: [] });
  });

  it('names the lowest unsettled record', () => {
    expect(toBatchResponse({ lowestUnsettled: '0012' })).toStrictEqual({
      batchItemFailures: [{ itemIdentifier: '0012' }],
    });
  });
});
