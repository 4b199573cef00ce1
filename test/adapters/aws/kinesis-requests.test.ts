import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { describe, expect, test } from '@jest/globals';
import { createKinesisEventLog } from '../../../lib/adapters/aws/kinesis-event-log.ts';
import { createKinesisLogHistory } from '../../../lib/adapters/aws/kinesis-log-history.ts';
import { LogError } from '../../../lib/ports/log-reader.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';
import { lostAnswer, scriptedAws, serviceError, type Answer, type Asked } from './support/scripted-aws.ts';

/** Each call of the log as Kinesis gets it, written out; and each answer as the log tells it. */

const StreamName = 'adtally-dev-increments.7';
const throttled = serviceError('ProvisionedThroughputExceededException', 400);
const taken = (number: number) => ({ ShardId: 'shard-0', SequenceNumber: String(number) });
const throttledEntry = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' };

function logWorld({ callMs = 0 }: { readonly callMs?: number } = {}) {
  const aws = scriptedAws<KinesisClient>();
  let nowMs = 0;
  const slept: number[] = [];
  const clock = {
    monotonicMs: () => nowMs,
    sleep: (durationMs: number) => {
      slept.push(durationMs);
      nowMs += durationMs;
      return Promise.resolve();
    },
  };
  const log = createKinesisEventLog({ ...aws, clock, stream: 'increments', streamName: StreamName });
  const sentKeys = (): string[][] =>
    aws.asked.map(([, input]) =>
      (input as { Records: { PartitionKey: string }[] }).Records.map(({ PartitionKey: key }) => key),
    );
  /** Each call takes `callMs`. */
  const answerBy = (choose: (keys: readonly string[], index: number) => Answer): void => {
    aws.answerBy(([, input], index) => {
      nowMs += callMs;
      return choose(
        (input as { Records: { PartitionKey: string }[] }).Records.map(({ PartitionKey: key }) => key),
        index,
      );
    });
  };
  return { aws, log, slept, sentKeys, answerBy };
}

const entry = (partitionKey: string, bytes = 1) => ({ partitionKey, data: new Uint8Array(bytes) });
const takeAll = (keys: readonly string[]): Answer => ({ Records: keys.map((_key, index) => taken(index)) });

describe('an append', () => {
  test('asks for its records in order, and tells each its place', async () => {
    const { aws, log, answerBy } = logWorld();
    answerBy(takeAll);
    expect(await log.append([entry('a', 2), entry('b')])).toEqual([
      { status: 'appended', shardId: 'shard-0', sequenceNumber: '0' },
      { status: 'appended', shardId: 'shard-0', sequenceNumber: '1' },
    ]);
    const Records = [
      { PartitionKey: 'a', Data: new Uint8Array(2) },
      { PartitionKey: 'b', Data: new Uint8Array(1) },
    ];
    expect(aws.asked).toEqual([['PutRecords', { StreamName, Records }]]);
    expect([log.epoch, log.stream]).toEqual(['7', 'increments']);
  });

  test('of nothing asks for nothing', async () => {
    const { aws, log } = logWorld();
    expect(await log.append([])).toEqual([]);
    expect(aws.asked).toEqual([]);
  });

  test('sends only what was throttled again, after longer and longer pauses, three times in all', async () => {
    const { log, slept, sentKeys, answerBy } = logWorld();
    answerBy((keys, index) => ({
      Records: keys.map((key) => {
        if (key === 'b') return { ErrorCode: 'InternalFailure' };
        if (key === 'd') return throttledEntry;
        return key === 'c' && index === 0 ? throttledEntry : taken(index);
      }),
    }));
    expect(await log.append(['a', 'b', 'c', 'd'].map((key) => entry(key)))).toEqual([
      { status: 'appended', shardId: 'shard-0', sequenceNumber: '0' },
      { status: 'unknown', reason: 'InternalFailure' },
      { status: 'appended', shardId: 'shard-0', sequenceNumber: '1' },
      { status: 'refused', reason: 'ProvisionedThroughputExceededException' },
    ]);
    expect(sentKeys()).toEqual([['a', 'b', 'c', 'd'], ['c', 'd'], ['d']]);
    expect(slept).toEqual([100, 200]);
  });

  test.each<[string, Answer, string, number]>([
    ['throttling', throttled, 'refused', 3],
    ['no connection', Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'refused', 3],
    ['a refusal', serviceError('ResourceNotFoundException', 400), 'refused', 1],
    ['a lost answer', lostAnswer, 'unknown', 1],
    ['a 500', serviceError('InternalFailureException', 500), 'unknown', 1],
    ['a record too few', { Records: [taken(1)] }, 'unknown', 1],
    ['a record too many', { Records: [taken(1), taken(2), taken(3)] }, 'unknown', 1],
    ['no records', {}, 'unknown', 1],
    ['no shards', { Records: [{ SequenceNumber: '1' }, { SequenceNumber: '2' }] }, 'unknown', 1],
    ['no numbers', { Records: [{ ShardId: 's' }, { ShardId: 's' }] }, 'unknown', 1],
  ])('that gets %s', async (_name, answer, status, sendings) => {
    const { aws, log } = logWorld();
    aws.answer(answer);
    expect((await log.append([entry('a'), entry('b')])).map((one) => one.status)).toEqual([status, status]);
    expect(aws.asked).toHaveLength(sendings);
  });

  // The pause after the first sending is 100 ms; all of it has 5,000.
  test.each([
    [4899, 2],
    [4900, 1],
    [4901, 1],
  ])('whose first sending took %i ms is sent %i times', async (callMs, sendings) => {
    const { aws, log, answerBy } = logWorld({ callMs });
    answerBy(() => throttled);
    await log.append([entry('a')]);
    expect(aws.asked).toHaveLength(sendings);
  });

  test.each([
    [4999, 'appended', 2],
    [5000, 'refused', 1],
  ])('whose first part took %i ms: the second is %s', async (callMs, status, sendings) => {
    const { aws, log, answerBy } = logWorld({ callMs });
    answerBy(takeAll);
    const results = await log.append(Array.from({ length: 6 }, (_, index) => entry(String(index), 999_999)));
    expect(results.map((one) => one.status)).toEqual([...Array<string>(5).fill('appended'), status]);
    expect(aws.asked).toHaveLength(sendings);
  });

  test.each([
    [
      'of twice as many bytes is twice as many calls',
      Array.from({ length: 12 }, () => entry('k', 999_999)),
      [5, 5, 2],
    ],
    ['of 500 records is one call', Array.from({ length: 500 }, () => entry('k')), [500]],
    [
      'of 5,000,000 bytes with their keys is one call',
      Array.from({ length: 5 }, () => entry('ü', 999_998)),
      [5],
    ],
    [
      'of a byte more is two',
      [...Array.from({ length: 4 }, () => entry('ü', 999_998)), entry('ü', 999_999)],
      [4, 1],
    ],
  ])('%s', async (_name, entries, calls) => {
    const { log, sentKeys, answerBy } = logWorld();
    answerBy(takeAll);
    const results = await log.append(entries);
    expect(sentKeys().map(({ length }) => length)).toEqual(calls);
    expect(results.every(({ status }) => status === 'appended')).toBe(true);
  });

  test.each(['adtally-dev-increments', 'increments.', 'increments.A', 'increments.12345678901234567'])(
    'has an epoch in its name: not %s',
    (streamName) => {
      const aws = scriptedAws<KinesisClient>();
      expect(() => createKinesisEventLog({ ...aws, stream: 'increments', streamName })).toThrow(/no epoch/);
    },
  );

  test('tells where a key lies in the ring, by the first bits of its MD5', () => {
    const { log } = logWorld();
    // md5('a') = 0cc175b9..., md5('b') = 92eb5ffe...
    expect(log.hashPosition('a')).toBe(0x0cc175b9 / 2 ** 32);
    expect(log.hashPosition('b')).toBe(0x92eb5ffe / 2 ** 32);
  });
});

const recordOf = (number: number, bytes = 1) => ({
  SequenceNumber: String(number),
  PartitionKey: 'k',
  Data: new Uint8Array(bytes),
  ApproximateArrivalTimestamp: new Date(1000 + number),
});
const numbersOf = (records: readonly { readonly sequenceNumber: string }[]): string[] =>
  records.map(({ sequenceNumber }) => sequenceNumber);

describe('the history of a stream', () => {
  function world() {
    const aws = scriptedAws<KinesisClient>();
    const log = { stream: 'increments', epoch: '7' } as const;
    return { aws, history: createKinesisLogHistory({ ...aws, log, streamName: StreamName }) };
  }
  const limits = { recordsMax: 10, bytesMax: 100 };

  test('lists its shards from page to page, with their parents', async () => {
    const { aws, history } = world();
    const range = { StartingSequenceNumber: '1' };
    aws.answer(
      {
        Shards: [{ ShardId: 'a', SequenceNumberRange: { ...range, EndingSequenceNumber: '9' } }],
        NextToken: 't',
      },
      {
        Shards: [
          { ShardId: 'b', ParentShardId: 'a', SequenceNumberRange: range },
          { ShardId: 'c', ParentShardId: 'a', AdjacentParentShardId: 'x', SequenceNumberRange: range },
        ],
      },
    );
    expect(await history.shards()).toEqual([
      { shardId: 'a', parentShardIds: [], closed: true },
      { shardId: 'b', parentShardIds: ['a'], closed: false },
      { shardId: 'c', parentShardIds: ['a', 'x'], closed: false },
    ]);
    expect(aws.asked).toEqual([
      ['ListShards', { StreamName }],
      ['ListShards', { NextToken: 't' }],
    ]);
    aws.answer({ NextToken: 't' });
    await expect(history.shards()).rejects.toThrow('more than 100 pages of shards');
    expect(aws.asked).toHaveLength(100);
  });

  test('is read from its beginning, and goes on where it was', async () => {
    const { aws, history } = world();
    aws.answer(
      { ShardIterator: 'i0' },
      { Records: [recordOf(1, 3), recordOf(2)], NextShardIterator: 'i1' },
      { Records: [recordOf(3)], NextShardIterator: 'i2' },
      { ShardIterator: 'j0' },
      { Records: [recordOf(2)], NextShardIterator: 'j1' },
    );
    expect(await history.read('s', undefined, limits)).toEqual([
      { sequenceNumber: '1', partitionKey: 'k', data: new Uint8Array(3), arrivedAtMs: 1001 },
      { sequenceNumber: '2', partitionKey: 'k', data: new Uint8Array(1), arrivedAtMs: 1002 },
    ]);
    expect(numbersOf(await history.read('s', '2', limits))).toEqual(['3']);
    // Another place than where it was.
    expect(numbersOf(await history.read('s', '1', limits))).toEqual(['2']);
    const read = (ShardIterator: string): Asked => ['GetRecords', { ShardIterator, Limit: 10 }];
    const place = { StreamName, ShardId: 's' };
    expect(aws.asked).toEqual([
      ['GetShardIterator', { ...place, ShardIteratorType: 'TRIM_HORIZON' }],
      read('i0'),
      read('i1'),
      [
        'GetShardIterator',
        { ...place, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '1' },
      ],
      read('j0'),
    ]);
  });

  test.each([
    [
      [50, 50, 1],
      ['1', '2'],
    ],
    [
      [50, 50],
      ['1', '2'],
    ],
    [[101, 1], ['1']],
    [[101], ['1']],
    [[1, 100], ['1']],
  ])('of records of %j bytes gives %j at most, and the rest next', async (sizes, numbers) => {
    const { aws, history } = world();
    const Records = sizes.map((bytes, index) => recordOf(index + 1, bytes));
    aws.answer(
      { ShardIterator: 'i0' },
      { Records, NextShardIterator: 'i1' },
      { ShardIterator: 'j0' },
      { Records: [] },
    );
    expect(numbersOf(await history.read('s', undefined, limits))).toEqual(numbers);
    aws.answer({ ShardIterator: 'j0' }, { Records: [recordOf(9)] });
    await history.read('s', numbers.at(-1), limits);
    const isWhole = numbers.length === sizes.length;
    // After a part, Kinesis' own next iterator would leave records out.
    expect(aws.asked[0]?.[0]).toBe(isWhole ? 'GetRecords' : 'GetShardIterator');
  });

  test('asks for at most 10,000 records', async () => {
    const { aws, history } = world();
    aws.answer({ ShardIterator: 'i' }, { Records: [recordOf(1)] });
    await history.read('s', undefined, { recordsMax: 10_001, bytesMax: 1 });
    expect(aws.asked[1]).toEqual(['GetRecords', { ShardIterator: 'i', Limit: 10_000 }]);
  });

  test('goes past empty answers until it is at the end', async () => {
    const { aws, history } = world();
    const empty = (NextShardIterator: string, MillisBehindLatest: number) => ({
      ...{ Records: [], NextShardIterator, MillisBehindLatest },
    });
    aws.answer({ ShardIterator: 'i0' }, empty('i1', 9), empty('i2', 1), { Records: [recordOf(7)] });
    expect(numbersOf(await history.read('s', undefined, limits))).toEqual(['7']);
    aws.answer({ ShardIterator: 'i0' }, empty('i1', 9), empty('i2', 0), { Records: [recordOf(7)] });
    expect(await history.read('t', undefined, limits)).toEqual([]);
    expect(aws.asked).toHaveLength(3);
    // A closed shard ends without an iterator.
    aws.answer({ ShardIterator: 'i0' }, { Records: [] });
    expect(await history.read('u', undefined, limits)).toEqual([]);
    aws.answerBy((_call, index) => (index === 0 ? { ShardIterator: 'i' } : empty('i', 9)));
    expect(await history.read('v', undefined, limits)).toEqual([]);
    expect(aws.asked).toHaveLength(1001);
  });

  test('finds its place again when an iterator has expired', async () => {
    const { aws, history } = world();
    aws.answer(
      { ShardIterator: 'i0' },
      serviceError('ExpiredIteratorException', 400),
      { ShardIterator: 'j0' },
      { Records: [recordOf(6)] },
    );
    expect(numbersOf(await history.read('s', '5', limits))).toEqual(['6']);
    expect(aws.asked.map(([operation]) => operation)).toEqual([
      'GetShardIterator',
      'GetRecords',
      'GetShardIterator',
      'GetRecords',
    ]);
    expect(aws.asked[2]?.[1]).toMatchObject({ StartingSequenceNumber: '5' });
  });

  test('waits while it is throttled, a minute at most, and is told of all else', async () => {
    const { aws, history } = world();
    // Each round is three attempts with pauses of 100 and 200 ms.
    aws.answerBy((_call, index) => (index < 59 * 3 ? throttled : { Shards: [] }));
    expect(await history.shards()).toEqual([]);
    expect(aws.clock.monotonicMs()).toBe(59 * (1000 + 300));
    aws.answer(throttled);
    await expect(history.shards()).rejects.toThrow(LogError);
    expect(aws.asked).toHaveLength(60 * 3);
    aws.answer(serviceError('ResourceNotFoundException', 400));
    await expect(history.read('s', undefined, limits)).rejects.toThrow(LogError);
    expect(aws.asked).toHaveLength(1);
  });

  const hourMs = 3_600_000;
  // Retention of 24 h, less an hour.
  test.each([
    [23 * hourMs - 1, true],
    [23 * hourMs, false],
    [23 * hourMs + 1, false],
  ])('since %i ms is whole: %s', async (ageMs, whole) => {
    const { aws, history } = world();
    const sinceMs = virtualStartMs - ageMs;
    const summary = (createdMs: number) => ({
      StreamDescriptionSummary: {
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: new Date(createdMs),
      },
    });
    aws.answer(summary(0));
    expect(await history.isWhole('s', { sequenceNumber: '1', atMs: sinceMs })).toBe(whole);
    expect(aws.asked).toEqual([['DescribeStreamSummary', { StreamName }]]);
    aws.answer(summary(sinceMs));
    expect(await history.isWhole('s', undefined)).toBe(whole);
    aws.answer({});
    expect(await history.isWhole('s', undefined)).toBe(false);
    expect(await history.isWhole('s', { sequenceNumber: '1', atMs: virtualStartMs })).toBe(false);
  });
});
