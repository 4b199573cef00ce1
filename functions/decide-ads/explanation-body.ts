import type { CatalogRow } from '../../lib/core/ads/catalog/catalog-row.ts';
import type { DecisionExplained, PriorityExplained } from '../../lib/core/delivery/explain-decision.ts';
import { formatInstant } from '../../lib/core/instant.ts';

/** The ads whose goals matter to an explanation, those that matter most first: the one asked about, then by priority. */
export function rowsWithGoals(
  matching: readonly CatalogRow[],
  adId: string | undefined,
): readonly CatalogRow[] {
  const turn = ({ id, priority }: CatalogRow): number => (id === adId ? 0 : priority);
  return matching.filter(({ hasGoal, paused }) => hasGoal && !paused).sort((a, b) => turn(a) - turn(b));
}

/** A priority of an explanation, in the order of the documented fields; what is of goals only where there are any. */
export function priorityBody({
  priority,
  matched,
  paused,
  excludedAds,
  excludedCampaigns,
  goals,
  capped,
  ready,
}: PriorityExplained) {
  return {
    ...{ priority, matched, paused },
    ...{ excluded_ads: excludedAds, excluded_campaigns: excludedCampaigns },
    ...(goals && { done: goals.done, waiting: goals.waiting }),
    ...(goals && goals.waiting > 0 && { waiting_until: instantOrNull(goals.waitingUntilMs) }),
    ...{ capped, ready },
    ...(goals && { behind: goals.behind }),
    ...(goals && goals.unread > 0 && { goals_unread: goals.unread }),
  };
}

/** Why the ad that was asked about is not chosen, and how long if it waits. */
export function lossBody({ excludedBy, waitingUntilMs }: DecisionExplained) {
  return {
    excluded_by: excludedBy ?? null,
    ...(excludedBy === 'waiting' && { waiting_until: instantOrNull(waitingUntilMs) }),
  };
}

function instantOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : formatInstant(ms);
}
