import { closableAtMs, epochAt } from '../epoch.ts';
import type { CountedRights } from './counted-rights.ts';
import type { Ledger, PlanStart } from './ledger.ts';
import { nothingUsed, paceAt, planAt, plannedAt, type Pace, type PlannedLedger } from './plan.ts';
import type { GoalAd } from './standing.ts';

/** How far an ad has come with its goal. */
export interface GoalReport {
  /** Impressions that are left of the goal in all; undefined: it has none in all. */
  readonly remaining: number | undefined;
  /** Of a goal for each day, while the ad runs. */
  readonly today: GoalDay | undefined;
  readonly rights: {
    /** Leased, and neither seen nor back; 0 once no impression of the ad can come any more. */
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
  const since = isOpen ? ledger.since : undefined;
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
      out:
        isOpen && atMs < closableAtMs(epochAt(ad.endAt, impressionMinutes), impressionMinutes)
          ? Math.max(0, ledger.used - counter.total)
          : 0,
      returned: isOpen ? ledger.returned : 0,
    },
    pace: pace(),
  };

  function pace(): Pace {
    if (goal.daily !== undefined && atMs >= ad.endAt) return paceOfAllDays(goal.daily);
    const plan = planAt(goal, ad, isOpen ? ledger : nothingUsed, { atMs, days, impressionMinutes });
    const ofPlan = paceAt(plan, goal.daily === undefined ? counter.total : ofDay, atMs);
    const isDone = goal.total !== undefined && counter.total >= goal.total;
    return isDone ? { ...ofPlan, state: 'done' } : ofPlan;
  }

  function paceOfAllDays(daily: number): Pace {
    const { atMs: fromMs, used, usedInAll } = planStart(ad, since);
    const count = daysBefore(ad, fromMs, ad.endAt - 1) + 1;
    const planned = Math.min(goal.total ?? Infinity, usedInAll - used + count * daily);
    return {
      planned,
      ratio: counter.total / planned,
      state: counter.total >= planned ? 'done' : 'over',
    };
  }
}

/** From where the goal is planned: a goal that was set before the ad's start, from its start. */
function planStart({ startAt }: GoalAd, since: PlanStart | undefined): PlanStart {
  return since !== undefined && since.atMs > startAt ? since : { atMs: startAt, used: 0, usedInAll: 0 };
}

/** The local days from one instant's to another's, this one excluded. */
function daysBefore({ goal: { days } }: GoalAd, fromMs: number, atMs: number): number {
  return days.at(atMs).day - days.at(fromMs).day;
}

/**
 * The impressions that the plan of an ad has from one instant to another, for many of them; undefined: as soon as possible
 * is no plan over time. It is that of the present goal: nothing before it was set, or changed.
 */
export function plannedBetween(
  ad: GoalAd,
  { since }: Pick<PlannedLedger, 'since'>,
  impressionMinutes: number,
): ((fromMs: number, toMs: number) => number) | undefined {
  const { of: goal, days } = ad.goal;
  if (goal.pacing === 'asap') return undefined;
  const from = planStart(ad, since);
  const ledger = { ...nothingUsed, since: from };
  const { daily, total = Infinity } = goal;
  const plannedBy = (atMs: number): number => {
    if (atMs <= from.atMs) return from.used;
    const inTimeMs = daily === undefined ? atMs : Math.min(atMs, ad.endAt - 1);
    const plan = planAt(goal, ad, ledger, { atMs: inTimeMs, days, impressionMinutes });
    const ofDaysBefore = daily === undefined ? 0 : daysBefore(ad, from.atMs, inTimeMs) * daily;
    return Math.min(total - from.usedInAll + from.used, ofDaysBefore + plannedAt(plan, atMs));
  };
  let last = { atMs: -Infinity, planned: 0 };
  return (fromMs, toMs) => {
    // One bucket begins where the one before ended.
    const before = last.atMs === fromMs ? last.planned : plannedBy(fromMs);
    last = { atMs: toMs, planned: plannedBy(toMs) };
    return last.planned - before;
  };
}
