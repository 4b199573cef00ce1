import type { Clock } from '../../ports/clock.ts';

const firstPauseMs = 5;
const pauseGrowth = 1.6;
const pauseMsMax = 250;

/**
 * Calls `attempt` at once, and again after growing pauses until it gives a value or `waitMs` are over; undefined then.
 * A wait of 0 is one attempt.
 */
export async function poll<T>(
  clock: Clock,
  waitMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const startMs = clock.monotonicMs();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, pauseMsMax)) {
    const value = await attempt();
    if (value !== undefined) return value;
    const leftMs = waitMs - (clock.monotonicMs() - startMs);
    if (leftMs <= 0) return undefined;
    await clock.sleep(Math.min(pauseMs, leftMs));
  }
}
