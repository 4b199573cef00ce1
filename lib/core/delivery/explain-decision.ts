import type { CatalogRow } from '../ads/catalog/catalog-row.ts';
import type { Catalog } from '../ads/catalog/catalog.ts';
import { assert } from '../assert.ts';
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
  /** Neither is excluded; the user has got the ad as often as its cap allows, or the request names no user. */
  readonly capped: number;
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
  'capped',
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

export interface ExplainOptions {
  readonly atMs: number;
  /** Whether the cap of an ad keeps it from this request. */
  readonly isCapped: (row: CatalogRow) => boolean;
}

/** Why `decide` chooses as it does. Reads every ad. */
export function explainDecision(
  catalog: Catalog,
  request: DecisionRequest,
  { atMs, isCapped }: ExplainOptions,
  adId?: string,
): DecisionExplained {
  const barredBy = barringOf(request, isCapped);
  const matching = catalog.matching(request.filter, atMs);
  const byPriority = [...Map.groupBy(matching, ({ priority }) => priority)].sort(([a], [b]) => a - b);
  return {
    priorities: byPriority.map(([priority, rows]) => countPriority(priority, rows, barredBy)),
    excludedBy: adId === undefined ? undefined : lossOf(adId),
  };

  function lossOf(adId: string): LossName | undefined {
    const ad = catalog.get(adId);
    if (ad === undefined) return 'unknown';
    const { campaignId, priority = priorityDefault } = ad;
    const refused = excludedBy(ad, request.filter, atMs);
    if (refused !== undefined) return refused;
    const row = matching.find(({ id }) => id === adId);
    assert(row !== undefined, 'an ad that nothing excludes matches');
    const barring = barredBy(row);
    if (barring !== undefined) return barring;
    const before = matching.filter((row) => row.priority < priority && barredBy(row) === undefined);
    if (chosenOf(before) >= adsWanted(request)) return 'higher_priority';
    const isBefore = campaignId !== undefined && before.some((row) => row.campaignId === campaignId);
    return isBefore ? 'same_campaign' : undefined;
  }
}

type Barring = 'paused' | 'excluded_ad' | 'excluded_campaign' | 'capped';
/** undefined: the lottery is held for the ad. */
type BarredBy = (row: CatalogRow) => Barring | undefined;

function barringOf(
  { exclude: { ads = [], campaigns = [] } = {} }: DecisionRequest,
  isCapped: ExplainOptions['isCapped'],
): BarredBy {
  const excludedAds = new Set(ads);
  const excludedCampaigns = new Set<string | undefined>(campaigns);
  return (row) => {
    if (row.paused) return 'paused';
    if (excludedAds.has(row.id)) return 'excluded_ad';
    if (excludedCampaigns.has(row.campaignId)) return 'excluded_campaign';
    return isCapped(row) ? 'capped' : undefined;
  };
}

function countPriority(priority: number, rows: readonly CatalogRow[], barredBy: BarredBy): PriorityExplained {
  const counts = { ready: 0, paused: 0, excluded_ad: 0, excluded_campaign: 0, capped: 0 };
  for (const row of rows) counts[barredBy(row) ?? 'ready']++;
  return {
    priority,
    matched: rows.length,
    paused: counts.paused,
    excludedAds: counts.excluded_ad,
    excludedCampaigns: counts.excluded_campaign,
    capped: counts.capped,
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
