import { backoffMs, type Backoff } from '../core/backoff.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ports } from './ports.ts';

/** How often work is retried, and the pauses before each retry. */
export interface RetryLimits extends Backoff {
  readonly retriesMax: number;
  /** No retry begins later than this after the first try, milliseconds; default: no limit. */
  readonly withinMs?: number;
}

/** A client is waiting for the answer: at most about 0.4 s of pauses. */
export const clientRetries: RetryLimits = { retriesMax: 3, firstMs: 50, longestMs: 200 };

/**
 * Runs `work` until it succeeds, fails for good, or has been retried `retriesMax` times or for `withinMs`;
 * then its error is thrown. Only for work that may run twice.
 */
export async function retrying<T>(
  { clock, ids }: Pick<Ports, 'clock' | 'ids'>,
  limits: RetryLimits,
  work: { run: () => Promise<T>; mayRetry: (error: unknown) => boolean },
): Promise<T> {
  const lastMs = clock.monotonicMs() + (limits.withinMs ?? Infinity);
  for (let failures = 1; ; failures += 1) {
    try {
      return await work.run();
    } catch (error) {
      if (failures > limits.retriesMax || !work.mayRetry(error)) throw error;
      const pauseMs = backoffMs(failures, limits, ids.random());
      if (clock.monotonicMs() + pauseMs > lastMs) throw error;
      await clock.sleep(pauseMs);
    }
  }
}

const firstPauseMs = 5;
const pauseGrowth = 1.6;
const pauseMsMax = 250;

/**
 * Calls `attempt` right away, and again after growing pauses, until it returns a value. Resolves to undefined
 * after `waitMs`. A wait of 0 is one attempt.
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
