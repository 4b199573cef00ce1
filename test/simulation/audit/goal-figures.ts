import type { Attributes } from '../../../lib/ports/state-store.ts';
import { numberOf } from './goal-items.ts';

/** What a report says of the goal of an ad; nothing, of one without a goal. */
export interface ShownGoal {
  readonly goal?: { readonly impressions: { readonly total?: number; readonly daily?: number } };
  readonly remaining?: number;
  readonly today?: { readonly date: string; readonly impressions: number; readonly remaining: number };
  readonly rights?: { readonly out: number; readonly returned: number };
  readonly pace?: { readonly planned: number; readonly ratio: number | null; readonly state: string };
}

const dayMs = 86_400_000;

/**
 * Whether these figures follow from the counter of an ad and its ledger. When a day begins, and what is planned, the
 * reports say by a clock of their own; so `planned` is taken as it is.
 */
export function isGoalShown(
  { goal, remaining, today, rights, pace }: ShownGoal,
  counter: Attributes | undefined,
  ledger: Attributes | undefined,
): boolean {
  if (goal === undefined) return rights === undefined && pace === undefined && remaining === undefined;
  if (rights === undefined || pace === undefined) return false;
  const { total, daily } = goal.impressions;
  const counted = numberOf(counter, 'total');
  const ofDay = numberOf(counter, `d${Date.parse(today?.date ?? '') / dayMs}`);
  const isOpen = ledger !== undefined && numberOf(ledger, 'generation') === numberOf(counter, 'generation');
  const paced = daily === undefined || today === undefined ? counted : ofDay;
  const ratio = pace.planned === 0 ? null : Math.round((paced / pace.planned) * 1e6) / 1e6;
  const isReached = (goalOf: number | undefined, count: number): boolean => count >= (goalOf ?? Infinity);
  return (
    remaining === leftOf(total, counted) &&
    (today === undefined || (today.impressions === ofDay && today.remaining === leftOf(daily, ofDay))) &&
    (rights.out === (isOpen ? Math.max(0, numberOf(ledger, 'used') - counted) : 0) ||
      // Of an ad that has ended none is out any more.
      (rights.out === 0 && today === undefined && ['done', 'over'].includes(pace.state))) &&
    rights.returned === (isOpen ? numberOf(ledger, 'returned') : 0) &&
    // Before its time an ad has no day, so nothing is paced yet.
    (pace.ratio === ratio || (daily !== undefined && today === undefined)) &&
    (pace.state === 'done' || !isReached(total, counted))
  );
}

function leftOf(goal: number | undefined, count: number): number | undefined {
  return goal === undefined ? undefined : Math.max(0, goal - count);
}
