import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { createDynamodbStateStore } from '../../../lib/adapters/aws/dynamodb-state-store.ts';
import { openDynamodbWholeTable } from '../../../lib/adapters/aws/dynamodb-whole-table.ts';
import {
  isStateStoreError,
  type Condition,
  type ItemKey,
  type WriteAction,
} from '../../../lib/ports/state-store.ts';
import { lostAnswer, scriptedAws, serviceError, type Answer, type Asked } from './support/scripted-aws.ts';

/** Each call of the store as DynamoDB gets it, written out; and each answer as the store tells it. */

const tables = { ads: 'T-ads', counters: 'T-counters', requests: 'T-requests', tokens: 'T-tokens' };
const key: ItemKey = { table: 'counters', pk: 'counter#a', sk: '' };
const other: ItemKey = { table: 'ads', pk: 'ad', sk: '7' };
const Key = { pk: { S: 'counter#a' }, sk: { S: '-' } };
const OtherKey = { pk: { S: 'ad' }, sk: { S: '-7' } };
const stored = { ...Key, total: { N: '12345678901234567890' }, hw: { S: 'x' } };
const attributes = { total: 12345678901234567890n, hw: 'x' };

function world() {
  const aws = scriptedAws<DynamoDBClient>();
  return { aws, store: createDynamodbStateStore({ ...aws, tables }) };
}

/** The code that the work rejects with, or what it resolves to. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (isStateStoreError(error)) return error.code;
    if (error instanceof RangeError) return 'RangeError';
    throw error;
  }
}

const common = { TableName: 'T-counters', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
const update = { ...common, Key, ReturnValues: 'ALL_NEW' };

describe('a write', () => {
  test.each<[string, Exclude<WriteAction, { type: 'check' }>, Asked]>([
    [
      'put',
      { type: 'put', key, attributes: { a: 'x', n: -7n, b: Uint8Array.of(1) } },
      ['PutItem', { ...common, Item: { ...Key, a: { S: 'x' }, n: { N: '-7' }, b: { B: Uint8Array.of(1) } } }],
    ],
    [
      'put with a condition',
      { type: 'put', key, attributes: {}, condition: { op: 'item-absent' } },
      [
        'PutItem',
        {
          ...common,
          Item: Key,
          ConditionExpression: 'attribute_not_exists(#0)',
          ExpressionAttributeNames: { '#0': 'pk' },
        },
      ],
    ],
    ['update of nothing', { type: 'update', key }, ['UpdateItem', update]],
    [
      'update by SET, ADD and REMOVE',
      { type: 'update', key, set: { hw: 'y', t: 'z' }, add: { total: 2n }, remove: ['gone', 'too'] },
      [
        'UpdateItem',
        {
          ...update,
          UpdateExpression: 'SET #0 = :0, #1 = :1 ADD #2 :2 REMOVE #3, #4',
          ExpressionAttributeNames: { '#0': 'hw', '#1': 't', '#2': 'total', '#3': 'gone', '#4': 'too' },
          ExpressionAttributeValues: { ':0': { S: 'y' }, ':1': { S: 'z' }, ':2': { N: '2' } },
        },
      ],
    ],
    [
      'update whose condition names what it changes',
      { type: 'update', key, set: { hw: '2' }, condition: { op: '<', attribute: 'hw', value: '1' } },
      [
        'UpdateItem',
        {
          ...update,
          ConditionExpression: '#0 < :0',
          UpdateExpression: 'SET #0 = :1',
          ExpressionAttributeNames: { '#0': 'hw' },
          ExpressionAttributeValues: { ':0': { S: '1' }, ':1': { S: '2' } },
        },
      ],
    ],
    ['delete', { type: 'delete', key }, ['DeleteItem', { ...common, Key }]],
    [
      'delete with a condition',
      { type: 'delete', key, condition: { op: 'present', attribute: 'hw' } },
      [
        'DeleteItem',
        {
          ...common,
          Key,
          ConditionExpression: 'attribute_exists(#0)',
          ExpressionAttributeNames: { '#0': 'hw' },
        },
      ],
    ],
  ])('%s', async (_name, action, asked) => {
    const { aws, store } = world();
    await store.write(action);
    expect(aws.asked).toEqual([asked]);
    await store.writeEach([action]);
    expect(aws.asked).toEqual([asked, asked]);
  });

  const is = (op: '=' | '<' | '<=' | '>' | '>='): Condition => ({ op, attribute: 'a', value: 1n });
  test.each<[Condition, string]>([
    [{ op: 'item-absent' }, 'attribute_not_exists(#0)'],
    [{ op: 'item-present' }, 'attribute_exists(#0)'],
    [{ op: 'absent', attribute: 'a' }, 'attribute_not_exists(#0)'],
    [{ op: 'present', attribute: 'a' }, 'attribute_exists(#0)'],
    [is('='), '#0 = :0'],
    [is('<'), '#0 < :0'],
    [is('<='), '#0 <= :0'],
    [is('>'), '#0 > :0'],
    [is('>='), '#0 >= :0'],
    [{ op: 'any', of: [is('<')] }, '#0 < :0'],
    [
      { op: 'any', of: [{ op: 'absent', attribute: 'a' }, is('<')] },
      '(attribute_not_exists(#0)) OR (#0 < :0)',
    ],
    [{ op: 'all', of: [is('>'), is('<')] }, '(#0 > :0) AND (#0 < :1)'],
    [{ op: 'any', of: [] }, 'attribute_exists(#0) AND attribute_not_exists(#0)'],
    [{ op: 'all', of: [] }, 'attribute_exists(#0) OR attribute_not_exists(#0)'],
    [
      {
        op: 'all',
        of: [
          { op: 'any', of: [is('='), is('>')] },
          { op: 'all', of: [] },
        ],
      },
      '((#0 = :0) OR (#0 > :1)) AND (attribute_exists(#1) OR attribute_not_exists(#1))',
    ],
  ])('on the condition %j', async (condition, text) => {
    const { aws, store } = world();
    await store.write({ type: 'delete', key, condition });
    expect(aws.asked[0]?.[1]).toMatchObject({ ConditionExpression: text });
  });

  test.each<[Exclude<WriteAction, { type: 'check' }>, object, unknown]>([
    [{ type: 'update', key }, { Attributes: stored }, { status: 'written', item: attributes }],
    [{ type: 'put', key, attributes }, {}, { status: 'written', item: attributes }],
    [{ type: 'delete', key }, {}, { status: 'written', item: undefined }],
  ])('tells the new item: %j', async (action, answer, told) => {
    const { aws, store } = world();
    aws.answer(answer);
    expect(await store.write(action)).toEqual(told);
  });

  const failedCondition = (Item?: typeof stored): Error =>
    Object.assign(new ConditionalCheckFailedException({ $metadata: { httpStatusCode: 400 }, message: '' }), {
      Item,
    });
  test.each<[string, Answer, number, unknown]>([
    ['a failed condition', failedCondition(stored), 1, { status: 'condition-failed', item: attributes }],
    ['one without an item', failedCondition(), 1, { status: 'condition-failed', item: undefined }],
    ['a lost answer', lostAnswer, 1, 'state-unavailable'],
    ['a 500', serviceError('InternalServerError', 500), 1, 'state-unavailable'],
    ['throttling', serviceError('ProvisionedThroughputExceededException', 400), 3, 'state-throttled'],
    ['a conflict', serviceError('TransactionConflictException', 400), 1, 'state-conflict'],
    ['a limit of the item', serviceError('ValidationException', 400), 1, 'RangeError'],
    ['no such table', serviceError('ResourceNotFoundException', 400), 1, 'state-unavailable'],
  ])('that gets %s', async (_name, answer, sendings, told) => {
    const { aws, store } = world();
    aws.answer(answer);
    expect(await outcome(store.write({ type: 'update', key, add: { total: 1n } }))).toEqual(told);
    expect(aws.asked).toHaveLength(sendings);
  });

  test('of many that are each by themselves has its own result, and a limit comes last', async () => {
    const { aws, store } = world();
    const actions = ['a', 'b', 'c'].map((pk) => ({ type: 'update', key: { ...key, pk } }) as const);
    const failing = (failure: Error): void => {
      aws.answerBy(([, input]) => (JSON.stringify(input).includes('"b"') ? failure : { Attributes: stored }));
    };
    failing(lostAnswer);
    const results = await store.writeEach(actions);
    expect(results.map((one) => (isStateStoreError(one) ? one.code : one.status))).toEqual([
      'written',
      'state-unavailable',
      'written',
    ]);
    failing(serviceError('ValidationException', 400));
    expect(await outcome(store.writeEach(actions))).toBe('RangeError');
    expect(aws.asked).toHaveLength(3);
  });
});

describe('a transaction', () => {
  const actions: readonly WriteAction[] = [
    { type: 'put', key, attributes: { a: 'x' }, condition: { op: 'item-absent' } },
    { type: 'update', key: other, add: { n: 1n } },
    { type: 'update', key: { ...other, sk: 'empty' } },
    { type: 'delete', key: { ...key, pk: 'd' } },
    { type: 'check', key: { ...key, pk: 'c' }, condition: { op: 'present', attribute: 'hw' } },
  ];
  const inAds = { ...common, TableName: 'T-ads' };
  const TransactItems = [
    {
      Put: {
        ...common,
        Item: { ...Key, a: { S: 'x' } },
        ConditionExpression: 'attribute_not_exists(#0)',
        ExpressionAttributeNames: { '#0': 'pk' },
      },
    },
    {
      Update: {
        ...inAds,
        Key: OtherKey,
        UpdateExpression: 'ADD #0 :0',
        ExpressionAttributeNames: { '#0': 'n' },
        ExpressionAttributeValues: { ':0': { N: '1' } },
      },
    },
    {
      Update: {
        ...inAds,
        Key: { pk: { S: 'ad' }, sk: { S: '-empty' } },
        UpdateExpression: 'REMOVE #nothing',
        ExpressionAttributeNames: { '#nothing': '__proto__' },
      },
    },
    { Delete: { ...common, Key: { pk: { S: 'd' }, sk: { S: '-' } } } },
    {
      ConditionCheck: {
        ...common,
        Key: { pk: { S: 'c' }, sk: { S: '-' } },
        ConditionExpression: 'attribute_exists(#0)',
        ExpressionAttributeNames: { '#0': 'hw' },
      },
    },
  ];

  test('asks for all of its actions, under a token that its retries keep', async () => {
    const { aws, store } = world();
    aws.answer(lostAnswer, {});
    expect(await store.transact(actions)).toEqual({ status: 'written' });
    const first: Asked = ['TransactWriteItems', { TransactItems, ClientRequestToken: 'nonce-1' }];
    expect(aws.asked).toEqual([first, first]);
    aws.answer({});
    await store.transactEach([actions]);
    expect(aws.asked).toEqual([['TransactWriteItems', { TransactItems, ClientRequestToken: 'nonce-2' }]]);
  });

  const reason = (Code: string) => ({ Code, ...(Code === 'ConditionalCheckFailed' && { Item: stored }) });
  const cancelled = (...codes: readonly string[]): Error =>
    new TransactionCanceledException({
      ...{ $metadata: { httpStatusCode: 400 }, message: 'cancelled' },
      CancellationReasons: codes.map(reason),
    });
  const failed = (...indexes: readonly number[]) => ({
    status: 'condition-failed',
    failed: indexes.map((index) => ({ index, item: attributes })),
  });
  test.each<[readonly string[], unknown]>([
    [['None', 'ConditionalCheckFailed'], failed(1)],
    [['ConditionalCheckFailed', 'None', 'ConditionalCheckFailed'], failed(0, 2)],
    [['ConditionalCheckFailed', 'TransactionConflict'], 'state-conflict'],
    [['ConditionalCheckFailed', 'ThrottlingError'], 'state-throttled'],
    [['None', 'ProvisionedThroughputExceeded'], 'state-throttled'],
    [['ThrottlingError', 'TransactionConflict'], 'state-conflict'],
    [['TransactionConflict', 'ValidationError'], 'RangeError'],
    [['ConditionalCheckFailed', 'ItemCollectionSizeLimitExceeded'], 'RangeError'],
    [['None', 'None'], 'state-unavailable'],
    [[], 'state-unavailable'],
  ])('cancelled for %j', async (codes, told) => {
    const { aws, store } = world();
    aws.answer(cancelled(...codes));
    expect(await outcome(store.transact(actions))).toEqual(told);
    expect(aws.asked).toHaveLength(1);
  });
});

describe('a read', () => {
  test('of one item is consistent', async () => {
    const { aws, store } = world();
    aws.answer({ Item: stored });
    const asked: Asked = ['GetItem', { TableName: 'T-counters', Key, ConsistentRead: true }];
    expect(await store.get(key)).toEqual(attributes);
    expect(await store.getMany([key])).toEqual([attributes]);
    expect(await store.getMany([])).toEqual([]);
    expect(aws.asked).toEqual([asked, asked]);
    aws.answer({});
    expect(await store.get(key)).toBeUndefined();
  });

  test.each([
    ['eventual', false],
    ['strong', true],
  ] as const)('that asks to be %s says so in every request', async (consistency, ConsistentRead) => {
    const { aws, store } = world();
    aws.answer({ Item: stored, Responses: {}, Items: [] });
    await store.get(key, { consistency });
    await store.getMany([key], { consistency });
    await store.getMany([key, other], { consistency });
    await store.query({ table: 'ads', pk: 'p', limit: 3 }, { consistency });
    const said = JSON.stringify(aws.asked).match(/"ConsistentRead":(?:true|false)/g);
    expect(said).toEqual(new Array<string>(5).fill(`"ConsistentRead":${ConsistentRead}`));
  });

  test('of many asks again for what was left out, and puts each where it belongs', async () => {
    const { aws, store } = world();
    const request = (...keys: readonly string[]) => ({
      ConsistentRead: true,
      Keys: keys.map((pk) => ({ pk: { S: pk }, sk: { S: '-' } })),
    });
    const found = (pk: string) => ({ pk: { S: pk }, sk: { S: '-' }, total: { N: '1' } });
    aws.answer(
      { Responses: { 'T-counters': [found('c')] }, UnprocessedKeys: { 'T-counters': request('a', 'b') } },
      { Responses: { 'T-counters': [found('a')] }, UnprocessedKeys: {} },
    );
    const keys = ['a', 'b', 'c'].map((pk) => ({ ...key, pk }));
    expect(await store.getMany([...keys, other])).toEqual([
      { total: 1n },
      undefined,
      { total: 1n },
      undefined,
    ]);
    expect(aws.asked).toEqual([
      [
        'BatchGetItem',
        {
          RequestItems: {
            'T-counters': request('a', 'b', 'c'),
            'T-ads': { ConsistentRead: true, Keys: [OtherKey] },
          },
        },
      ],
      ['BatchGetItem', { RequestItems: { 'T-counters': request('a', 'b') } }],
    ]);
    expect(aws.clock.monotonicMs()).toBe(100);
  });

  test.each([
    [7, 'read'],
    [8, 'state-throttled'],
  ])('of many that leaves a key out %i times is %s', async (times, told) => {
    const { aws, store } = world();
    const all = { UnprocessedKeys: { 'T-counters': { Keys: [Key] } } };
    aws.answerBy((_call, index) => (index < times ? all : {}));
    const read = await outcome(store.getMany([key, other]));
    expect(Array.isArray(read) ? 'read' : read).toBe(told);
    expect(aws.asked).toHaveLength(8);
  });

  const page = { TableName: 'T-ads', ConsistentRead: true, Limit: 3 };
  const inOrder = { ...page, ScanIndexForward: true };
  const range = { table: 'ads', pk: 'p', limit: 3 } as const;
  const values = (more: object = {}) => ({ ExpressionAttributeValues: { ':pk': { S: 'p' }, ...more } });
  test.each<[string, Parameters<ReturnType<typeof world>['store']['query']>[0], object]>([
    ['all', range, { ...inOrder, KeyConditionExpression: 'pk = :pk', ...values() }],
    [
      'the last ones',
      { ...range, order: 'descending' },
      { ...page, ScanIndexForward: false, KeyConditionExpression: 'pk = :pk', ...values() },
    ],
    [
      'those after one',
      { ...range, after: '4', order: 'ascending' },
      {
        ...inOrder,
        KeyConditionExpression: 'pk = :pk AND sk >= :from',
        ...values({ ':from': { S: '-4\u0000' } }),
      },
    ],
    [
      'those through one',
      { ...range, through: '9' },
      {
        ...inOrder,
        KeyConditionExpression: 'pk = :pk AND sk <= :through',
        ...values({ ':through': { S: '-9' } }),
      },
    ],
    [
      'those between two',
      { ...range, after: '4', through: '9' },
      {
        ...inOrder,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :through',
        ...values({ ':from': { S: '-4\u0000' }, ':through': { S: '-9' } }),
      },
    ],
  ])('of a range: %s', async (_name, asked, input) => {
    const { aws, store } = world();
    aws.answer(
      { Items: [{ pk: { S: 'p' }, sk: { S: '-5' }, a: { S: 'x' } }], LastEvaluatedKey: OtherKey },
      { Items: [] },
    );
    expect(await store.query(asked)).toEqual({ items: [{ sk: '5', attributes: { a: 'x' } }], more: true });
    expect(aws.asked).toEqual([['Query', input]]);
    expect(await store.query(asked)).toEqual({ items: [], more: false });
  });

  test.each([
    ['4', '4', 0],
    ['5', '4', 0],
    ['4', '4\u0000', 1],
    ['4', '5', 1],
  ])('of a range after %j through %j asks %i times', async (after, through, calls) => {
    const { aws, store } = world();
    expect(await store.query({ ...range, after, through })).toEqual({ items: [], more: false });
    expect(aws.asked).toHaveLength(calls);
  });

  test.each<[string, Answer, number, string]>([
    ['a lost answer', lostAnswer, 3, 'state-unavailable'],
    ['throttling', serviceError('ThrottlingException', 400), 3, 'state-throttled'],
    ['a refusal', serviceError('AccessDeniedException', 400), 1, 'state-unavailable'],
  ])('that gets %s', async (_name, answer, sendings, told) => {
    const { aws, store } = world();
    const reads = [
      () => store.get(key),
      () => store.getMany([key, other]),
      () => store.query({ table: 'ads', pk: 'p', limit: 1 }),
    ];
    for (const read of reads) {
      aws.answer(answer);
      expect(await outcome(read())).toBe(told);
      expect(aws.asked).toHaveLength(sendings);
    }
  });
});

describe('a whole table', () => {
  const description = (change: object = {}) => ({
    Table: {
      TableStatus: 'ACTIVE',
      KeySchema: [
        { AttributeName: 'sk', KeyType: 'RANGE' },
        { AttributeName: 'pk', KeyType: 'HASH' },
      ],
      ...change,
    },
  });
  const opened = (answer: Answer, ...pages: readonly Answer[]) => {
    const aws = scriptedAws<DynamoDBClient>();
    aws.answer(answer, ...pages);
    return { aws, open: () => openDynamodbWholeTable({ ...aws, table: 'counters', name: 'restored' }) };
  };
  const itemOf = (pk: string) => ({ pk: { S: pk }, sk: { S: '-s' }, n: { N: '1' } });

  test('is scanned consistently from page to page', async () => {
    const { aws, open } = opened(
      description(),
      { Items: [itemOf('a'), itemOf('b')], LastEvaluatedKey: OtherKey },
      { Items: [], LastEvaluatedKey: Key },
      { Items: [itemOf('c')] },
    );
    const read: unknown[] = [];
    for await (const page of (await open()).pages()) read.push(page.map(({ key: { pk } }) => pk));
    expect(read).toEqual([['a', 'b'], [], ['c']]);
    const scan = { TableName: 'restored', ConsistentRead: true };
    expect(aws.asked).toEqual([
      ['DescribeTable', { TableName: 'restored' }],
      ['Scan', scan],
      ['Scan', { ...scan, ExclusiveStartKey: OtherKey }],
      ['Scan', { ...scan, ExclusiveStartKey: Key }],
    ]);
  });

  test('gives its items under the name that the pipeline has for it, and writes to the one that was named', async () => {
    const { aws, open } = opened(description(), { Items: [itemOf('a')] });
    const whole = await open();
    for await (const [item] of whole.pages())
      expect(item).toEqual({ key: { table: 'counters', pk: 'a', sk: 's' }, attributes: { n: 1n } });
    aws.answer({});
    await whole.store.writeEach([{ type: 'delete', key }]);
    expect(aws.asked).toMatchObject([['DeleteItem', { TableName: 'restored' }]]);
  });

  test.each<[string, Answer, RegExp]>([
    [
      'has another key',
      description({ KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] }),
      /has other keys/,
    ],
    ['is being made', description({ TableStatus: 'CREATING' }), /is CREATING: wait until it is ACTIVE/],
    ['is none', serviceError('ResourceNotFoundException', 400), /cannot be read: ResourceNotFoundException/],
  ])('is refused when it %s', async (_name, answer, words) => {
    await expect(opened(answer).open()).rejects.toThrow(words);
  });

  test('whose page cannot be read rejects as the port says', async () => {
    const { open } = opened(description(), serviceError('ThrottlingException', 400));
    const pages = (await open()).pages()[Symbol.asyncIterator]();
    expect(await outcome(pages.next())).toBe('state-throttled');
  });
});
