import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  isStateStoreError,
  type ItemKey,
  type StateStore,
  type WriteAction,
} from '../../../lib/ports/state-store.ts';
import { dynamodbAt, impatience } from '../support/faulty-adapters.ts';
import {
  awsError,
  startMisbehavingServer,
  type Behaviour,
  type MisbehavingServer,
} from '../support/misbehaving-server.ts';

const key: ItemKey = { table: 'counters', pk: 'counter#a', sk: '' };
const other: ItemKey = { ...key, pk: 'counter#b' };
const add: WriteAction = { type: 'update', key, add: { total: 1n } };
const put: WriteAction = { type: 'put', key: other, attributes: { a: 'x' } };

const many = Array.from({ length: 100 }, (_, index) => ({ ...add, key: { ...key, pk: `c${index}` } }));

const ok = (body: object = {}): Behaviour => ({ type: 'answer', status: 200, body });
const throttled = awsError(400, 'ProvisionedThroughputExceededException');
const item = { pk: { S: 'counter#a' }, sk: { S: '-' }, total: { N: '12345678901234567890' } };

/** A cancelled transaction with these codes, one an action. */
function cancelled(...codes: readonly string[]): Behaviour {
  const CancellationReasons = codes.map((Code) => ({
    Code,
    ...(Code === 'ConditionalCheckFailed' && { Item: item }),
  }));
  return awsError(400, 'TransactionCanceledException', { CancellationReasons });
}

describe('DynamoDB misbehaving', () => {
  let server: MisbehavingServer;
  let store: StateStore;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    store = dynamodbAt(server.endpoint);
  });
  afterAll(async () => server.close());

  /** The code of the StateStoreError that the work rejects with. */
  async function codeOf(work: Promise<unknown>): Promise<string> {
    try {
      await work;
    } catch (error) {
      if (isStateStoreError(error)) return error.code;
      throw error;
    }
    return 'none';
  }

  const lost: readonly [string, Behaviour][] = [
    ['hangs', { type: 'hang' }],
    ['resets', { type: 'reset' }],
    ['cuts its answer short', { type: 'cut', body: { Attributes: item } }],
    ['stalls in its answer', { type: 'stall', body: { Attributes: item } }],
    ['fails', awsError(500, 'InternalServerError')],
    ['is unavailable', awsError(503, 'ServiceUnavailable')],
  ];

  test.each(lost)('that %s is asked for an ADD once: it may have been done', async (_, behaviour) => {
    server.behave(() => behaviour);
    expect(await codeOf(store.write(add))).toBe('state-unavailable');
    expect(server.received).toHaveLength(1);
  });

  test.each(lost)('that %s at first is asked again by a read', async (_, behaviour) => {
    server.behave((_request, index) => (index === 0 ? behaviour : ok({ Item: item })));
    expect(await store.get(key)).toEqual({ total: 12345678901234567890n });
    expect(server.received).toHaveLength(2);
  });

  test.each(lost)(
    'that %s at first is asked again by a transaction, with its token',
    async (_, behaviour) => {
      server.behave((_request, index) => (index === 0 ? behaviour : ok()));
      expect(await store.transact([add, put])).toEqual({ status: 'written' });
      const tokens = server.received.map(
        ({ body }) => (JSON.parse(body) as { ClientRequestToken: string }).ClientRequestToken,
      );
      expect(tokens).toHaveLength(2);
      expect(tokens[0]).toMatch(/^[0-9a-f]{32}$/);
      expect(tokens[1]).toBe(tokens[0]);
    },
  );

  test('two transactions have two tokens', async () => {
    server.behave(() => ok());
    await store.transact([add]);
    await store.transact([add]);
    const tokens = server.received.map(({ body }) => /"ClientRequestToken":"(\w+)"/.exec(body)?.[1]);
    expect(new Set(tokens).size).toBe(2);
  });

  test.each<[string, (store: StateStore) => Promise<unknown>]>([
    ['a read', async (to) => to.get(key)],
    ['a write', async (to) => to.write(add)],
    ['a transaction', async (to) => to.transact([add, put])],
    ['a query', async (to) => to.query({ table: 'ads', pk: 'a', limit: 1 })],
  ])('that throttles is asked three times by %s, which is then told so', async (_, work) => {
    server.behave(() => throttled);
    expect(await codeOf(work(store))).toBe('state-throttled');
    expect(server.received).toHaveLength(3);
  });

  test('that throttles twice does an ADD at the third sending', async () => {
    server.behave((_request, index) => (index < 2 ? throttled : ok({ Attributes: item })));
    expect(await store.write(add)).toEqual({ status: 'written', item: { total: 12345678901234567890n } });
  });

  test('a transaction that is lost and then throttled may have been done', async () => {
    server.behave((_request, index) => (index === 0 ? { type: 'reset' } : throttled));
    expect(await codeOf(store.transact([add, put]))).toBe('state-unavailable');
  });

  test('a transaction still in progress under its token may be done', async () => {
    server.behave(() => awsError(400, 'TransactionInProgressException'));
    expect(await codeOf(store.transact([add, put]))).toBe('state-unavailable');
  });

  test.each([
    ['state-conflict', cancelled('None', 'TransactionConflict')],
    ['state-conflict', cancelled('ConditionalCheckFailed', 'TransactionConflict')],
    ['state-throttled', cancelled('ThrottlingError', 'None')],
    ['state-throttled', cancelled('None', 'ProvisionedThroughputExceeded')],
    ['state-unavailable', cancelled('None', 'None')],
    ['state-unavailable', awsError(400, 'ResourceNotFoundException')],
    ['state-unavailable', awsError(400, 'AccessDeniedException')],
  ])('a transaction is answered %s', async (code, behaviour) => {
    server.behave(() => behaviour);
    expect(await codeOf(store.transact([add, put]))).toBe(code);
    expect(server.received).toHaveLength(1);
  });

  test('a transaction over a limit of the stored item is an error of the caller', async () => {
    server.behave(() => cancelled('None', 'ValidationError'));
    await expect(store.transact([add, put])).rejects.toThrow(RangeError);
  });

  test('a failed condition of a transaction tells which, with the item', async () => {
    server.behave(() => cancelled('None', 'ConditionalCheckFailed'));
    expect(await store.transact([add, put])).toEqual({
      status: 'condition-failed',
      failed: [{ index: 1, item: { total: 12345678901234567890n } }],
    });
  });

  test('a failed condition of a write shows the item', async () => {
    server.behave(() => awsError(400, 'ConditionalCheckFailedException', { Item: item }));
    expect(await store.write({ ...add, condition: { op: 'item-absent' } })).toEqual({
      status: 'condition-failed',
      item: { total: 12345678901234567890n },
    });
  });

  test('a write that meets a transaction on its item is told of the conflict', async () => {
    server.behave(() => awsError(400, 'TransactionConflictException'));
    expect(await codeOf(store.write(add))).toBe('state-conflict');
  });

  test('of many writes each has its own outcome', async () => {
    server.behave(({ body }) => (/"S":"c\d*7"/.test(body) ? { type: 'reset' } : ok({ Attributes: item })));
    // A hundred calls take a busy processor a while, which is not the server's silence.
    const patient = dynamodbAt(server.endpoint, undefined, { ...impatience, requestTimeoutMs: 10_000 });
    const results = await patient.writeEach(many);
    const failed = results.flatMap((result, index) => (isStateStoreError(result) ? [index] : []));
    expect(failed).toEqual([7, 17, 27, 37, 47, 57, 67, 77, 87, 97]);
    expect(server.received).toHaveLength(100);
  });

  test.each([
    ['writes', (slow: StateStore, isLate: () => boolean) => slow.writeEach(many, { isLate })],
    [
      'transactions',
      (slow: StateStore, isLate: () => boolean) =>
        slow.transactEach(
          many.map((one) => [one]),
          { isLate },
        ),
    ],
  ])('of many %s those that are left when it is late are not begun', async (_, make) => {
    server.behave(() => ok({ Attributes: item }));
    const patient = dynamodbAt(server.endpoint, undefined, { ...impatience, requestTimeoutMs: 10_000 });
    const results = await make(patient, () => server.received.length >= 20);
    const made = results.filter((result) => !isStateStoreError(result)).length;
    expect(made).toBe(server.received.length);
    expect(made).toBeGreaterThanOrEqual(20);
    expect(made).toBeLessThan(many.length);
    expect(results).toHaveLength(many.length);
    expect(new Set(results.flatMap((result) => (isStateStoreError(result) ? [result.code] : [])))).toEqual(
      new Set(['state-throttled']),
    );
  });

  test('what a batch read leaves out is asked for again', async () => {
    const keys = ['a', 'b', 'c', 'd'].map((pk) => ({ ...key, pk }));
    server.behave(({ body }) => {
      const { RequestItems } = JSON.parse(body) as {
        RequestItems: { counters: { Keys: { pk: { S: string } }[] } };
      };
      const [first, ...rest] = RequestItems.counters.Keys;
      const found = { ...item, ...first, total: { N: '7' } };
      return ok({
        Responses: { counters: first?.pk.S === 'c' ? [] : [found] },
        UnprocessedKeys: rest.length === 0 ? {} : { counters: { ConsistentRead: true, Keys: rest } },
      });
    });
    expect(await store.getMany(keys)).toEqual([{ total: 7n }, { total: 7n }, undefined, { total: 7n }]);
    expect(server.received).toHaveLength(4);
  });

  test('a batch read that is never completed is throttled', async () => {
    server.behave(({ body }) =>
      ok({ Responses: {}, UnprocessedKeys: (JSON.parse(body) as { RequestItems: object }).RequestItems }),
    );
    expect(await codeOf(store.getMany([key, other]))).toBe('state-throttled');
    expect(server.received.length).toBeLessThanOrEqual(8);
  });

  test('every read is consistent', async () => {
    server.behave(() => ok({ Responses: {} }));
    await store.get(key);
    await store.getMany([key, other]);
    await store.query({ table: 'ads', pk: 'a', limit: 1 });
    for (const { body } of server.received) expect(body).toContain('"ConsistentRead":true');
    expect(server.received).toHaveLength(3);
  });

  test('nothing listening: unavailable, soon', async () => {
    const gone = await startMisbehavingServer();
    await gone.close();
    const startedMs = performance.now();
    expect(await codeOf(dynamodbAt(gone.endpoint).write(add))).toBe('state-unavailable');
    expect(performance.now() - startedMs).toBeLessThan(2500);
  });
});
