import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { createHttpWorld, type HttpWorld, type Reply } from '../../support/http-world.ts';
import { dynamodbAt, kinesisAt } from '../support/faulty-adapters.ts';
import {
  awsError,
  startMisbehavingServer,
  type Behaviour,
  type MisbehavingServer,
} from '../support/misbehaving-server.ts';

/**
 * With time-outs of 500 ms, a sixth of the functions', of which the slowest answer takes some; 28 s is their
 * limit.
 */
const answerMsMax = 8000;

const failing: readonly [string, Behaviour][] = [
  ['hangs', { type: 'hang' }],
  ['resets', { type: 'reset' }],
  ['cuts its answer short', { type: 'cut', body: { Records: [] } }],
  ['stalls in its answer', { type: 'stall', body: { Records: [] } }],
  ['fails', awsError(500, 'InternalFailureException')],
  ['is unavailable', awsError(503, 'ServiceUnavailable')],
  ['throttles', awsError(400, 'ProvisionedThroughputExceededException')],
  ['throttles every entry', entries({ ErrorCode: 'ProvisionedThroughputExceededException' })],
  ['fails for every entry', entries({ ErrorCode: 'InternalFailure' })],
  ['is gone', awsError(400, 'ResourceNotFoundException')],
  ['denies access', awsError(400, 'AccessDeniedException')],
];

function entries(record: object): Behaviour {
  return { type: 'answer', status: 200, body: { FailedRecordCount: 1, Records: [record] } };
}
const taken = entries({
  SequenceNumber: '49540000000000000000000000000000000000000000000000000001',
  ShardId: 'shardId-000000000000',
});

const ad = {
  title: 'A title',
  content: 'Content',
  start_at: '2020-01-01T00:00:00.000Z',
  end_at: '2090-01-01T00:00:00.000Z',
};
const writes: readonly [string, (world: HttpWorld, headers?: Record<string, string>) => Promise<Reply>][] = [
  ['POST /increment', async (world, headers) => world.post('/increment', { key: 'k', value: 1 }, headers)],
  [
    'POST /api/v1/increments',
    async (world, headers) =>
      world.post('/api/v1/increments', { increments: [{ key: 'k', value: 1 }] }, headers),
  ],
  ['POST /api/v1/ad', async (world, headers) => world.post('/api/v1/ad', ad, headers)],
];
const cases = failing.flatMap(([how, behaviour]) =>
  writes.map(([what, write]) => ({ how, behaviour, what, write })),
);

/** A reader without a catalog goes on for 20 s while it is throttled; its function would be ended after 28 s. */
const coldMsMax = 24_000;

function expectUnavailable(reply: Reply, startedMs: number, msMax = answerMsMax): void {
  expect(reply.status).toBe(503);
  expect(Number(reply.headers['Retry-After'])).toBeGreaterThan(0);
  expect(performance.now() - startedMs).toBeLessThan(msMax);
}

describe('HTTP while Kinesis misbehaves', () => {
  let server: MisbehavingServer;
  let world: HttpWorld;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    world = createHttpWorld({
      clock: systemClock,
      increments: kinesisAt(server.endpoint, 'increments'),
      adEvents: kinesisAt(server.endpoint, 'ad-events'),
    });
  });
  afterAll(async () => server.close());

  test.each(cases)(
    'a log that $how: $what is 503 with Retry-After, in time',
    async ({ behaviour, write }) => {
      server.behave(() => behaviour);
      const startedMs = performance.now();
      expectUnavailable(await write(world), startedMs);
      expect(server.received.length).toBeGreaterThan(0);
    },
  );

  test.each(cases)(
    'a log that $how: a keyed $what is 503 too, and 202 once it is well',
    async ({ behaviour, write, what, how }) => {
      const keyed = { 'idempotency-key': `${how} ${what}`.replaceAll(' ', '_') };
      server.behave(() => behaviour);
      const startedMs = performance.now();
      expectUnavailable(await write(world, keyed), startedMs);
      const before = eventIds(server);
      server.behave(() => taken);
      expect((await write(world, keyed)).status).toBe(202);
      // The same event each time: whichever was written, it takes effect once.
      expect(new Set([...before, ...eventIds(server)]).size).toBe(1);
    },
  );

  test('a batch of which the log took some is 207 and names the others', async () => {
    const body = { increments: ['a', 'b', 'c'].map((key) => ({ key, value: 1 })) };
    server.behave(({ body: sent }) => ({
      type: 'answer',
      status: 200,
      body: {
        Records: keysOf(sent).map((key, index) =>
          key === 'b'
            ? { ErrorCode: 'InternalFailure' }
            : { SequenceNumber: String(index + 1), ShardId: 'shardId-000000000000' },
        ),
      },
    }));
    const reply = await world.post('/api/v1/increments', body);
    expect(reply.status).toBe(207);
    expect(reply.json).toEqual({ accepted: 2, failed: [{ index: 1, ambiguous: true }] });
    expect(server.received).toHaveLength(1);
  });
});

describe('HTTP while DynamoDB misbehaves', () => {
  let server: MisbehavingServer;
  let world: HttpWorld;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    world = createHttpWorld({ clock: systemClock, state: dynamodbAt(server.endpoint) });
  });
  afterAll(async () => server.close());

  const calls: typeof writes = [
    ...writes.map(([what, write]): (typeof writes)[number] => [
      `keyed ${what}`,
      async (to) => write(to, { 'idempotency-key': 'k' }),
    ]),
    ['POST /increment?mode=sync', async (to) => to.post('/increment?mode=sync', { key: 'k', value: 1 })],
    ['GET /increment/k', async (to) => to.get('/increment/k')],
    ['GET /api/v1/counters?key=k', async (to) => to.get('/api/v1/counters?key=k&key=l')],
    ['GET /api/v1/ad', async (to) => to.get('/api/v1/ad')],
    ['GET /api/v1/ad/{id}', async (to) => to.get('/api/v1/ad/01890000-0000-7000-8000-000000000000')],
    ['PATCH /api/v1/ad/{id}', async (to) => to.patch('/api/v1/ad/01890000-0000-7000-8000-000000000000', {})],
  ];
  const stateCases = failing
    .filter(([how]) => !how.includes('entry'))
    .flatMap(([how, behaviour]) => calls.map(([what, call]) => ({ how, behaviour, what, call })));

  test.each(stateCases)(
    'a store that $how: $what is 503 with Retry-After, in time',
    async ({ how, what, behaviour, call }) => {
      server.behave(() => behaviour);
      const before = await world.logged();
      const startedMs = performance.now();
      const isColdRead = what === 'GET /api/v1/ad' && how === 'throttles';
      expectUnavailable(await call(world), startedMs, isColdRead ? coldMsMax : answerMsMax);
      expect(await world.logged()).toBe(before);
    },
  );
});

function keysOf(body: string): readonly string[] {
  return records(body).map(({ PartitionKey: key }) => key);
}

/** The ids of all events the server was sent. */
function eventIds(server: MisbehavingServer): readonly string[] {
  return server.received.flatMap(({ body }) =>
    records(body).map(({ Data: data }) => {
      const event = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as { id: string };
      return event.id;
    }),
  );
}

function records(body: string): readonly { PartitionKey: string; Data: string }[] {
  return (JSON.parse(body) as { Records: { PartitionKey: string; Data: string }[] }).Records;
}
