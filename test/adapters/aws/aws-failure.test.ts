import {
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from '@jest/globals';
import { classifyFailure, failureReason, type AwsFailure } from '../../../lib/adapters/aws/aws-failure.ts';

function failure(fields: { name?: string; code?: string; status?: number; message?: string }): Error {
  const { status, message = '', ...rest } = fields;
  return Object.assign(new Error(message), rest, { $metadata: { httpStatusCode: status } });
}

const answer = { message: 'throttled', $metadata: { httpStatusCode: 400 } };

describe('A failed call', () => {
  test.each<[AwsFailure, Parameters<typeof failure>[0]]>([
    ['not-sent', { code: 'ECONNREFUSED' }],
    ['not-sent', { name: 'TimeoutError', code: 'ECONNREFUSED' }],
    ['not-sent', { code: 'ENOTFOUND' }],
    ['not-sent', { code: 'EAI_AGAIN' }],
    ['not-sent', { code: 'EHOSTUNREACH' }],
    ['not-sent', { name: 'CredentialsProviderError' }],
    ['unknown', { code: 'ECONNRESET' }],
    ['unknown', { code: 'EPIPE' }],
    ['unknown', { name: 'TimeoutError', code: 'ETIMEDOUT' }],
    ['unknown', { name: 'AbortError' }],
    ['unknown', { name: 'SyntaxError', status: 200 }],
    ['unknown', { name: 'InternalFailureException', status: 500 }],
    ['unknown', { name: 'ThrottlingException', status: 503 }],
    ['unknown', { name: 'RequestTimeoutException', status: 408 }],
    ['unknown', { name: 'RequestTimeout', status: 400 }],
    ['unknown', { name: 'Anything', status: 408 }],
    ['unknown', { name: 'TransactionInProgressException', status: 400 }],
    ['throttled', { name: 'ProvisionedThroughputExceededException', status: 400 }],
    ['throttled', { name: 'ThrottlingException', status: 400 }],
    ['throttled', { name: 'Anything', status: 429 }],
    ['refused', { name: 'ValidationException', status: 400 }],
    ['refused', { name: 'ConditionalCheckFailedException', status: 400 }],
    ['refused', { name: 'ResourceNotFoundException', status: 400 }],
    ['refused', { name: 'AccessDeniedException', status: 403 }],
  ])('is %s: %j', (expected, fields) => {
    expect(classifyFailure(failure(fields))).toBe(expected);
  });

  test.each([undefined, null, 'text', 7, {}])('is unknown when it is %j', (thrown) => {
    expect(classifyFailure(thrown)).toBe('unknown');
  });

  test('says what it was called, and nothing of what was sent', () => {
    const error = failure({ name: 'ValidationException', status: 400, message: 'counter key "secret"' });
    expect(failureReason(error)).toBe('ValidationException 400');
  });

  const hot = { reason: 'TableWriteKeyRangeThroughputExceeded', resource: 'arn:secret' };
  const quota = { reason: 'TableWriteAccountLimitExceeded', resource: 'arn:secret' };
  test.each([
    [
      new ProvisionedThroughputExceededException({ ...answer, ThrottlingReasons: [hot, hot, quota] }),
      [hot, quota],
    ],
    [new RequestLimitExceeded({ ...answer, ThrottlingReasons: [quota] }), [quota]],
    [new ThrottlingException({ ...answer, throttlingReasons: [hot] }), [hot]],
    [new ThrottlingException(answer), []],
    [Object.assign(new ThrottlingException(answer), { throttlingReasons: [null, {}, { reason: 7 }] }), []],
    [Object.assign(new ThrottlingException(answer), { throttlingReasons: 'hot' }), []],
  ])('says why it was throttled: %#', (error, reasons) => {
    const words = [error.name, '400', ...reasons.map(({ reason }) => reason)];
    expect(failureReason(error)).toBe(words.join(' '));
  });
});
