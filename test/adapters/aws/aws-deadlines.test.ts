import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientOptions } from '../../../lib/adapters/aws/aws-clients.ts';
import { callAws } from '../../../lib/adapters/aws/aws-call.ts';
import { createDynamodbStateStore } from '../../../lib/adapters/aws/dynamodb-state-store.ts';
import { serviceError } from './support/scripted-aws.ts';

/** A clock on which an attempt takes `attemptMs`. */
function slowAttempts(attemptMs: number) {
  let nowMs = 1000;
  const slept: number[] = [];
  return {
    slept,
    deps: {
      clock: {
        monotonicMs: () => nowMs,
        sleep: (durationMs: number) => {
          slept.push(durationMs);
          nowMs += durationMs;
          return Promise.resolve();
        },
      },
      ids: { random: () => 1, nonce: () => 'n' },
    },
    attempt: () => {
      nowMs += attemptMs;
      return Promise.reject(serviceError('ThrottlingException', 400));
    },
  };
}

describe('the deadline of a call', () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  afterEach(() => {
    timeout.mockClear();
  });

  // Pauses of 100 and 200 ms.
  test.each([
    [1000, 899, [1000, 1], [100]],
    [1000, 900, [1000], []],
    [1000, 350, [1000, 550], [100]],
    [1000, 349.5, [1000, 551, 1], [100, 200]],
    [5000, 0, [5000, 4900, 4700], [100, 200]],
  ])('of %d ms, with attempts of %d ms, ends each attempt', async (deadlineMs, attemptMs, times, pauses) => {
    const { deps, attempt, slept } = slowAttempts(attemptMs);
    await expect(callAws(deps, { repeatable: true, deadlineMs }, attempt)).rejects.toThrow(
      'ThrottlingException 400',
    );
    expect(timeout.mock.calls.map(([ms]) => ms)).toEqual(times);
    expect(slept).toEqual(pauses);
  });
});

test('a client never retries by itself', () => {
  const { maxAttempts, requestHandler } = clientOptions();
  expect(maxAttempts).toBe(1);
  requestHandler.destroy();
});

describe('many writes of one call', () => {
  test.each([
    ['writes', 40],
    ['transactions', 32],
  ])('are %i at most under way: %s', async (kind, most) => {
    let [underWay, seen] = [0, 0];
    const client = {
      send: async () => {
        underWay += 1;
        seen = Math.max(seen, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        return {};
      },
    } as unknown as DynamoDBClient;
    const store = createDynamodbStateStore({ ...slowAttempts(0).deps, client, tables: { counters: 'T' } });
    const actions = Array.from(
      { length: 100 },
      (_, index) => ({ type: 'delete', key: { table: 'counters', pk: `k${index}`, sk: '' } }) as const,
    );
    if (kind === 'writes') await store.writeEach(actions);
    else await store.transactEach(actions.map((action) => [action]));
    expect(seen).toBe(most);
  });
});
