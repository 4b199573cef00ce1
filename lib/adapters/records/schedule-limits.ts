import type { ScheduledExpiry } from '../../ports/schedule-reader.ts';

const namePattern = /^[0-9a-zA-Z-_.]{1,64}$/;

/** Checks the limits of `ExpirySchedule.set`; throws a RangeError. */
export function assertSchedule(schedule: ScheduledExpiry): void {
  if (!namePattern.test(schedule.name)) throw new RangeError(`a schedule named '${schedule.name}'`);
  assertInstant(schedule.atMs);
  assertInstant(schedule.input.endAtMs);
}

const dueMax = 1000;

export function assertPageLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > dueMax) throw new RangeError(`a limit of ${limit}`);
}

function assertInstant(ms: number): void {
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`${ms} is not an instant`);
}
