import { forEachConcurrently } from '../../core/concurrently.ts';
import { readLedger } from '../../core/delivery/goals/ledger.ts';
import { isStateStoreError, readItemsMax } from '../../ports/state-store.ts';
import { ledgerKey } from '../state-keys.ts';
import { closeEveryMs, hasOverdue, takeBack, type TakeBackPorts } from './take-back.ts';

/** Containers that decide for an ad have closed its epochs by then. */
export const sweptAfterMs = closeEveryMs + 5 * 60_000;
/** Ads of one run that are closed or take rights back; the next run continues. */
const adsPerRunMax = 1000;
const concurrentAdsMax = 16;

/**
 * Closes the epochs of ads that nobody asks for any more, and takes their rights back, as a container would that asks.
 * `ads`: those with a goal. Resolves to how many it has looked after; what a failure of the store leaves is left to
 * the next run.
 */
export async function sweepRights(deps: TakeBackPorts, ads: readonly string[]): Promise<number> {
  const { state, clock, settings, telemetry } = deps;
  const { impressionMinutes } = settings.delivery;
  const overdue: string[] = [];
  try {
    for (let start = 0; start < ads.length && overdue.length < adsPerRunMax; start += readItemsMax) {
      const page = ads.slice(start, start + readItemsMax);
      const items = await state.getMany(page.map(ledgerKey), { consistency: 'eventual' });
      const nowMs = clock.nowMs();
      page.forEach((ad, index) => {
        const ledger = readLedger(items[index]);
        if (ledger !== undefined && hasOverdue(ledger, { sinceMs: sweptAfterMs, nowMs, impressionMinutes }))
          overdue.push(ad);
      });
    }
    await forEachConcurrently(overdue.slice(0, adsPerRunMax), concurrentAdsMax, async (ad) => {
      await takeBack(deps, ad, { closeAfterMs: sweptAfterMs });
    });
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    telemetry.warn('the rights of ads cannot be swept', { code: error.code });
  }
  return overdue.length;
}
