/** The pause before a first retry, and the longest pause between two. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * The pause after the `failures`-th failure in a row (1, 2, ...): doubles from `firstMs` up to `longestMs`.
 * With a random number from 0 to 1 it is full jitter, anything between no pause and that one, so that the
 * retries of many clients spread out.
 */
export function backoffMs(failures: number, { firstMs, longestMs }: Backoff, random = 1): number {
  // 2^30 first pauses exceed every longest one, and a larger exponent would end in Infinity.
  return random * Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
}
