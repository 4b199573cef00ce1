import { ScheduleError, type ExpirySchedule } from '../../ports/expiry-schedule.ts';
import type { Ports } from '../ports.ts';

/** So many failures in a row, and nobody asks for a while. */
const failuresMax = 8;
/** How long nobody asks. The next failure after it begins another pause. */
const pauseMs = 30_000;

/**
 * The schedules, asked no more for a while when they keep failing. Ads end without them (the sweep), and a
 * Scheduler that hangs for seconds a call must not use up the time of a batch. A call that is not made rejects
 * with a ScheduleError, as one that failed.
 */
export function createScheduleBreaker({
  schedule,
  clock,
}: Pick<Ports, 'schedule' | 'clock'>): ExpirySchedule {
  let failures = 0;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  const ask = async (call: () => Promise<void>): Promise<void> => {
    if (clock.monotonicMs() < pausedUntilMs) throw new ScheduleError('not asked, because it keeps failing');
    try {
      await call();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures >= failuresMax) pausedUntilMs = clock.monotonicMs() + pauseMs;
      throw error;
    }
  };

  return {
    set: (expiry) => ask(() => schedule.set(expiry)),
    clear: (name) => ask(() => schedule.clear(name)),
  };
}
