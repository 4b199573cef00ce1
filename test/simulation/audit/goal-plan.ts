import { dayStartMs } from './zone-days.ts';

/** What an ad should reach, and when. Instants are milliseconds since 1970. */
export interface AuditedGoal {
  readonly total?: number;
  readonly daily?: number;
  readonly pacing: string;
  readonly timezone?: string;
  readonly startAt: number;
  readonly endAt: number;
  /** `paused` or absent. */
  readonly status?: string;
}

/** From where a plan is straight: at `t0`, `u0` rights were used. */
export interface AuditedLine {
  readonly t0: number;
  readonly u0: number;
}

const minuteMs = 60_000;
/** Rights are planned this much early. */
const leadMs = 5000;
const reportMinutes = 3;

/**
 * K, the most rights that may be out at an instant, of the day in all or of the whole time: DELIVERY 2.3 once more, in
 * floats, whose error a goal of the simulator is too small to show.
 */
export function plannedRights(
  goal: AuditedGoal,
  { t0, u0 }: AuditedLine,
  { atMs, day, impressionMinutes }: { atMs: number; day: number; impressionMinutes: number },
): number {
  const { daily, total = Infinity, pacing, timezone = 'UTC' } = goal;
  const paced = daily ?? total;
  if (pacing === 'asap') return paced;
  const isOfDay = daily !== undefined;
  const startMs = isOfDay ? Math.max(goal.startAt, dayStartMs(timezone, day)) : goal.startAt;
  const endMs = isOfDay ? Math.min(goal.endAt, dayStartMs(timezone, day + 1)) : goal.endAt;
  const isNewDay = isOfDay && t0 < startMs;
  const fromMs = Math.max(startMs, isNewDay ? startMs : t0);
  const used = isNewDay ? 0 : u0;
  const earlyMs = Math.min(2 * (impressionMinutes + reportMinutes) * minuteMs, (endMs - startMs) / 50);
  const finishMs = Math.floor(endMs - earlyMs);
  if (fromMs >= finishMs || used >= paced) return paced;
  const elapsedMs = Math.max(0, Math.min(atMs + leadMs, endMs) - fromMs);
  const planned = used + ((paced - used) * elapsedMs) / (finishMs - fromMs);
  return Math.min(paced, Math.floor(planned + 1e-6) + 1);
}
