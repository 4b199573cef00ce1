import { forEachConcurrently } from '../../core/concurrently.ts';
import type { Ad } from '../../core/ads/ad.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { readCountedRights } from '../../core/delivery/goals/counted-rights.ts';
import { readItemsMax } from '../../ports/state-store.ts';
import { parseHead } from '../ads/ad-head.ts';
import { bringUpTo, StateFollower } from '../ads/ad-recovery.ts';
import type { Ports } from '../ports.ts';
import { counterKey, headKey, ledgerKey } from '../state-keys.ts';
import { createGoalReports, type AdGoalReport } from './goal-reports.ts';

type Deps = Pick<Ports, 'state' | 'blobs' | 'clock' | 'settings' | 'telemetry'>;

export interface ListedGoal {
  readonly ad: Ad;
  readonly impressions: number;
  readonly report: AdGoalReport;
}

/** How far each live ad with a goal is. Rejects with a StateStoreError or a ChangeLogGapError. */
export async function listGoals(deps: Deps): Promise<readonly ListedGoal[]> {
  const reports = createGoalReports(deps);
  const ads = await adsWithGoals(deps);
  const listed: ListedGoal[] = [];
  for (let start = 0; start < ads.length; start += readItemsMax) {
    const page = ads.slice(start, start + readItemsMax);
    const items = await deps.state.getMany(page.map(({ id }) => counterKey(deliveryKey(id, 'impression'))));
    const counted = page.map((ad, index) => ({ ad, counter: readCountedRights(items[index]) }));
    const found = await reports.read(counted);
    counted.forEach(({ ad, counter }, index) => {
      const report = found[index];
      if (report !== undefined) listed.push({ ad, impressions: counter.total, report });
    });
  }
  return listed;
}

const concurrentDeletes = 16;

/**
 * Deletes the ledgers of all live ads with a goal, and resolves to how many ads these are. After a restore nobody knows
 * which rights are out: the next decision for an ad begins a generation with what was counted, behind which impressions
 * of earlier decisions are late. Nothing is shown too often if it runs twice, or stops half-way.
 */
export async function resetLedgers(deps: Omit<Deps, 'clock' | 'settings'>): Promise<number> {
  const ads = await adsWithGoals(deps);
  await forEachConcurrently(ads, concurrentDeletes, async ({ id }) => {
    await deps.state.write({ type: 'delete', key: ledgerKey(id) });
  });
  return ads.length;
}

async function adsWithGoals(deps: Omit<Deps, 'clock' | 'settings'>): Promise<readonly Ad[]> {
  const follower = new StateFollower();
  await bringUpTo(deps, parseHead(await deps.state.get(headKey)), follower);
  return [...follower.state.ads.values()].filter(({ goal }) => goal !== undefined);
}
