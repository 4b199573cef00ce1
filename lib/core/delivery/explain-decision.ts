import type { CatalogRow } from '../ads/catalog/catalog-row.ts';
import type { Catalog } from '../ads/catalog/catalog.ts';
import { priorityDefault } from '../ads/ad.ts';
import { conditionNames, excludedBy } from '../ads/explain.ts';
import { adsWanted, type DecisionRequest } from './choose.ts';

/** The ads of one priority that have started, have not ended and whose targets admit the request. */
export interface PriorityExplained {
  readonly priority: number;
  /** All of them: the sum of the numbers below. */
  readonly matched: number;
  readonly paused: number;
  /** Not paused; the request excludes the ad itself. */
  readonly excludedAds: number;
  /** Not excluded themselves; the request excludes their campaign. */
  readonly excludedCampaigns: number;
  /** Those that the lottery is held for, if it comes to this priority. */
  readonly ready: number;
}

/**
 * What keeps an ad from being chosen, in the order in which it is checked. `unknown`: there is no such live ad.
 * `higher_priority`: the ads of higher priorities fill the placements. `same_campaign`: they do not, so one of the ad's
 * own campaign is chosen among them.
 */
export const lossNames = [
  'unknown',
  ...conditionNames,
  'excluded_ad',
  'excluded_campaign',
  'higher_priority',
  'same_campaign',
] as const;
export type LossName = (typeof lossNames)[number];

export interface DecisionExplained {
  /** The first priority first; those without a match are left out. */
  readonly priorities: readonly PriorityExplained[];
  /** What keeps the ad that was asked about from being chosen; undefined: nothing, the lottery decides. */
  readonly excludedBy: LossName | undefined;
}

/** Why `decide` chooses as it does. Reads every ad. */
export function explainDecision(
  catalog: Catalog,
  request: DecisionRequest,
  atMs: number,
  adId?: string,
): DecisionExplained {
  const barredBy = barringOf(request);
  const matching = catalog.matching(request.filter, atMs);
  const byPriority = [...Map.groupBy(matching, ({ priority }) => priority)].sort(([a], [b]) => a - b);
  return {
    priorities: byPriority.map(([priority, rows]) => countPriority(priority, rows, barredBy)),
    excludedBy: adId === undefined ? undefined : lossOf(adId),
  };

  function lossOf(adId: string): LossName | undefined {
    const ad = catalog.get(adId);
    if (ad === undefined) return 'unknown';
    const { id, campaignId, status, priority = priorityDefault } = ad;
    const unmet =
      excludedBy(ad, request.filter, atMs) ?? barredBy({ id, campaignId, paused: status === 'paused' });
    if (unmet !== undefined) return unmet;
    const before = matching.filter((row) => row.priority < priority && barredBy(row) === undefined);
    if (chosenOf(before) >= adsWanted(request)) return 'higher_priority';
    const isBefore = campaignId !== undefined && before.some((row) => row.campaignId === campaignId);
    return isBefore ? 'same_campaign' : undefined;
  }
}

type Barring = 'paused' | 'excluded_ad' | 'excluded_campaign';
/** undefined: the lottery is held for the ad. */
type BarredBy = (ad: {
  readonly id: string;
  readonly paused: boolean;
  readonly campaignId: string | undefined;
}) => Barring | undefined;

function barringOf({ exclude: { ads = [], campaigns = [] } = {} }: DecisionRequest): BarredBy {
  const excludedAds = new Set(ads);
  const excludedCampaigns = new Set<string | undefined>(campaigns);
  return ({ id, paused, campaignId }) => {
    if (paused) return 'paused';
    if (excludedAds.has(id)) return 'excluded_ad';
    return excludedCampaigns.has(campaignId) ? 'excluded_campaign' : undefined;
  };
}

function countPriority(priority: number, rows: readonly CatalogRow[], barredBy: BarredBy): PriorityExplained {
  const counts = { ready: 0, paused: 0, excluded_ad: 0, excluded_campaign: 0 };
  for (const row of rows) counts[barredBy(row) ?? 'ready']++;
  return {
    priority,
    matched: rows.length,
    paused: counts.paused,
    excludedAds: counts.excluded_ad,
    excludedCampaigns: counts.excluded_campaign,
    ready: counts.ready,
  };
}

/** How many of these ads a decision chooses at most: of each campaign one. */
function chosenOf(rows: readonly CatalogRow[]): number {
  const campaigns = new Set(rows.map(({ campaignId }) => campaignId));
  const ofNone = rows.filter(({ campaignId }) => campaignId === undefined).length;
  campaigns.delete(undefined);
  return ofNone + campaigns.size;
}
