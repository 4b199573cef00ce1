import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AppendResult, EventLog, LogEntry } from '../../../lib/ports/event-log.ts';
import { impatience, kinesisAt } from '../support/faulty-adapters.ts';
import {
  awsError,
  startMisbehavingServer,
  type Behaviour,
  type MisbehavingServer,
} from '../support/misbehaving-server.ts';

/** With time-outs of 500 ms. */
const appendMsMax = 2500;

const entry = (partitionKey: string, bytes = 1): LogEntry => ({ partitionKey, data: new Uint8Array(bytes) });
const entries = ['a', 'b', 'c'].map((key) => entry(key));

const appended = (number: number): object => ({
  SequenceNumber: String(number),
  ShardId: 'shardId-000000000000',
});
const throttledEntry = { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'slow down' };
const failedEntry = { ErrorCode: 'InternalFailure', ErrorMessage: 'Internal service failure.' };

/** PutRecords' answer to the entries of a request, by their partition keys. */
function answerWith(toRecord: (key: string, index: number) => object): (body: string) => Behaviour {
  return (body) => {
    const { Records: records } = JSON.parse(body) as { Records: { PartitionKey: string }[] };
    return {
      type: 'answer',
      status: 200,
      body: { Records: records.map(({ PartitionKey: key }, index) => toRecord(key, index)) },
    };
  };
}
const takeAll = answerWith((_, index) => appended(index));

describe('Kinesis misbehaving', () => {
  let server: MisbehavingServer;
  let log: EventLog;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    log = kinesisAt(server.endpoint);
  });
  afterAll(async () => server.close());

  async function append(): Promise<{ statuses: readonly AppendResult['status'][]; tookMs: number }> {
    const startedMs = performance.now();
    const results = await log.append(entries);
    return { statuses: results.map(({ status }) => status), tookMs: performance.now() - startedMs };
  }

  const whole = { Records: entries.map((_, index) => appended(index)) };
  test.each<[string, Behaviour]>([
    ['never answers', { type: 'hang' }],
    ['resets the connection', { type: 'reset' }],
    ['resets half-way through its answer', { type: 'cut', body: whole }],
    ['stalls half-way through its answer', { type: 'stall', body: whole }],
    ['says InternalFailure', awsError(500, 'InternalFailureException')],
    ['says it is unavailable', awsError(503, 'ServiceUnavailable')],
    ['says the request came too slowly', awsError(408, 'RequestTimeoutException')],
    ['answers with no JSON', { type: 'answer', status: 200, body: '<html>' }],
    ['answers 500 with no JSON', { type: 'answer', status: 500, body: '<html>' }],
    ['answers with nothing', { type: 'answer', status: 200, body: {} }],
    [
      'leaves a record out of its answer',
      { type: 'answer', status: 200, body: { Records: whole.Records.slice(1) } },
    ],
    ['gives no sequence numbers', { type: 'answer', status: 200, body: { Records: [{}, {}, {}] } }],
  ])('that %s leaves the outcome unknown, and nothing is sent twice', async (_, behaviour) => {
    server.behave(() => behaviour);
    const { statuses, tookMs } = await append();
    expect(statuses).toEqual(['unknown', 'unknown', 'unknown']);
    expect(server.received).toHaveLength(1);
    expect(tookMs).toBeLessThan(appendMsMax);
  });

  test('an answer that trickles in for ever ends at the deadline, unknown', async () => {
    server.behave(() => ({ type: 'trickle' }));
    const { statuses, tookMs } = await append();
    expect(statuses).toEqual(['unknown', 'unknown', 'unknown']);
    expect(tookMs).toBeLessThan(6000);
  });

  test.each([
    ['ResourceNotFoundException', 400],
    ['AccessDeniedException', 400],
    ['InvalidArgumentException', 400],
    ['KMSDisabledException', 400],
    ['ExpiredTokenException', 403],
    ['RequestEntityTooLarge', 413],
  ])('that says %s has refused for certain, and is not asked again', async (name, status) => {
    server.behave(() => awsError(status, name));
    const results = await log.append(entries);
    expect(results).toEqual(entries.map(() => ({ status: 'refused', reason: `${name} ${status}` })));
    expect(server.received).toHaveLength(1);
  });

  test.each(['ProvisionedThroughputExceededException', 'LimitExceededException', 'KMSThrottlingException'])(
    'that throttles by %s is asked three times, then the append is refused',
    async (name) => {
      server.behave(() => awsError(400, name));
      const { statuses, tookMs } = await append();
      expect(statuses).toEqual(['refused', 'refused', 'refused']);
      expect(server.received).toHaveLength(3);
      expect(tookMs).toBeLessThan(appendMsMax);
    },
  );

  test('that throttles twice takes the append at the third sending', async () => {
    server.behave(({ body }, index) =>
      index < 2 ? awsError(400, 'ProvisionedThroughputExceededException') : takeAll(body),
    );
    expect((await append()).statuses).toEqual(['appended', 'appended', 'appended']);
    expect(server.received).toHaveLength(3);
  });

  test('of a partial failure only throttled entries are sent again', async () => {
    server.behave(({ body }, sending) =>
      answerWith((key, index) => {
        if (key === 'b') return failedEntry;
        return key === 'c' && sending < 2 ? throttledEntry : appended(10 * sending + index);
      })(body),
    );
    const results = await log.append(entries);
    expect(results).toEqual([
      { status: 'appended', shardId: 'shardId-000000000000', sequenceNumber: '0' },
      { status: 'unknown', reason: 'InternalFailure' },
      { status: 'appended', shardId: 'shardId-000000000000', sequenceNumber: '20' },
    ]);
    expect(server.received.map(({ body }) => keysOf(body))).toEqual([['a', 'b', 'c'], ['c'], ['c']]);
  });

  test('an entry whose second sending is lost is unknown, though its first was refused', async () => {
    server.behave(({ body }, sending) =>
      sending === 0
        ? answerWith((key) => (key === 'b' ? throttledEntry : appended(1)))(body)
        : { type: 'reset' },
    );
    expect((await append()).statuses).toEqual(['appended', 'unknown', 'appended']);
    expect(server.received).toHaveLength(2);
  });

  test('nothing listening: refused, for nothing was sent', async () => {
    const gone = await startMisbehavingServer();
    await gone.close();
    const results = await kinesisAt(gone.endpoint).append(entries);
    expect(results).toEqual(entries.map(() => ({ status: 'refused', reason: 'Error ECONNREFUSED' })));
  });

  test('an append over 5 MB goes out in calls of less, each with its own outcome', async () => {
    const patient = kinesisAt(server.endpoint, 'increments', { ...impatience, requestTimeoutMs: 5000 });
    const large = Array.from({ length: 12 }, (_, index) => entry(`key ${index}`, 1_000_000));
    server.behave(({ body }, index) => (index === 1 ? { type: 'reset' } : takeAll(body)));
    const results = await patient.append(large);
    expect(server.received.map(({ body }) => keysOf(body).length)).toEqual([4, 4, 4]);
    expect(results.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 4 }, () => 'appended'),
      ...Array.from({ length: 4 }, () => 'unknown'),
      ...Array.from({ length: 4 }, () => 'appended'),
    ]);
  });

  test.each([
    ['used again within its idle time', 10_000, 1],
    ['not used again after it', -1, 2],
  ])('an idle connection is %s', async (_, idleMaxMs, connections) => {
    server.behave(({ body }) => takeAll(body));
    const before = server.connections;
    const patient = kinesisAt(server.endpoint, 'increments', { ...impatience, idleMaxMs });
    await patient.append(entries);
    await patient.append(entries);
    expect(server.connections - before).toBe(connections);
  });
});

function keysOf(body: string): readonly string[] {
  const { Records: records } = JSON.parse(body) as { Records: { PartitionKey: string }[] };
  return records.map(({ PartitionKey: key }) => key);
}
