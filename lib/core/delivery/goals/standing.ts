import { closableAtMs, dayOfEpoch, epochAt } from '../epoch.ts';
import type { CountedRights } from './counted-rights.ts';
import { freeRights, refusalOf, type Ledger } from './ledger.ts';
import type { LocalDays } from './local-days.ts';
import { openingOf } from './opening.ts';
import {
  isBehind,
  leaseLimits,
  newLine,
  nextRightAt,
  planAt,
  rightsBy,
  type Goal,
  type Plan,
} from './plan.ts';

/** A goal, and the days of its time zone. */
export interface ZonedGoal {
  readonly of: Goal;
  readonly days: LocalDays;
}

/** An ad with a goal. */
export interface GoalAd {
  /** Of its last change; each later one is above it. */
  readonly version: number;
  readonly generation: number;
  /** Milliseconds since 1970, the end excluded. */
  readonly startAt: number;
  readonly endAt: number;
  readonly goal: ZonedGoal;
}

/**
 * Whether decisions may choose an ad with a goal.
 * `done`: nothing remains of its goal until it ends.
 * `waiting`: it gets no right before `untilMs`, milliseconds since 1970: the plan frees one, rights that nobody saw come
 * back, or the next day begins. undefined: once its ledger is open, which the first decision orders.
 * `behind`: it is ready, and goes before the others of its priority.
 */
export type GoalStanding =
  | { readonly state: 'done' | 'ready' | 'behind' }
  | { readonly state: 'waiting'; readonly untilMs: number | undefined };

export interface StandingContext {
  readonly atMs: number;
  readonly impressionMinutes: number;
  /** The container has a right of the ad in hand. */
  readonly hasRight: boolean;
}

/** How an ad with a goal stands while it runs, by the items of its counter and its ledger. */
export function standingAt(
  ad: GoalAd,
  { counter, ledger }: { readonly counter: CountedRights; readonly ledger: Ledger | undefined },
  { atMs, impressionMinutes, hasRight }: StandingContext,
): GoalStanding {
  const { of: goal, days } = ad.goal;
  const today = days.at(atMs);
  const nextDayMs = today.endMs < ad.endAt ? today.endMs : undefined;
  if (isReached(goal.total, counter.total)) return { state: 'done' };
  if (isReached(goal.daily, counter.days.get(today.day) ?? 0)) return waitingUnlessOver(nextDayMs);
  // A ledger of a newer version is of an ad that was restored, or of one that this catalog does not know yet.
  if (ledger === undefined || ledger.plan > ad.version || openingOf(ad, counter, ledger).status !== 'open')
    return { state: 'waiting', untilMs: undefined };

  const plan = presentPlan(ledger);
  const epoch = epochAt(atMs, impressionMinutes, today.day);
  const limits = leaseLimits(plan, atMs);
  if (!hasRight) {
    if (freeRights(ledger, { epoch, ...limits }) < 1) return untilFreed(ledger);
    const lease = { rights: 1, epoch, plan: ledger.plan, generation: ledger.generation, ...limits };
    if (refusalOf(ledger, lease, impressionMinutes) === 'too-many-open')
      return { state: 'waiting', untilMs: returnsAt(ledger, () => true) };
  }
  const isEven = goal.pacing === 'even';
  return { state: isEven && isBehind(plan.paced, rightsBy(plan, atMs), plan.used) ? 'behind' : 'ready' };

  /** With the line that the next lease draws where the ad was changed after the ledger's last one. */
  function presentPlan(ledger: Ledger): Plan {
    const plan = planAt(goal, ad, ledger, { atMs, days, impressionMinutes });
    const drawn = ledger.plan < ad.version ? newLine(plan, atMs, true) : undefined;
    return { ...plan, line: drawn?.line ?? plan.line };
  }

  function untilFreed(ledger: Ledger): GoalStanding {
    if (isReached(goal.total, ledger.used)) return waitingUnlessOver(returnsAt(ledger, () => true));
    const nextMs = nextRightAt(plan);
    if (nextMs !== undefined) return { state: 'waiting', untilMs: nextMs };
    const returnsMs = returnsAt(ledger, (epoch) => dayOfEpoch(epoch) === today.day);
    return waitingUnlessOver(earliest([returnsMs, nextDayMs]));
  }

  /** When the first rights that nobody has seen yet can come back; undefined: there are none. */
  function returnsAt({ leased }: Ledger, isMeant: (epoch: number) => boolean): number | undefined {
    for (const [epoch, rights] of leased) {
      if (isMeant(epoch) && rights > (counter.counted.get(epoch) ?? 0))
        return Math.max(atMs, closableAtMs(epoch, impressionMinutes));
    }
    return undefined;
  }
}

/** The earliest of some instants; undefined where none is known. */
export function earliest(instants: readonly (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function isReached(goal: number | undefined, impressions: number): boolean {
  return goal !== undefined && impressions >= goal;
}

function waitingUnlessOver(untilMs: number | undefined): GoalStanding {
  return untilMs === undefined ? { state: 'done' } : { state: 'waiting', untilMs };
}
