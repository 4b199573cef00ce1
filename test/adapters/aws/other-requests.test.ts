import type { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import { describe, expect, test } from '@jest/globals';
import { createApiUsageKeys } from '../../../lib/adapters/aws/api-usage-keys.ts';
import { createEventbridgeExpirySchedule } from '../../../lib/adapters/aws/eventbridge-expiry-schedule.ts';
import { readFeeds } from '../../../lib/adapters/aws/lambda-feeds.ts';
import { createS3BlobStore } from '../../../lib/adapters/aws/s3-blob-store.ts';
import { createS3FailureFiles } from '../../../lib/adapters/aws/s3-failure-files.ts';
import { createS3Quarantine } from '../../../lib/adapters/aws/s3-quarantine.ts';
import { ScheduleError } from '../../../lib/ports/expiry-schedule.ts';
import {
  QuarantineError,
  UnreadableRecordError,
  type QuarantinedRecord,
} from '../../../lib/ports/quarantine.ts';
import { UsageKeysError } from '../../../lib/ports/usage-keys.ts';
import { virtualStartMs } from '../../support/virtual-clock.ts';
import { lostAnswer, scriptedAws, serviceError, type Asked } from './support/scripted-aws.ts';

/** Each call of the smaller ports as S3, EventBridge Scheduler, API Gateway and Lambda get it, written out. */

const denied = serviceError('AccessDenied', 403);
const bodyOf = (text: string) => ({ Body: { transformToString: () => Promise.resolve(text) } });

const record: QuarantinedRecord = {
  ...{ stream: 'increments', epoch: '1', shardId: 'shardId-000000000003', sequenceNumber: '49' },
  ...{
    partitionKey: 'k',
    data: Uint8Array.of(1, 2, 3),
    arrivedAtMs: 10,
    quarantinedAtMs: 20,
    reason: 'not JSON',
  },
};
const recordKey = 'increments/1/shardId-000000000003/49';
const recordJson = `{
  "stream": "increments",
  "epoch": "1",
  "shardId": "shardId-000000000003",
  "sequenceNumber": "49",
  "partitionKey": "k",
  "data": "AQID",
  "arrivedAtMs": 10,
  "quarantinedAtMs": 20,
  "reason": "not JSON"
}`;

describe('the blobs in S3', () => {
  function world() {
    const aws = scriptedAws<S3Client>();
    const { client, ...rest } = aws;
    return {
      aws,
      blobs: createS3BlobStore({ ...rest, client, bucket: 'B', prefix: 'snapshots/' }),
    };
  }
  const object = { Bucket: 'B', Key: 'snapshots/1/ab' };
  const bytes = Uint8Array.of(1, 2);

  test('are objects under their names', async () => {
    const { aws, blobs } = world();
    aws.answerBy(([operation]) =>
      operation === 'GetObject' ? { Body: { transformToByteArray: () => Promise.resolve(bytes) } } : {},
    );
    await blobs.put('1/ab', bytes);
    expect(await blobs.get('1/ab')).toEqual(bytes);
    await blobs.remove('1/ab');
    expect(aws.asked).toEqual([
      ['PutObject', { ...object, Body: bytes }],
      ['GetObject', object],
      ['DeleteObject', object],
    ]);
  });

  test('that are not there are refused to a function that may not list them', async () => {
    for (const missing of [serviceError('NoSuchKey', 404), denied]) {
      const { aws, blobs } = world();
      aws.answerBy(() => missing);
      expect(await blobs.get('1/ab')).toBeUndefined();
    }
  });

  test.each([
    [serviceError('SlowDown', 503), 'state-throttled'],
    [serviceError('InternalError', 500), 'state-unavailable'],
    [lostAnswer, 'state-unavailable'],
  ])('are asked for again, and then fail as the state store would: %p', async (error, code) => {
    const { aws, blobs } = world();
    aws.answerBy(() => error);
    await expect(blobs.get('1/ab')).rejects.toMatchObject({ code });
    await expect(blobs.put('1/ab', bytes)).rejects.toMatchObject({ code });
    expect(aws.asked).toHaveLength(6);
  });
});

describe('the quarantine in S3', () => {
  function world() {
    const aws = scriptedAws<S3Client>();
    return { aws, quarantine: createS3Quarantine({ ...aws, bucket: 'B', prefix: 'quarantine/' }) };
  }
  const object = { Bucket: 'B', Key: `quarantine/${recordKey}` };

  test('keeps a record as JSON under its key, reads it and removes it', async () => {
    const { aws, quarantine } = world();
    await quarantine.store(record);
    aws.answerBy(([operation]) => (operation === 'GetObject' ? bodyOf(recordJson) : {}));
    await quarantine.store(record);
    expect(await quarantine.get(record)).toEqual(record);
    await quarantine.remove(record);
    expect(aws.asked).toEqual([
      ['PutObject', { ...object, Body: recordJson, ContentType: 'application/json' }],
      ['GetObject', object],
      ['DeleteObject', object],
    ]);
  });

  test('lists by key after the last one seen, with those that cannot be read by name', async () => {
    const { aws, quarantine } = world();
    const spoilt = 'increments/1/shardId-000000000003/50';
    const gone = 'increments/1/shardId-000000000003/51';
    aws.answerBy(([operation, input]) => {
      if (operation === 'ListObjectsV2')
        return {
          Contents: [recordKey, spoilt, gone].map((key) => ({ Key: `quarantine/${key}` })),
          IsTruncated: true,
        };
      const { Key: key } = input as { readonly Key: string };
      if (key.endsWith('/51')) return serviceError('NoSuchKey', 404);
      return bodyOf(key.endsWith('/49') ? recordJson : '{');
    });
    expect(await quarantine.list({ limit: 3 })).toEqual({
      ...{ records: [record], unreadable: [spoilt], last: gone, more: true },
    });
    const list = { Bucket: 'B', Prefix: 'quarantine/', MaxKeys: 3 };
    expect(aws.asked.slice(0, 2)).toEqual([
      ['ListObjectsV2', list],
      ['GetObject', object],
    ]);
    aws.answerBy(([operation]) =>
      operation === 'GetObject' ? bodyOf(recordJson) : { Contents: [{ Key: `quarantine/${recordKey}` }] },
    );
    expect((await quarantine.list({ limit: 1 })).more).toBe(false);
    aws.answer({});
    expect(await quarantine.list({ after: recordKey, limit: 3 })).toEqual({
      ...{ records: [], unreadable: [], last: undefined, more: false },
    });
    expect(aws.asked).toEqual([['ListObjectsV2', { ...list, StartAfter: `quarantine/${recordKey}` }]]);
  });

  test.each([
    [0, false],
    [1, true],
    [1000, true],
    [1001, false],
    [1.5, false],
  ])('takes %d as the limit of a page: %s', async (limit, taken) => {
    const { quarantine } = world();
    const listed = await quarantine.list({ limit }).then(
      () => true,
      (error: unknown) => !(error instanceof RangeError),
    );
    expect(listed).toBe(taken);
  });

  test('has no record that is gone, and rejects when S3 does or the record is another', async () => {
    const { aws, quarantine } = world();
    aws.answer(serviceError('NoSuchKey', 404));
    expect(await quarantine.get(record)).toBeUndefined();
    aws.answer(serviceError('NoSuchBucket', 404));
    await expect(quarantine.get(record)).rejects.toThrow(QuarantineError);
    aws.answer(bodyOf(recordJson));
    await expect(quarantine.get({ ...record, sequenceNumber: '48' })).rejects.toThrow(UnreadableRecordError);
    for (const work of [() => quarantine.store(record), () => quarantine.remove(record)]) {
      aws.answer(denied);
      await expect(work()).rejects.toThrow(QuarantineError);
      expect(aws.asked).toHaveLength(1);
      aws.answer(lostAnswer, {});
      await work();
      expect(aws.asked).toHaveLength(2);
    }
  });

  test('reads at most twenty records at a time', async () => {
    const { aws, quarantine } = world();
    let [underWay, most] = [0, 0];
    const slow = {
      transformToString: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return recordJson;
      },
    };
    const Contents = Array.from({ length: 50 }, () => ({ Key: `quarantine/${recordKey}` }));
    aws.answerBy(([operation]) => (operation === 'GetObject' ? { Body: slow } : { Contents }));
    expect((await quarantine.list({ limit: 50 })).records).toHaveLength(50);
    expect(most).toBe(20);
  });
});

describe('failure files in S3', () => {
  function world() {
    const aws = scriptedAws<S3Client>();
    return { aws, files: createS3FailureFiles({ ...aws, bucket: 'B' }) };
  }

  test('are listed under the prefix that Lambda writes, read and removed', async () => {
    const { aws, files } = world();
    aws.answerBy(([operation]) =>
      operation === 'ListObjectsV2'
        ? {
            Contents: [{ Key: 'aws/lambda/a', Size: 7, LastModified: new Date(5) }, { Key: 'aws/lambda/b' }],
            IsTruncated: true,
          }
        : bodyOf('text'),
    );
    expect(await files.list({ limit: 2 })).toEqual({
      files: [
        { key: 'aws/lambda/a', bytes: 7, writtenAtMs: 5 },
        { key: 'aws/lambda/b', bytes: 0, writtenAtMs: 0 },
      ],
      more: true,
    });
    await files.list({ limit: 2, after: 'aws/lambda/b' });
    expect(await files.read('aws/lambda/a')).toBe('text');
    await files.remove('aws/lambda/a');
    const list = { Bucket: 'B', Prefix: 'aws/lambda/', MaxKeys: 2 };
    const object = { Bucket: 'B', Key: 'aws/lambda/a' };
    expect(aws.asked).toEqual([
      ['ListObjectsV2', list],
      ['ListObjectsV2', { ...list, StartAfter: 'aws/lambda/b' }],
      ['GetObject', object],
      ['DeleteObject', object],
    ]);
    aws.answer({});
    expect(await files.list({ limit: 2 })).toEqual({ files: [], more: false });
  });

  test('that are gone are none; what S3 refuses is an error of the port', async () => {
    const { aws, files } = world();
    aws.answer(serviceError('NoSuchKey', 404));
    expect(await files.read('x')).toBeUndefined();
    aws.answer(denied);
    await expect(files.read('x')).rejects.toThrow(QuarantineError);
    await expect(files.list({ limit: 1 })).rejects.toThrow(QuarantineError);
    await expect(files.remove('x')).rejects.toThrow(QuarantineError);
    aws.answer(lostAnswer, bodyOf('text'));
    expect(await files.read('x')).toBe('text');
  });
});

describe('schedules in EventBridge', () => {
  function world() {
    const aws = scriptedAws<SchedulerClient>();
    const arns = { targetArn: 'arn:target', roleArn: 'arn:role', deadLetterArn: 'arn:dead' };
    return { aws, schedule: createEventbridgeExpirySchedule({ ...aws, ...arns, group: 'G' }) };
  }
  const input = { adId: 'ad', endAtMs: 12_345 };
  const created = (expression: string): Asked => [
    'CreateSchedule',
    {
      ...{ Name: 'ad-1', GroupName: 'G', ScheduleExpressionTimezone: 'UTC', ScheduleExpression: expression },
      ...{ FlexibleTimeWindow: { Mode: 'OFF' }, ActionAfterCompletion: 'DELETE' },
      Target: {
        ...{ Arn: 'arn:target', RoleArn: 'arn:role', Input: '{"adId":"ad","endAtMs":12345}' },
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: 'arn:dead' },
      },
    },
  ];

  // The clock says 2026-01-01T00:00:00.000Z.
  test.each([
    [3_600_000, 'at(2026-01-01T01:00:00)'],
    [3_599_999, 'at(2026-01-01T01:00:00)'],
    [3_600_001, 'at(2026-01-01T01:00:01)'],
    [60_001, 'at(2026-01-01T00:01:01)'],
    [60_000, 'at(2026-01-01T00:01:00)'],
    [59_999, 'at(2026-01-01T00:01:00)'],
    [-1, 'at(2026-01-01T00:01:00)'],
  ])('for %i ms from now are set as %s', async (aheadMs, expression) => {
    const { aws, schedule } = world();
    await schedule.set({ name: 'ad-1', atMs: virtualStartMs + aheadMs, input });
    expect(aws.asked).toEqual([created(expression)]);
  });

  test('are cleared by name; there is or is none already is fine, all else is not', async () => {
    const { aws, schedule } = world();
    const wanted = { name: 'ad-1', atMs: virtualStartMs, input };
    await schedule.clear('ad-1');
    expect(aws.asked).toEqual([['DeleteSchedule', { Name: 'ad-1', GroupName: 'G' }]]);
    const [exists, absent] = [
      serviceError('ConflictException', 409),
      serviceError('ResourceNotFoundException', 404),
    ];
    aws.answer(exists);
    await schedule.set(wanted);
    await expect(schedule.clear('ad-1')).rejects.toThrow(ScheduleError);
    aws.answer(absent);
    await schedule.clear('ad-1');
    await expect(schedule.set(wanted)).rejects.toThrow(ScheduleError);
    aws.answer(lostAnswer, {});
    await schedule.set(wanted);
    expect(aws.asked).toHaveLength(2);
  });
});

describe('usage keys in API Gateway', () => {
  function world() {
    const aws = scriptedAws<APIGatewayClient>();
    return { aws, keys: createApiUsageKeys({ ...aws, stage: 'dev', usagePlanId: 'plan' }) };
  }
  const name = 'adtally-dev-me';
  const find: Asked = ['GetApiKeys', { nameQuery: name, limit: 500 }];
  const found = {
    items: [
      { id: 'longer', name: `${name}2` },
      { id: 'mine', name },
    ],
  };
  const join: Asked = ['CreateUsagePlanKey', { usagePlanId: 'plan', keyId: 'mine', keyType: 'API_KEY' }];

  test('are made, found by their whole name, and joined to the plan', async () => {
    const { aws, keys } = world();
    aws.answer({}, found, {});
    await keys.ensure('me');
    expect(aws.asked).toEqual([['CreateApiKey', { name, value: name, enabled: true }], find, join]);
  });

  test('that exist, or are in the plan, are left as they are', async () => {
    const { aws, keys } = world();
    const exists = serviceError('ConflictException', 409);
    aws.answer(exists, found, exists);
    await keys.ensure('me');
    expect(aws.asked).toHaveLength(3);
    aws.answer(exists, { items: [] });
    await expect(keys.ensure('me')).rejects.toThrow('exists but cannot be found');
    aws.answer(serviceError('BadRequestException', 400));
    await expect(keys.ensure('me')).rejects.toThrow(UsageKeysError);
    aws.answer({}, found, serviceError('NotFoundException', 404));
    await expect(keys.ensure('me')).rejects.toThrow(UsageKeysError);
  });

  test('are removed once, and only their own', async () => {
    const { aws, keys } = world();
    aws.answer(found, {});
    await keys.remove('me');
    expect(aws.asked).toEqual([find, ['DeleteApiKey', { apiKey: 'mine' }]]);
    aws.answer(found, serviceError('NotFoundException', 404));
    await keys.remove('me');
    aws.answer({ items: [{ id: 'longer', name: `${name}2` }] });
    await keys.remove('me');
    expect(aws.asked).toEqual([find]);
    aws.answer(found, serviceError('ConflictException', 409));
    await expect(keys.remove('me')).rejects.toThrow(UsageKeysError);
  });
});

describe('the mappings of a consumer', () => {
  test('are its own and all others, stopped when they are disabled', async () => {
    const aws = scriptedAws<LambdaClient>();
    aws.answer(
      { UUID: 'own', FunctionArn: 'arn:f', State: 'Disabled' },
      {
        EventSourceMappings: [
          { UUID: 'own', State: 'Disabled' },
          { UUID: 'hand', State: 'Enabled' },
          { UUID: 'late', State: 'Disabling' },
        ],
      },
    );
    expect(await readFeeds({ ...aws, mappingId: 'own' })).toEqual([
      { id: 'own', stopped: true, state: 'Disabled' },
      { id: 'hand', stopped: false, state: 'Enabled' },
      { id: 'late', stopped: false, state: 'Disabling' },
    ]);
    expect(aws.asked).toEqual([
      ['GetEventSourceMapping', { UUID: 'own' }],
      ['ListEventSourceMappings', { FunctionName: 'arn:f' }],
    ]);
    aws.answer(denied);
    await expect(readFeeds({ ...aws, mappingId: 'own' })).rejects.toThrow('the mapping own cannot be read');
  });
});
