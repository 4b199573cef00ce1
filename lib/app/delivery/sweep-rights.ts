import { forEachConcurrently } from '../../core/concurrently.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { readCountedRights, type CountedRights } from '../../core/delivery/goals/counted-rights.ts';
import { readLedger, type Ledger } from '../../core/delivery/goals/ledger.ts';
import { isFarBehind, nothingUsed, planAt, type PlannedLedger } from '../../core/delivery/goals/plan.ts';
import { isStateStoreError, readItemsMax } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import { counterKey, ledgerKey } from '../state-keys.ts';
import type { RightsAd } from './ad-rights.ts';
import { closeEveryMs, hasOverdue, readGoalItems, takeBack, type TakeBackPorts } from './take-back.ts';

/** Containers that decide for an ad have closed its epochs by then. */
export const sweptAfterMs = closeEveryMs + 5 * 60_000;
/** Ads of one run that are closed or take rights back; the next run continues. */
const adsPerRunMax = 1000;
const concurrentAdsMax = 16;
/** One is enough to ring. */
const suspectsPerRunMax = 20;
/** Where the store fails this often, it fails for the others too. */
const failuresPerRunMax = 50;

/** Where the next run begins, so that ads that cannot be closed do not keep all others from their turn. */
export interface SweepTurn {
  /** The id of the last ad whose turn it was. */
  after: string;
}

export interface SweptAd extends RightsAd {
  readonly isPaused: boolean;
}

/**
 * Closes the epochs of ads that nobody asks for any more, and takes their rights back, as a container would that asks;
 * and counts the goals that are far behind their plans, and those with impressions that had no right. `ads`: those with a
 * goal. Resolves to how many it has looked after; what a failure of the store leaves is left to a later run. `turn` is for the next run to go on with.
 */
export async function sweepRights(
  deps: TakeBackPorts,
  ads: readonly SweptAd[],
  turn: SweepTurn = { after: '' },
): Promise<number> {
  const { state, clock, settings, telemetry } = deps;
  const { impressionMinutes } = settings.delivery;
  const overdue: string[] = [];
  let behind = 0;
  let over = 0;
  const suspects: string[] = [];
  const failed = new Set<string>();
  try {
    for (let start = 0; start < ads.length; start += readItemsMax) {
      const page = ads.slice(start, start + readItemsMax);
      // Counters first: what is counted was leased before.
      const counters = await state.getMany(
        page.map(({ id }) => counterKey(deliveryKey(id, 'impression'))),
        { consistency: 'eventual' },
      );
      const items = await state.getMany(
        page.map(({ id }) => ledgerKey(id)),
        { consistency: 'eventual' },
      );
      const nowMs = clock.nowMs();
      page.forEach((ad, index) => {
        const ledger = readLedger(items[index]);
        if (needsHelp(ad, ledger ?? nothingUsed, { atMs: nowMs, impressionMinutes })) behind += 1;
        if (ledger === undefined) return;
        if (ledger.over > 0) over += 1;
        else if (isOver(readCountedRights(counters[index]), ledger)) suspects.push(ad.id);
        if (hasOverdue(ledger, { sinceMs: sweptAfterMs, nowMs, impressionMinutes })) overdue.push(ad.id);
      });
    }
    // Or one of the two reads was old. Until their epoch is closed, nothing else shows these impressions.
    for (const ad of suspects.slice(0, suspectsPerRunMax)) {
      const { counter, ledger } = await readGoalItems(deps, ad);
      if (ledger !== undefined && isOver(counter, ledger)) over += 1;
    }
    await forEachConcurrently(inTurn(overdue, turn).slice(0, adsPerRunMax), concurrentAdsMax, lookAfter);
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    telemetry.warn('the rights of ads cannot be swept', { code: error.code });
  } finally {
    if (behind > 0) telemetry.count(metrics.goalsBehind, behind);
    if (over > 0) telemetry.count(metrics.goalsOver, over);
  }
  return overdue.length;

  async function lookAfter(ad: string): Promise<void> {
    if (failed.size >= failuresPerRunMax) return;
    turn.after = ad;
    try {
      await takeBack(deps, ad, { closeAfterMs: sweptAfterMs });
    } catch (error) {
      if (!isStateStoreError(error)) throw error;
      failed.add(ad);
      telemetry.warn('the rights of an ad cannot be swept', { code: error.code });
    }
  }
}

/** By id, those after the last one first. */
function inTurn(ads: readonly string[], { after }: SweepTurn): readonly string[] {
  const sorted = ads.toSorted();
  const next = sorted.findIndex((ad) => ad > after);
  return next < 0 ? sorted : [...sorted.slice(next), ...sorted.slice(0, next)];
}

/** Whether impressions were counted without a right, which no close has found yet. */
function isOver(counter: CountedRights, { generation, used }: Pick<Ledger, 'generation' | 'used'>): boolean {
  return counter.generation === generation && counter.total > used;
}

/** A pause is meant: nobody has to look. */
function needsHelp(
  { goal, startAt, endAt, isPaused }: SweptAd,
  ledger: PlannedLedger,
  at: { readonly atMs: number; readonly impressionMinutes: number },
): boolean {
  if (goal === undefined || isPaused) return false;
  return isFarBehind(planAt(goal.of, { startAt, endAt }, ledger, { ...at, days: goal.days }), at.atMs);
}
