import type { CountedRights } from './counted-rights.ts';
import type { Ledger } from './ledger.ts';
import { nothingUsed, paceAt, planAt, plannedAt, type Pace, type Plan } from './plan.ts';
import type { GoalAd } from './standing.ts';

/** How far an ad has come with its goal. */
export interface GoalReport {
  /** Impressions that are left of the goal in all; undefined: it has none in all. */
  readonly remaining: number | undefined;
  /** Of a goal for each day, while the ad runs. */
  readonly today: GoalDay | undefined;
  readonly rights: {
    /** Leased, and neither seen nor back. */
    readonly out: number;
    /** Those that came back since the goal was set, because nobody saw what they were spent on. */
    readonly returned: number;
  };
  /** Of the day, or in all; once the ad has ended, in all. */
  readonly pace: Pace;
}

export interface GoalDay {
  /** The local date, in days since 1970. */
  readonly day: number;
  readonly impressions: number;
  readonly remaining: number;
}

interface ReportContext {
  readonly atMs: number;
  readonly impressionMinutes: number;
}

/** `counter` was read before `ledger`, so that no impression is missing among the rights that are out. */
export function reportGoal(
  ad: GoalAd,
  { counter, ledger }: { readonly counter: CountedRights; readonly ledger: Ledger | undefined },
  { atMs, impressionMinutes }: ReportContext,
): GoalReport {
  const { of: goal, days } = ad.goal;
  const isOpen = ledger !== undefined && ledger.generation === counter.generation;
  const { day } = days.at(atMs);
  const ofDay = counter.days.get(day) ?? 0;
  const hasToday = ad.startAt <= atMs && atMs < ad.endAt;
  return {
    remaining: goal.total === undefined ? undefined : Math.max(0, goal.total - counter.total),
    today:
      goal.daily !== undefined && hasToday
        ? { day, impressions: ofDay, remaining: Math.max(0, goal.daily - ofDay) }
        : undefined,
    rights: {
      out: isOpen ? Math.max(0, ledger.used - counter.total) : 0,
      returned: isOpen ? ledger.returned : 0,
    },
    pace: pace(),
  };

  function pace(): Pace {
    if (goal.daily !== undefined && atMs >= ad.endAt) return paceOfAllDays(goal.daily);
    const plan = planAt(goal, ad, nothingUsed, { atMs, days, impressionMinutes });
    const ofPlan = paceAt(plan, goal.daily === undefined ? counter.total : ofDay, atMs);
    const isDone = goal.total !== undefined && counter.total >= goal.total;
    return isDone ? { ...ofPlan, state: 'done' } : ofPlan;
  }

  function paceOfAllDays(daily: number): Pace {
    const planned = allDays(ad, daily);
    return {
      planned,
      ratio: counter.total / planned,
      state: counter.total >= planned ? 'done' : 'over',
    };
  }
}

function allDays({ goal: { of: goal, days }, startAt, endAt }: GoalAd, daily: number): number {
  const count = days.at(endAt - 1).day - days.at(startAt).day + 1;
  return Math.min(goal.total ?? Infinity, count * daily);
}

/**
 * The impressions that the plan of an ad has from one instant to another, for many of them; undefined: as soon as possible
 * is no plan over time. It is that of the present goal, also for the time before it was set.
 */
export function plannedBetween(
  ad: GoalAd,
  impressionMinutes: number,
): ((fromMs: number, toMs: number) => number) | undefined {
  const { of: goal, days } = ad.goal;
  if (goal.pacing === 'asap') return undefined;
  const planOf = (atMs: number): Plan => planAt(goal, ad, nothingUsed, { atMs, days, impressionMinutes });
  const { daily, total = Infinity } = goal;
  let firstDay: number | undefined;
  const plannedBy = (atMs: number): number => {
    if (atMs <= ad.startAt) return 0;
    if (daily === undefined) return plannedAt(planOf(atMs), atMs);
    const inTimeMs = Math.min(atMs, ad.endAt - 1);
    firstDay ??= days.at(ad.startAt).day;
    const before = (days.at(inTimeMs).day - firstDay) * daily;
    return Math.min(total, before + plannedAt(planOf(inTimeMs), atMs));
  };
  let last = { atMs: -Infinity, planned: 0 };
  return (fromMs, toMs) => {
    // One bucket begins where the one before ended.
    const from = last.atMs === fromMs ? last.planned : plannedBy(fromMs);
    last = { atMs: toMs, planned: plannedBy(toMs) };
    return last.planned - from;
  };
}
