import { forEachConcurrently } from '../../core/concurrently.ts';
import { readLedger } from '../../core/delivery/goals/ledger.ts';
import { isFarBehind, nothingUsed, planAt, type PlannedLedger } from '../../core/delivery/goals/plan.ts';
import { isStateStoreError, readItemsMax } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import { ledgerKey } from '../state-keys.ts';
import type { RightsAd } from './ad-rights.ts';
import { closeEveryMs, hasOverdue, takeBack, type TakeBackPorts } from './take-back.ts';

/** Containers that decide for an ad have closed its epochs by then. */
export const sweptAfterMs = closeEveryMs + 5 * 60_000;
/** Ads of one run that are closed or take rights back; the next run continues. */
const adsPerRunMax = 1000;
const concurrentAdsMax = 16;

export interface SweptAd extends RightsAd {
  readonly isPaused: boolean;
}

/**
 * Closes the epochs of ads that nobody asks for any more, and takes their rights back, as a container would that asks;
 * and counts the goals that are far behind their plans, and those with impressions that had no right. `ads`: those with a goal. Resolves to how many it has looked
 * after; what a failure of the store leaves is left to the next run.
 */
export async function sweepRights(deps: TakeBackPorts, ads: readonly SweptAd[]): Promise<number> {
  const { state, clock, settings, telemetry } = deps;
  const { impressionMinutes } = settings.delivery;
  const overdue: string[] = [];
  let behind = 0;
  let over = 0;
  try {
    for (let start = 0; start < ads.length; start += readItemsMax) {
      const page = ads.slice(start, start + readItemsMax);
      const items = await state.getMany(
        page.map(({ id }) => ledgerKey(id)),
        { consistency: 'eventual' },
      );
      const nowMs = clock.nowMs();
      page.forEach((ad, index) => {
        const ledger = readLedger(items[index]);
        if (needsHelp(ad, ledger ?? nothingUsed, { atMs: nowMs, impressionMinutes })) behind += 1;
        if (ledger !== undefined && ledger.over > 0) over += 1;
        if (ledger !== undefined && hasOverdue(ledger, { sinceMs: sweptAfterMs, nowMs, impressionMinutes }))
          overdue.push(ad.id);
      });
    }
    if (behind > 0) telemetry.count(metrics.goalsBehind, behind);
    if (over > 0) telemetry.count(metrics.goalsOver, over);
    await forEachConcurrently(overdue.slice(0, adsPerRunMax), concurrentAdsMax, async (ad) => {
      await takeBack(deps, ad, { closeAfterMs: sweptAfterMs });
    });
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    telemetry.warn('the rights of ads cannot be swept', { code: error.code });
  }
  return overdue.length;
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
