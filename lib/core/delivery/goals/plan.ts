import type { Lease, Ledger, Line } from './ledger.ts';
import type { LocalDays } from './local-days.ts';

/** What an ad should reach, and how fast. At least one of the two numbers is there; both are impressions. */
export interface Goal {
  readonly total?: number;
  /** Of each local day; what a day leaves is not carried over. With a total too, the days are paced and it is a bound. */
  readonly daily?: number;
  /** `even`: spread over the time that there is. `asap`: as soon as somebody asks. */
  readonly pacing: 'even' | 'asap';
}

/** The time that a goal is spread over: instants in milliseconds since 1970, the end excluded. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** What a plan is made of, at an instant. */
export interface Plan {
  readonly goal: Goal;
  /** The impressions that are paced: of the day, or in all. */
  readonly paced: number;
  /** The ad's own time, of a daily goal only the part of it in the local day. */
  readonly span: Span;
  readonly line: Line;
  /** The same as `paced` of what the ledger has: rights out and impressions counted. */
  readonly used: number;
  readonly impressionMinutes: number;
}

const minuteMs = 60_000;
/** Rights are out this much before their time, because a request comes after it was planned for. */
const leadMs = 5000;
/** The same wait as before a close (epoch.ts). */
const reportMinutes = 3;
/** A line is drawn anew this often, so that what is left is spread over the time that is left. */
const replanMs = 60 * minuteMs;
/** And with a new plan, as after a pause; but not more often than this. */
const resumeMs = minuteMs;

/** Of a ledger that is not there, or whose rights do not matter: the plan is straight over the whole time. */
export const nothingUsed: Pick<Ledger, 'used' | 'days' | 'line'> = {
  used: 0,
  days: new Map(),
  line: { t0: 0, u0: 0 },
};

/** The plan of an ad at an instant, by its ledger. `days` is of the goal's time zone. */
export function planAt(
  goal: Goal,
  { startAt, endAt }: { readonly startAt: number; readonly endAt: number },
  ledger: Pick<Ledger, 'used' | 'days' | 'line'>,
  { atMs, days, impressionMinutes }: PlanContext,
): Plan {
  if (goal.daily === undefined) {
    const span = { startMs: startAt, endMs: endAt };
    return { goal, paced: goal.total ?? 0, span, line: ledger.line, used: ledger.used, impressionMinutes };
  }
  const { day, startMs, endMs } = days.at(atMs);
  const span = { startMs: Math.max(startMs, startAt), endMs: Math.min(endMs, endAt) };
  // A day begins with a line of its own.
  const line = ledger.line.t0 < span.startMs ? { t0: span.startMs, u0: 0 } : ledger.line;
  return { goal, paced: goal.daily, span, line, used: ledger.days.get(day) ?? 0, impressionMinutes };
}

export interface PlanContext {
  readonly atMs: number;
  readonly days: LocalDays;
  readonly impressionMinutes: number;
}

/** How many of the paced rights may be out at an instant: those of the line a little later, and one. */
export function rightsBy(plan: Plan, atMs: number): number {
  return Math.min(plan.paced, onLine(plan, atMs + leadMs) + 1);
}

/**
 * Where the line from (t0, u0) to the whole goal, a little before the end, is at an instant. Whole rights, and exact: a
 * goal times milliseconds does not fit a float.
 */
function onLine(plan: Plan, atMs: number): number {
  const slope = slopeOf(plan);
  if (slope === undefined) return plan.paced;
  const elapsedMs = Math.max(0, clamp(Math.floor(atMs), plan.span) - slope.fromMs);
  const rights = (BigInt(slope.rights) * BigInt(elapsedMs)) / BigInt(slope.lastsMs);
  return Math.min(plan.paced, plan.line.u0 + Number(rights));
}

/** How many rights a lease may leave out. */
export function leaseLimits(plan: Plan, atMs: number): Pick<Lease, 'totalMax' | 'dayMax'> {
  const { daily, total } = plan.goal;
  const now = rightsBy(plan, atMs);
  return daily === undefined ? { totalMax: now, dayMax: undefined } : { totalMax: total, dayMax: now };
}

/**
 * When the plan frees the next right, milliseconds since 1970; undefined: it has none left, so only rights that come
 * back, or the next day, have one.
 */
export function nextRightAt(plan: Plan): number | undefined {
  const { used, paced, line, span } = plan;
  if (used >= paced) return undefined;
  const slope = slopeOf(plan);
  if (slope === undefined || used <= line.u0) return span.startMs;
  const wanted = BigInt(used - line.u0) * BigInt(slope.lastsMs);
  const rights = BigInt(slope.rights);
  return slope.fromMs + Number((wanted + rights - 1n) / rights) - leadMs;
}

/** How long the plan takes from one right to the next, milliseconds; 0: all of them are free. */
export function accrualMs(plan: Plan): number {
  const slope = slopeOf(plan);
  return slope === undefined ? 0 : slope.lastsMs / slope.rights;
}

/** The line that a ledger should get now; undefined: the one that it has is good. `isNew`: with a newer plan. */
export function newLine(plan: Plan, atMs: number, isNew: boolean): Line | undefined {
  if (!isNew && (plan.goal.pacing === 'asap' || atMs - plan.line.t0 < replanMs)) return undefined;
  if (isNew && Math.abs(atMs - plan.line.t0) < resumeMs) return undefined;
  return { t0: Math.floor(atMs), u0: plan.used };
}

/** undefined: everything may be out at once. */
function slopeOf({
  goal,
  paced,
  span,
  line,
  impressionMinutes,
}: Plan): { readonly fromMs: number; readonly lastsMs: number; readonly rights: number } | undefined {
  if (goal.pacing === 'asap' || line.u0 >= paced) return undefined;
  const fromMs = clamp(line.t0, span);
  const lastsMs = finishMs(span, impressionMinutes) - fromMs;
  return lastsMs <= 0 ? undefined : { fromMs, lastsMs, rights: paced - line.u0 };
}

/** A plan ends before its time does, so that rights that come back can go out again. */
function finishMs({ startMs, endMs }: Span, impressionMinutes: number): number {
  const earlyMs = Math.min(2 * (impressionMinutes + reportMinutes) * minuteMs, (endMs - startMs) / 50);
  return Math.floor(endMs - earlyMs);
}

function clamp(atMs: number, { startMs, endMs }: Span): number {
  return Math.min(Math.max(atMs, startMs), Math.max(startMs, endMs));
}

/**
 * `waiting`: its time has not come. `done`: the goal is reached. `over`: its time is over and the goal was not reached.
 * `behind`: it has less than the plan by more than a small part of the goal.
 */
export type PaceState = 'waiting' | 'done' | 'over' | 'behind' | 'on-plan';

export interface Pace {
  /** Impressions that the plan has by now. */
  readonly planned: number;
  /** Those counted, as a part of them; undefined: none is planned yet. */
  readonly ratio: number | undefined;
  readonly state: PaceState;
}

/** The impressions that the straight line over the whole span has by an instant. */
export function plannedAt(plan: Plan, atMs: number): number {
  const { startMs } = plan.span;
  return atMs < startMs ? 0 : onLine({ ...plan, line: { t0: startMs, u0: 0 } }, atMs);
}

/** How an ad does against the straight line over its whole span. `counted`: impressions of the day, or in all. */
export function paceAt(plan: Plan, counted: number, atMs: number): Pace {
  const { goal, paced, span } = plan;
  const hasBegun = atMs >= span.startMs;
  const planned = plannedAt(plan, atMs);
  const ratio = planned > 0 ? counted / planned : undefined;
  return { planned, ratio, state: stateOf() };

  function stateOf(): PaceState {
    if (counted >= paced) return 'done';
    if (!hasBegun) return 'waiting';
    if (atMs >= span.endMs) return 'over';
    return goal.pacing === 'even' && isBehind(paced, planned, counted) ? 'behind' : 'on-plan';
  }
}

/** Whether an ad has so much less than the straight line that its goal is at risk. Rights out count as used. */
export function isFarBehind(plan: Plan, atMs: number): boolean {
  const { planned, state } = paceAt(plan, plan.used, atMs);
  return state === 'behind' && plan.used < farBehindShare * planned;
}

/** Less than this part of what is planned. */
const farBehindShare = 0.8;

/** Whether an ad goes first among those of its priority: it has less than it may have by much. */
export function isBehind(paced: number, planned: number, used: number): boolean {
  return planned - used > Math.max(8, paced / 100);
}
