import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  lambdaBasics,
  lambdaExpirySchedule,
  lambdaStateStore,
  loggedHandler,
  spannedHandler,
} from '../../../lib/adapters/aws/lambda-ports.ts';
import { environmentNames } from '../../../lib/aws-names.ts';
import { listenAsAws } from '../../support/aws-listener.ts';
import { lambdaVariables } from '../../support/lambda-variables.ts';

let aws: Awaited<ReturnType<typeof listenAsAws>>;

beforeAll(async () => {
  aws = await listenAsAws(() => ({
    ScheduleArn: 'arn:aws:scheduler:eu-west-1:000000000000:schedule/adtally-dev/ad-1',
  }));
});
beforeEach(() => {
  aws.asked.length = 0;
});
afterAll(() => aws.stop());

it('reads the table that the environment names, and knows no other', async () => {
  const store = lambdaStateStore(['counters'], { requestTimeoutMs: 2000, deadlineMs: 4000 });
  expect(await store.get({ table: 'counters', pk: 'a', sk: 'total' })).toBeUndefined();
  expect(aws.asked).toMatchObject([
    { method: 'POST', target: 'DynamoDB_20120810.GetItem', body: { TableName: 'counters' } },
  ]);
  await expect(store.get({ table: 'ads', pk: 'a', sk: 'b' })).rejects.toThrow(/ads/);
  expect(aws.asked).toHaveLength(1);
});

it('sets a schedule in the group, for the function and by the role of the environment', async () => {
  const atMs = Date.UTC(2199, 0, 1);
  await lambdaExpirySchedule().set({ name: 'ad-1', atMs, input: { adId: 'a', endAtMs: atMs } });
  expect(aws.asked).toMatchObject([
    {
      ...{ method: 'POST', path: '/schedules/ad-1' },
      body: {
        ...{ GroupName: 'adtally-dev', ScheduleExpression: 'at(2199-01-01T00:00:00)' },
        Target: {
          Arn: lambdaVariables[environmentNames.scheduleTargetArn],
          RoleArn: lambdaVariables[environmentNames.scheduleRoleArn],
          DeadLetterConfig: { Arn: lambdaVariables[environmentNames.scheduleDeadLetterArn] },
        },
      },
    },
  ]);
});

it('names the invocation in the log lines of a handler, spanned or not', async () => {
  const lines: Record<string, unknown>[] = [];
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text) => {
    lines.push(JSON.parse(text.toString()) as Record<string, unknown>);
    return true;
  };
  try {
    const { telemetry } = lambdaBasics('expire-ad', 'dev');
    const handler = (event: string): Promise<string> => {
      telemetry.info('at work');
      return Promise.resolve(`did ${event}`);
    };
    expect(await loggedHandler(handler)('one', { awsRequestId: 'r-1' })).toBe('did one');
    const spanned = spannedHandler('expire', handler, (event) => ({ request_id: `of ${event}` }));
    expect(await spanned('two', { awsRequestId: 'r-2' })).toBe('did two');
  } finally {
    process.stdout.write = write;
  }
  expect(lines).toMatchObject([
    { function_name: 'expire-ad', message: 'at work', function_request_id: 'r-1' },
    { function_name: 'expire-ad', function_request_id: 'r-2', correlation_id: 'of two' },
  ]);
  expect(lines[0]).not.toHaveProperty('correlation_id');
});
