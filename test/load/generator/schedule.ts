import type { Prng } from '../../support/prng.ts';

/** When each request is due, milliseconds from the start, rising; Infinity once there are no more. */
export interface Schedule {
  /** Of the first request not yet taken. */
  readonly dueMs: number;
  take(): void;
}

/**
 * Requests of many independent clients: the gaps between them are exponential, and none waits for the answer to another. What is
 * due does not depend on how the server does, so a server that stalls is charged for all that came meanwhile.
 */
export function openSchedule(ratePerSecond: number, durationMs: number, prng: Prng): Schedule {
  const gapMs = 1000 / ratePerSecond;
  let dueMs = 0;
  const advance = (): void => {
    // 1 - u is in (0, 1], so its logarithm is finite.
    dueMs -= Math.log(1 - prng.uint32() / 2 ** 32) * gapMs;
    if (dueMs >= durationMs) dueMs = Infinity;
  };
  advance();
  return {
    get dueMs() {
      return dueMs;
    },
    take: advance,
  };
}
