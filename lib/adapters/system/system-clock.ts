import type { Clock } from '../../ports/clock.ts';

/** A Node timer takes a signed 32-bit number of milliseconds; a longer one would fire immediately. */
const timerMsMax = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(durationMs, signal) {
    const untilMs = performance.now() + durationMs;
    let remainingMs = durationMs;
    do {
      await timer(Math.min(remainingMs, timerMsMax), signal);
      remainingMs = untilMs - performance.now();
      // Timers may fire a fraction of a millisecond early. Only a sleep longer than one timer loops.
    } while (remainingMs > 1 && signal?.aborted !== true);
  },
};

function timer(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      clearTimeout(handle);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const handle = setTimeout(finish, durationMs);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
