import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clientOptions } from '../../lib/adapters/aws/aws-clients.ts';
import { createEventbridgeExpirySchedule } from '../../lib/adapters/aws/eventbridge-expiry-schedule.ts';
import { systemClock } from '../../lib/adapters/system/system-clock.ts';
import { systemIds } from '../../lib/adapters/system/system-ids.ts';
import { ScheduleError, type ExpirySchedule } from '../../lib/ports/expiry-schedule.ts';
import { testExpirySchedule } from '../contracts/expiry-schedule.ts';
import { emulatorIdentity } from './support/endpoints.ts';
import { startFakeScheduler, type FakeScheduler } from './support/fake-services.ts';
import { impatience } from './support/faulty-adapters.ts';
import {
  awsError,
  startMisbehavingServer,
  type Behaviour,
  type MisbehavingServer,
} from './support/misbehaving-server.ts';

/** 2026-11-21T10:00:00.000Z */
const nowMs = 1_795_255_200_000;

function scheduleAt(endpoint: string, timeouts = { ...impatience, requestTimeoutMs: 5000 }): ExpirySchedule {
  return createEventbridgeExpirySchedule({
    client: new SchedulerClient({ ...clientOptions(timeouts), ...emulatorIdentity, endpoint }),
    group: 'adtally-test',
    targetArn: 'arn:aws:lambda:us-east-1:000000000000:function:expire-ad',
    roleArn: 'arn:aws:iam::000000000000:role/invoke',
    deadLetterArn: 'arn:aws:sqs:us-east-1:000000000000:dead-letters',
    clock: { ...systemClock, nowMs: () => nowMs },
    ids: systemIds,
  });
}

interface Created {
  readonly ScheduleExpression: string;
  readonly Target: { readonly Input: string };
}

testExpirySchedule(
  'EventBridge Scheduler (on a stand-in)',
  async () => {
    const scheduler = await startFakeScheduler();
    return {
      schedule: scheduleAt(scheduler.endpoint),
      find: async (name) => {
        const found = scheduler.schedules.get(`adtally-test/${name}`) as Created | undefined;
        if (found === undefined) return Promise.resolve(undefined);
        const time = /^at\((.*)\)$/.exec(found.ScheduleExpression)?.[1] ?? '';
        const input = JSON.parse(found.Target.Input) as { adId: string; endAtMs: number };
        return Promise.resolve({ name, atMs: Date.parse(`${time}Z`), input });
      },
      close: async () => scheduler.close(),
    };
  },
  { fires: false },
);

describe('A schedule as it is sent', () => {
  let scheduler: FakeScheduler;
  beforeAll(async () => {
    scheduler = await startFakeScheduler();
  });
  afterAll(async () => scheduler.close());

  const input = { adId: 'ad', endAtMs: 1 };

  test('says everything that EventBridge would otherwise choose', async () => {
    await scheduleAt(scheduler.endpoint).set({ name: 'whole', atMs: nowMs + 3_600_000, input });
    expect(scheduler.schedules.get('adtally-test/whole')).toEqual({
      ActionAfterCompletion: 'DELETE',
      ClientToken: expect.any(String) as unknown,
      FlexibleTimeWindow: { Mode: 'OFF' },
      GroupName: 'adtally-test',
      ScheduleExpression: 'at(2026-11-21T11:00:00)',
      ScheduleExpressionTimezone: 'UTC',
      Target: {
        Arn: 'arn:aws:lambda:us-east-1:000000000000:function:expire-ad',
        RoleArn: 'arn:aws:iam::000000000000:role/invoke',
        Input: '{"adId":"ad","endAtMs":1}',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
        DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:000000000000:dead-letters' },
      },
    });
  });

  test.each([
    ['rounded up to the second', nowMs + 3_600_001, 'at(2026-11-21T11:00:01)'],
    ['a minute ahead at least', nowMs + 59_000, 'at(2026-11-21T10:01:00)'],
    ['a minute ahead, of a time that is past', nowMs - 1, 'at(2026-11-21T10:01:00)'],
    ['across a change of local time', Date.UTC(2027, 2, 28, 1, 30), 'at(2027-03-28T01:30:00)'],
  ])('is %s', async (name, atMs, expression) => {
    const safe = name.replaceAll(/[^a-z]/g, '-');
    await scheduleAt(scheduler.endpoint).set({ name: safe, atMs, input });
    expect(scheduler.schedules.get(`adtally-test/${safe}`)?.['ScheduleExpression']).toBe(expression);
  });
});

describe('EventBridge Scheduler misbehaving', () => {
  let server: MisbehavingServer;
  let schedule: ExpirySchedule;
  beforeAll(async () => {
    server = await startMisbehavingServer();
    schedule = scheduleAt(server.endpoint, impatience);
  });
  afterAll(async () => server.close());

  const wanted = { name: 'ad-1', atMs: nowMs + 3_600_000, input: { adId: 'ad', endAtMs: 1 } };

  test.each<[string, Behaviour]>([
    ['hangs', { type: 'hang' }],
    ['resets', { type: 'reset' }],
    ['fails', awsError(500, 'InternalServerException')],
    ['throttles', awsError(429, 'ThrottlingException')],
  ])('that %s for good rejects with a ScheduleError, after three tries', async (_, behaviour) => {
    server.behave(() => behaviour);
    await expect(schedule.set(wanted)).rejects.toThrow(ScheduleError);
    expect(server.received).toHaveLength(3);
    server.behave(() => behaviour);
    await expect(schedule.clear(wanted.name)).rejects.toThrow(ScheduleError);
  });

  test('a create whose answer was lost finds itself, and that is fine', async () => {
    server.behave((_request, index) =>
      index === 0 ? { type: 'reset' } : awsError(409, 'ConflictException'),
    );
    await schedule.set(wanted);
    expect(server.received).toHaveLength(2);
  });

  test.each(['ValidationException', 'ServiceQuotaExceededException', 'AccessDeniedException'])(
    'a refusal, %s, is not asked for again',
    async (name) => {
      server.behave(() => awsError(400, name));
      await expect(schedule.set(wanted)).rejects.toThrow(ScheduleError);
      expect(server.received).toHaveLength(1);
    },
  );
});
