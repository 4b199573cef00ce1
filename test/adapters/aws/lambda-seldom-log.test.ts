import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { lambdaSeldomLog } from '../../../lib/adapters/aws/lambda-seldom-log.ts';
import { environmentNames } from '../../../lib/aws-names.ts';
import { listenAsAws } from '../../support/aws-listener.ts';

let aws: Awaited<ReturnType<typeof listenAsAws>>;

beforeAll(async () => {
  aws = await listenAsAws(({ body }) => {
    const { Records: given } = body as { readonly Records: readonly unknown[] };
    const Records = given.map((_, index) => ({ SequenceNumber: `${index}`, ShardId: 'shardId-1' }));
    return { FailedRecordCount: 0, Records };
  });
});
afterAll(() => aws.stop());

it('knows its stream without a call, and appends to it each time, one log for all', async () => {
  const log = lambdaSeldomLog('increments');
  expect([log.stream, log.epoch, aws.asked.length]).toEqual(['increments', '1', 0]);
  // MD5 of the text `a` begins with 0cc175b9.
  expect(log.hashPosition('a')).toBe(0x0cc175b9 / 2 ** 32);
  const entry = { partitionKey: 'a', data: Buffer.from('{}') };
  const results = [await log.append([entry, entry]), await log.append([entry])];
  expect(results.map((each) => each.map(({ status }) => status))).toEqual([
    ['appended', 'appended'],
    ['appended'],
  ]);
  const record = { PartitionKey: 'a', Data: 'e30=' };
  const stream = { StreamName: 'adtally-dev-increments.1' };
  expect(aws.asked.map(({ target, body }) => ({ target, body }))).toEqual([
    { target: 'Kinesis_20131202.PutRecords', body: { ...stream, Records: [record, record] } },
    { target: 'Kinesis_20131202.PutRecords', body: { ...stream, Records: [record] } },
  ]);
});

it('names the variable that its deployment forgot', () => {
  Reflect.deleteProperty(process.env, environmentNames.incrementsStream);
  expect(() => lambdaSeldomLog('increments')).toThrow(/INCREMENTS_STREAM is not set/);
});
