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

/** A plan is straight from `u0` rights at `t0` to `u1` at `t1`. */
export interface AuditedLine {
  readonly t0: number;
  readonly u0: number;
  readonly t1: number;
  readonly u1: number;
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
  { t0, u0 }: Pick<AuditedLine, 't0' | 'u0'>,
  { atMs, day, impressionMinutes }: { atMs: number; day: number; impressionMinutes: number },
): number {
  const { daily, total = Infinity, pacing } = goal;
  const paced = daily ?? total;
  if (pacing === 'asap') return paced;
  const { startMs, endMs, finishMs } = spanOf(goal, day, impressionMinutes);
  const isNewDay = daily !== undefined && t0 < startMs;
  const fromMs = Math.max(startMs, isNewDay ? startMs : t0);
  const used = isNewDay ? 0 : u0;
  if (fromMs >= finishMs || used >= paced) return paced;
  const elapsedMs = Math.max(0, Math.min(atMs + leadMs, endMs) - fromMs);
  const planned = used + ((paced - used) * elapsedMs) / (finishMs - fromMs);
  return Math.min(paced, Math.floor(planned + 1e-6) + 1);
}

/** Where the line of a goal ends, of a daily one in the local day: all of it, a little before the end of its time. */
export function lineEnd(
  goal: AuditedGoal,
  { day, impressionMinutes }: { day: number; impressionMinutes: number },
): Pick<AuditedLine, 't1' | 'u1'> {
  return { t1: spanOf(goal, day, impressionMinutes).finishMs, u1: goal.daily ?? goal.total ?? Infinity };
}

function spanOf(
  { daily, timezone = 'UTC', startAt, endAt }: AuditedGoal,
  day: number,
  impressionMinutes: number,
) {
  const startMs = daily === undefined ? startAt : Math.max(startAt, dayStartMs(timezone, day));
  const endMs = daily === undefined ? endAt : Math.min(endAt, dayStartMs(timezone, day + 1));
  const earlyMs = Math.min(2 * (impressionMinutes + reportMinutes) * minuteMs, (endMs - startMs) / 50);
  return { startMs, endMs, finishMs: Math.floor(endMs - earlyMs) };
}

/** Rights of a line at an instant, in parts. */
export function onLine({ t0, u0, t1, u1 }: AuditedLine, atMs: number): number {
  return u0 + (u1 - u0) * Math.min(1, Math.max(0, (atMs - t0) / (t1 - t0)));
}
