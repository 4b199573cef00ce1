import { describe, expect, test } from '@jest/globals';
import { backoffMs } from '../../../lib/core/backoff.ts';
import { awsBackoff, AwsCallError, callAws } from '../../../lib/adapters/aws/aws-call.ts';
import type { AwsFailure } from '../../../lib/adapters/aws/aws-failure.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const failures: Readonly<Record<AwsFailure, Error>> = {
  'not-sent': Object.assign(new Error(), { code: 'ECONNREFUSED' }),
  throttled: Object.assign(new Error(), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } }),
  refused: Object.assign(new Error(), { name: 'ValidationException', $metadata: { httpStatusCode: 400 } }),
  unknown: Object.assign(new Error(), { code: 'ECONNRESET' }),
};

/** How often it was called, and how it ended, when the attempts fail so and the rest succeed. */
async function outcomeOf(
  kinds: readonly AwsFailure[],
  policy: { repeatable: boolean; deadlineMs?: number },
): Promise<[number, AwsFailure | 'done']> {
  const clock = createVirtualClock({ autoAdvance: true });
  let calls = 0;
  try {
    await callAws({ clock, ids: { random: () => 0.5 } }, { deadlineMs: 5000, ...policy }, async () => {
      const kind = kinds[calls];
      calls += 1;
      return kind === undefined ? Promise.resolve() : Promise.reject(failures[kind]);
    });
    return [calls, 'done'];
  } catch (error) {
    if (!(error instanceof AwsCallError)) throw error;
    return [calls, error.failure];
  }
}

describe('A call of AWS', () => {
  test.each<[readonly AwsFailure[], number, AwsFailure | 'done']>([
    [[], 1, 'done'],
    [['unknown'], 2, 'done'],
    [['throttled', 'unknown'], 3, 'done'],
    [['unknown', 'unknown', 'unknown'], 3, 'unknown'],
    [['unknown', 'throttled', 'throttled'], 3, 'unknown'],
    [['unknown', 'not-sent', 'not-sent'], 3, 'unknown'],
    [['unknown', 'refused'], 2, 'refused'],
    [['refused'], 1, 'refused'],
    [['throttled', 'throttled', 'throttled'], 3, 'throttled'],
  ])('that may be done twice, failing by %j: %i calls, %s', async (kinds, calls, end) => {
    expect(await outcomeOf(kinds, { repeatable: true })).toEqual([calls, end]);
  });

  test.each<[readonly AwsFailure[], number, AwsFailure | 'done']>([
    [['unknown'], 1, 'unknown'],
    [['throttled', 'unknown'], 2, 'unknown'],
    [['throttled', 'not-sent'], 3, 'done'],
    [['not-sent', 'not-sent', 'not-sent'], 3, 'not-sent'],
    [['throttled', 'refused'], 2, 'refused'],
  ])('that may not, failing by %j: %i calls, %s', async (kinds, calls, end) => {
    expect(await outcomeOf(kinds, { repeatable: false })).toEqual([calls, end]);
  });

  test('is not begun again after its deadline', async () => {
    expect(await outcomeOf(['throttled'], { repeatable: true, deadlineMs: 50 })).toEqual([1, 'throttled']);
  });

  test('pauses longer each time, up to a second, by chance', () => {
    expect([1, 2, 3, 4, 5, 20].map((attempts) => backoffMs(attempts, awsBackoff, 1))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
    expect(backoffMs(5, awsBackoff, 0)).toBe(0);
  });
});
