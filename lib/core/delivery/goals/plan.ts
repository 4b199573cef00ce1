import type { DrawnLine, Lease, Ledger, Line, PlanStart } from './ledger.ts';
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
  /** Since when the goal is as it is; undefined: from before this span, or nobody knows. */
  readonly since: PlanStart | undefined;
  /** The ledger has the line of another goal, time or day, or none: the next lease draws this one. */
  readonly isUndrawn: boolean;
  /** And for the same goal, on an earlier day. */
  readonly isNextDay: boolean;
  /** The ledger has the line of a later day, which stays: another container's clock is ahead of this one's. */
  readonly isLate: boolean;
  /** The same as `paced` of what the ledger has: rights out and impressions counted. */
  readonly used: number;
  /** The same in all. */
  readonly usedInAll: number;
}

const minuteMs = 60_000;
/** Rights are out this much before their time, because a request comes after it was planned for. */
const leadMs = 5000;
/** The same wait as before a close (epoch.ts). */
const reportMinutes = 3;
/**
 * An ad that is further behind its line than this gets a new one, so that what is left is spread over the time that is
 * left. What comes back within the hour goes out again at once.
 */
const replanMs = 60 * minuteMs;
/** The same after a change of the ad, such as the end of a pause. */
const resumeMs = minuteMs;

/** What a plan needs to know of a ledger. */
export type PlannedLedger = Pick<Ledger, 'used' | 'days' | 'line' | 'since'>;

/** Of a ledger that is not there: the plan is straight over the whole time. */
export const nothingUsed: PlannedLedger = { used: 0, days: new Map(), line: undefined, since: undefined };

/** The plan of an ad at an instant, by its ledger. `days` is of the goal's time zone. */
export function planAt(
  goal: Goal,
  { startAt, endAt }: { readonly startAt: number; readonly endAt: number },
  ledger: PlannedLedger,
  { atMs, days, impressionMinutes }: PlanContext,
): Plan {
  const today = goal.daily === undefined ? undefined : days.at(atMs);
  const span = {
    startMs: Math.max(today?.startMs ?? startAt, startAt),
    endMs: Math.min(today?.endMs ?? endAt, endAt),
  };
  const paced = goal.daily ?? goal.total ?? 0;
  const used = today === undefined ? ledger.used : (ledger.days.get(today.day) ?? 0);
  const end = { t1: finishMs(span, impressionMinutes), u1: paced };
  const since = ledger.since !== undefined && isWithin(ledger.since.atMs, span) ? ledger.since : undefined;
  const { line, used: usedInAll } = ledger;
  const plan = { goal, paced, span, used, usedInAll, since };
  const drawn = { isUndrawn: false, isNextDay: false, isLate: false };
  // One from before its start is of another time: the start was moved.
  if (line?.t1 === end.t1 && line.u1 === end.u1 && line.t0 >= span.startMs)
    return { ...plan, ...drawn, line };
  if (today !== undefined && line !== undefined && line.t0 >= span.endMs)
    return { ...plan, ...drawn, isLate: true, line: { t0: span.startMs, u0: 0, ...end } };
  const isUndrawn = goal.pacing === 'even';
  const isNextDay = today !== undefined && line?.u1 === paced && line.t1 <= span.startMs;
  const isOther = isUndrawn && line !== undefined && !isNextDay;
  return {
    ...{ ...plan, ...drawn, isUndrawn, isNextDay, line: lineFrom(atMs, used, end) },
    // The goal is another one already, although nobody has asked since.
    since: isOther ? { atMs: Math.floor(atMs), used, usedInAll } : since,
  };
}

function lineFrom(atMs: number, used: number, { t1, u1 }: Pick<Line, 't1' | 'u1'>): Line {
  return { t0: Math.floor(atMs), u0: used, t1, u1 };
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

/**
 * The line that a ledger should get now; undefined: the one that it has is good. `isNew`: the ad was changed since. For
 * the same goal it is drawn anew only from below the line, to the same end: so it never frees a right before its time.
 */
export function newLine(plan: Plan, atMs: number, isNew: boolean): DrawnLine | undefined {
  const { line, used } = plan;
  if (plan.isUndrawn)
    return { line, since: plan.isNextDay ? undefined : { atMs: line.t0, used, usedInAll: plan.usedInAll } };
  if (plan.isLate) return undefined;
  const behindMs = isNew ? resumeMs : replanMs;
  if (plan.goal.pacing === 'asap' || atMs - line.t0 < behindMs || used >= onLine(plan, atMs - behindMs))
    return undefined;
  return { line: lineFrom(atMs, used, line), since: undefined };
}

/** undefined: everything may be out at once. */
function slopeOf({
  goal,
  span,
  line,
}: Plan): { readonly fromMs: number; readonly lastsMs: number; readonly rights: number } | undefined {
  if (goal.pacing === 'asap' || line.u0 >= line.u1) return undefined;
  const fromMs = clamp(line.t0, span);
  const lastsMs = line.t1 - fromMs;
  return lastsMs <= 0 ? undefined : { fromMs, lastsMs, rights: line.u1 - line.u0 };
}

/** A plan ends before its time does, so that rights that come back can go out again. */
function finishMs({ startMs, endMs }: Span, impressionMinutes: number): number {
  const earlyMs = Math.min(2 * (impressionMinutes + reportMinutes) * minuteMs, (endMs - startMs) / 50);
  return Math.floor(endMs - earlyMs);
}

function isWithin(atMs: number, { startMs, endMs }: Span): boolean {
  return startMs <= atMs && atMs < endMs;
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

/**
 * The impressions that the plan has by an instant: a straight line from when the goal became what it is, or from the start
 * of the span.
 */
export function plannedAt(plan: Plan, atMs: number): number {
  const { atMs: fromMs, used } = plan.since ?? { atMs: plan.span.startMs, used: 0 };
  return atMs < fromMs ? used : onLine({ ...plan, line: { ...plan.line, t0: fromMs, u0: used } }, atMs);
}

/** How an ad does against `plannedAt`. `counted`: impressions of the day, or in all. */
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

/** Whether an ad has so much less than its plan that its goal is at risk. Rights out count as used. */
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
