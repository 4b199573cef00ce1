import type { Ad } from '../../core/ads/ad.ts';
import { hasRights } from '../../core/delivery/goals/fence.ts';
import type { CountedRights } from '../../core/delivery/goals/counted-rights.ts';
import { plannedBetween, reportGoal, type GoalReport } from '../../core/delivery/goals/goal-report.ts';
import { readLedger } from '../../core/delivery/goals/ledger.ts';
import { nothingUsed } from '../../core/delivery/goals/plan.ts';
import type { AdGoal } from '../../core/ads/goal.ts';
import type { GoalAd } from '../../core/delivery/goals/standing.ts';
import { parseAdItem } from '../ads/ad-items.ts';
import { parseEnded } from '../ads/ended-items.ts';
import { createProjectionPointer } from '../ads/projection-pointer.ts';
import type { Ports } from '../ports.ts';
import { adKey, endedKey, ledgerKey } from '../state-keys.ts';
import { createGoalReader } from './goal-reader.ts';

/** What a report says of the goal of an ad. */
export interface AdGoalReport extends GoalReport {
  readonly goal: AdGoal;
  /** The planned impressions from one instant to another; undefined: its pacing is `asap`. */
  readonly plannedBetween: ((fromMs: number, toMs: number) => number) | undefined;
}

export interface GoalReports {
  /**
   * The ad as it is stored, also one that has ended and is kept; undefined: there is none, or neither the stage nor the
   * counter knows of goals, and nothing was read. Rejects with a StateStoreError.
   */
  find(adId: string, counter: CountedRights): Promise<Ad | undefined>;
  /**
   * One for each of at most `readItemsMax` ads; undefined: it has no goal. The counters were read before; the
   * ledgers are read here, strongly and in one call. Rejects with a StateStoreError.
   */
  read(
    ads: readonly { readonly ad: Ad | undefined; readonly counter: CountedRights }[],
  ): Promise<readonly (AdGoalReport | undefined)[]>;
}

export function createGoalReports(deps: Pick<Ports, 'state' | 'clock' | 'settings'>): GoalReports {
  const { state, clock, settings } = deps;
  const { impressionMinutes } = settings.delivery;
  const pointer = createProjectionPointer(deps);
  const goalOf = createGoalReader();
  return {
    async find(adId, { generation }) {
      if (!settings.delivery.goals && !hasRights(generation)) return undefined;
      const item = parseAdItem(await state.get(adKey(adId, await pointer.current())));
      if (item.status === 'live') return item.ad;
      const { endedDays } = settings.ads;
      // One commit removes the live ad and keeps the ended one, so it is there once the other has gone.
      return endedDays === 0
        ? undefined
        : parseEnded(await state.get(endedKey(adId)), endedDays, clock.nowMs());
    },
    async read(ads) {
      const withGoals = ads.map(({ ad }) => (ad?.goal === undefined ? undefined : goalOf(ad)));
      const ids = withGoals.flatMap((ad) => (ad === undefined ? [] : [ad.id]));
      const items = ids.length === 0 ? [] : await state.getMany(ids.map(ledgerKey));
      const ledgers = new Map(ids.map((id, index) => [id, readLedger(items[index])]));
      const context = { atMs: clock.nowMs(), impressionMinutes };
      return ads.map(({ ad, counter }, index): AdGoalReport | undefined => {
        const found = withGoals[index];
        if (ad?.goal === undefined || found?.goal === undefined) return undefined;
        const goalAd: GoalAd = { ...found, goal: found.goal };
        const ledger = ledgers.get(ad.id);
        return {
          goal: ad.goal,
          plannedBetween: plannedBetween(goalAd, ledger ?? nothingUsed, impressionMinutes),
          ...reportGoal(goalAd, { counter, ledger }, context),
        };
      });
    },
  };
}
