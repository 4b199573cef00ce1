import { ResourceNotFoundException, type LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { readLambdaConcurrency } from '../../../lib/adapters/aws/lambda-concurrency.ts';
import { scriptedAws, serviceError } from './support/scripted-aws.ts';

describe('the concurrency of an account', () => {
  const limits = { AccountLimit: { ConcurrentExecutions: 1000, UnreservedConcurrentExecutions: 900 } };

  test('is that of the account, and that of each function; none before it is deployed', async () => {
    const aws = scriptedAws<LambdaClient>();
    const none = new ResourceNotFoundException({ message: 'none', $metadata: { httpStatusCode: 404 } });
    aws.answer(limits, { ReservedConcurrentExecutions: 100 }, {}, none);
    expect(await readLambdaConcurrency(aws, ['a', 'b', 'c'])).toEqual({
      limit: 1000,
      unreserved: 900,
      reserved: new Map([
        ['a', 100],
        ['b', 0],
        ['c', 0],
      ]),
    });
    expect(aws.asked).toEqual([
      ['GetAccountSettings', {}],
      ['GetFunctionConcurrency', { FunctionName: 'a' }],
      ['GetFunctionConcurrency', { FunctionName: 'b' }],
      ['GetFunctionConcurrency', { FunctionName: 'c' }],
    ]);
  });

  test('is asked for again while Lambda throttles', async () => {
    const aws = scriptedAws<LambdaClient>();
    aws.answer(serviceError('TooManyRequestsException', 429), limits);
    expect(await readLambdaConcurrency(aws, [])).toMatchObject({ limit: 1000 });
  });

  test.each([
    ['the account', [serviceError('AccessDeniedException', 403)]],
    ['a function', [limits, serviceError('AccessDeniedException', 403)]],
  ])('is not guessed if %s may not be read', async (_, answers) => {
    const aws = scriptedAws<LambdaClient>();
    aws.answer(...answers);
    await expect(readLambdaConcurrency(aws, ['a'])).rejects.toThrow(
      "the account's concurrency cannot be read: AccessDeniedException!",
    );
  });
});
