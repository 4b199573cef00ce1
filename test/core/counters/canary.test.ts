import { describe, expect, it } from '@jest/globals';
import { beginAgain, judgeCanary } from '../../../lib/core/counters/canary.ts';

describe('a canary that has sent 7 to a counter that had 100', () => {
  const account = { offset: 100n, sent: 7n, missing: 0n };

  it('finds the total that it expects', () => {
    expect(judgeCanary(account, 107n, false)).toEqual({ verdict: 'counted', account });
  });

  it('finds one lost, and takes the total as it is', () => {
    const after = { offset: 106n, sent: 0n, missing: 0n };
    expect(judgeCanary(account, 106n, false)).toEqual({ verdict: 'lost', account: after });
  });

  it('finds one counted twice, and takes the total as it is', () => {
    const after = { offset: 108n, sent: 0n, missing: 0n };
    expect(judgeCanary(account, 108n, false)).toEqual({ verdict: 'doubled', account: after });
  });

  it('expects one less once that one was given up, and no more than one', () => {
    const after = { ...account, missing: 1n };
    expect(judgeCanary(account, 106n, true)).toEqual({ verdict: 'given-up', account: after });
    expect(judgeCanary(account, 105n, true)).toMatchObject({ verdict: 'lost' });
    expect(judgeCanary(account, 107n, true)).toEqual({ verdict: 'counted', account });
  });
});

describe('a canary that misses 2 of 7', () => {
  const account = { offset: 100n, sent: 7n, missing: 2n };

  it.each([
    [105n, 2n],
    [106n, 1n],
    [107n, 0n],
  ])('accepts a total of %s and then misses %s', (total, missing) => {
    expect(judgeCanary(account, total, false)).toEqual({
      verdict: 'counted',
      account: { ...account, missing },
    });
  });

  it('finds a third one lost, and still takes the two if they come', () => {
    const after = { offset: 106n, sent: 0n, missing: 2n };
    expect(judgeCanary(account, 104n, false)).toEqual({ verdict: 'lost', account: after });
    const known = { offset: 106n, sent: 0n, missing: 0n };
    expect(judgeCanary(after, 106n, false)).toEqual({ verdict: 'counted', account: known });
    expect(judgeCanary(after, 107n, false)).toMatchObject({ verdict: 'doubled' });
  });
});

it('begins with what the counter holds', () => {
  expect(beginAgain({ missing: 0n }, 5n)).toEqual({ offset: 5n, sent: 0n, missing: 0n });
});
