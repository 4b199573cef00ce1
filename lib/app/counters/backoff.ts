import type { Ports } from '../ports.ts';

/** How often something is tried again, and how long is waited at most before the first and before any retry. */
export interface RetryLimits {
  readonly retriesMax: number;
  readonly firstDelayMs: number;
  readonly delayMaxMs: number;
}

/** Exponential backoff with full jitter: between nothing and the doubled delay, so that retries of many spread out. */
export function backoffMs(limits: RetryLimits, retry: number, random: number): number {
  return random * Math.min(limits.delayMaxMs, limits.firstDelayMs * 2 ** retry);
}

/**
 * Runs `work` until it succeeds, fails for good, or has been retried `retriesMax` times; then its error is thrown.
 * Only for work that may run twice.
 */
export async function retrying<T>(
  { clock, ids }: Pick<Ports, 'clock' | 'ids'>,
  limits: RetryLimits,
  work: { run: () => Promise<T>; mayRetry: (error: unknown) => boolean },
): Promise<T> {
  for (let retry = 0; ; retry += 1) {
    try {
      return await work.run();
    } catch (error) {
      if (retry >= limits.retriesMax || !work.mayRetry(error)) throw error;
      await clock.sleep(backoffMs(limits, retry, ids.random()));
    }
  }
}
