import { describe, expect, it } from '@jest/globals';
import { poll, retrying } from '../../lib/app/retry.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const limits = { retriesMax: 3, firstMs: 10, longestMs: 25 };

/** Work that fails so often; when it was tried. */
function failing(failures: number, random = 1) {
  const clock = createVirtualClock({ autoAdvance: true });
  const triedAtMs: number[] = [];
  const run = (): Promise<number> => {
    triedAtMs.push(clock.monotonicMs());
    return triedAtMs.length <= failures
      ? Promise.reject(new Error(`failure ${triedAtMs.length}`))
      : Promise.resolve(triedAtMs.length);
  };
  const ids = { random: () => random, nonce: () => '', uuidv7: () => '' };
  const retry = (mayRetry: (error: unknown) => boolean = () => true): Promise<number> =>
    retrying({ clock, ids }, limits, { run, mayRetry });
  return { retry, triedAtMs };
}

describe('work that fails', () => {
  it.each([
    [0, [0]],
    [1, [0, 10]],
    [2, [0, 10, 30]],
    [3, [0, 10, 30, 55]],
  ])(
    '%d times succeeds at the next try, after pauses that double up to the longest',
    async (failures, at) => {
      const { retry, triedAtMs } = failing(failures);
      expect(await retry()).toBe(failures + 1);
      expect(triedAtMs).toEqual(at);
    },
  );

  it('once more than it may be retried fails with its last error', async () => {
    const { retry, triedAtMs } = failing(4);
    await expect(retry()).rejects.toThrow('failure 4');
    expect(triedAtMs).toEqual([0, 10, 30, 55]);
  });

  it('for good is not tried again, whenever that shows', async () => {
    const { retry, triedAtMs } = failing(Infinity);
    await expect(retry((error) => (error as Error).message !== 'failure 2')).rejects.toThrow('failure 2');
    expect(triedAtMs).toEqual([0, 10]);
  });

  it('waits for a part of the pause, as the draw says', async () => {
    const { retry, triedAtMs } = failing(2, 0.5);
    await retry();
    expect(triedAtMs).toEqual([0, 5, 15]);
  });
});

describe('polling', () => {
  /** Polls until so many attempts have been made, or for ever; when they were made. */
  async function polled(waitMs: number, attempts = Infinity, takesMs = 0) {
    const clock = createVirtualClock({ autoAdvance: true });
    const atMs: number[] = [];
    const value = await poll(clock, waitMs, async () => {
      atMs.push(Math.round(clock.monotonicMs()));
      if (takesMs > 0) await clock.sleep(takesMs);
      return atMs.length >= attempts ? 'found' : undefined;
    });
    return { value, atMs };
  }

  it('without a wait is one attempt', async () => {
    expect(await polled(0)).toEqual({ value: undefined, atMs: [0] });
    expect(await polled(0, 1)).toEqual({ value: 'found', atMs: [0] });
  });

  it('ends with the first value, or with an attempt at the very end of the wait', async () => {
    expect(await polled(1000, 3)).toEqual({ value: 'found', atMs: [0, 5, 13] });
    expect(await polled(13)).toEqual({ value: undefined, atMs: [0, 5, 13] });
    expect(await polled(12)).toEqual({ value: undefined, atMs: [0, 5, 12] });
    expect(await polled(12, 3)).toEqual({ value: 'found', atMs: [0, 5, 12] });
  });

  it('pauses ever longer, up to a quarter of a second', async () => {
    const { atMs } = await polled(2000);
    // Pauses of 5, 8, 12.8, 20.5, 32.8, 52.4, 83.9, 134.2, 214.7, then 250, and what is left.
    expect(atMs).toEqual([0, 5, 13, 26, 46, 79, 131, 215, 350, 564, 814, 1064, 1314, 1564, 1814, 2000]);
  });

  it('counts the time that attempts take', async () => {
    expect((await polled(100, Infinity, 60)).atMs).toEqual([0, 65]);
  });
});
