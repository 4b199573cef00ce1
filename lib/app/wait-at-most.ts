import type { Clock } from '../ports/clock.ts';

/**
 * How long to wait for an answer that may have come while a container was frozen, milliseconds: it is there at
 * once. A store that still hangs must not hold the container for longer.
 */
export const frozenWaitMsMax = 5;

/**
 * Waits for `work`, but no longer than `limitMs`. Resolves to whether it ended in time; rejects as `work`
 * does.
 */
export async function waitAtMost(
  clock: Pick<Clock, 'sleep'>,
  limitMs: number,
  work: Promise<unknown> | undefined,
): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      Promise.resolve(work).then(() => true),
      clock.sleep(limitMs, timer.signal).then(() => false),
    ]);
  } finally {
    timer.abort('ended');
  }
}
