import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { lambdaSeldomLog } from '../../../lib/adapters/aws/lambda-seldom-log.ts';
import { environmentNames } from '../../../lib/aws-names.ts';
import { lambdaVariables } from '../../support/lambda-variables.ts';

const before = { ...process.env };
const asked: { readonly target: unknown; readonly body: unknown }[] = [];
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body = JSON.parse(text) as { readonly Records: readonly unknown[] };
      asked.push({ target: request.headers['x-amz-target'], body });
      const Records = body.Records.map((_, index) => ({ SequenceNumber: `${index}`, ShardId: 'shardId-1' }));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ FailedRecordCount: 0, Records }));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, lambdaVariables, { AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` });
});

afterAll(async () => {
  process.env = before;
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

it('knows its stream without a call, and appends to it each time, one log for all', async () => {
  const log = lambdaSeldomLog('increments');
  expect([log.stream, log.epoch, asked.length]).toEqual(['increments', '1', 0]);
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
  expect(asked).toEqual([
    { target: 'Kinesis_20131202.PutRecords', body: { ...stream, Records: [record, record] } },
    { target: 'Kinesis_20131202.PutRecords', body: { ...stream, Records: [record] } },
  ]);
});

it('names the variable that its deployment forgot', () => {
  Reflect.deleteProperty(process.env, environmentNames.incrementsStream);
  expect(() => lambdaSeldomLog('increments')).toThrow(/INCREMENTS_STREAM is not set/);
});
