import type { CatalogRow } from '../ads/catalog/catalog-row.ts';
import type { Catalog } from '../ads/catalog/catalog.ts';
import { assert } from '../assert.ts';
import { priorityDefault } from '../ads/ad.ts';
import { conditionNames, excludedBy } from '../ads/explain.ts';
import { adsWanted, type DecisionRequest } from './choose.ts';
import { earliest, type GoalStanding } from './goals/standing.ts';

/** The ads of one priority that have started, have not ended and whose targets admit the request. */
export interface PriorityExplained {
  readonly priority: number;
  /** All of them: the sum of the numbers below, and of those that are done or wait for their goals. */
  readonly matched: number;
  readonly paused: number;
  /** Not paused; the request excludes the ad itself. */
  readonly excludedAds: number;
  /** Not excluded themselves; the request excludes their campaign. */
  readonly excludedCampaigns: number;
  /** undefined: none of them has a goal. */
  readonly goals: GoalsExplained | undefined;
  /** None of that; the user has got the ad as often as its cap allows, or the request names no user. */
  readonly capped: number;
  /** Those that the lottery is held for, if it comes to this priority. */
  readonly ready: number;
}

/** Those of a priority that have a goal. */
export interface GoalsExplained {
  /** Neither paused nor excluded, but nothing remains of their goals. */
  readonly done: number;
  /** The same, but they get no right now. */
  readonly waiting: number;
  /** When the first of them may get one, milliseconds since 1970; undefined: it is not known. */
  readonly waitingUntilMs: number | undefined;
  /** Of the ready ones, those that go first, because they have less than their plan by much. */
  readonly behind: number;
  /** Of the ready ones, those whose goals were not looked at. */
  readonly unread: number;
}

/**
 * What keeps an ad from being chosen, in the order in which it is checked. `unknown`: there is no such live ad.
 * `higher_priority`: the ads of higher priorities fill the placements. `others_behind`: with those of its own that are behind
 * their goals they do. `same_campaign`: they do not, so one of the ad's own campaign is chosen among them.
 */
export const lossNames = [
  'unknown',
  ...conditionNames,
  'excluded_ad',
  'excluded_campaign',
  'done',
  'waiting',
  'capped',
  'higher_priority',
  'others_behind',
  'same_campaign',
] as const;
export type LossName = (typeof lossNames)[number];

export interface DecisionExplained {
  /** The first priority first; those without a match are left out. */
  readonly priorities: readonly PriorityExplained[];
  /** What keeps the ad that was asked about from being chosen; undefined: nothing, the lottery decides. */
  readonly excludedBy: LossName | undefined;
  /** When an ad that is `waiting` may get a right, milliseconds since 1970; undefined: it is not known. */
  readonly waitingUntilMs: number | undefined;
}

export interface ExplainOptions {
  readonly atMs: number;
  /** Whether the cap of an ad keeps it from this request. */
  readonly isCapped: (row: CatalogRow) => boolean;
  /** How an ad with a goal stands; undefined, also as a result: it was not looked at, and counts as ready. */
  readonly standingOf?: ((row: CatalogRow) => GoalStanding | undefined) | undefined;
}

/** Why decisions choose as they do. Reads every ad. */
export function explainDecision(
  catalog: Catalog,
  request: DecisionRequest,
  { atMs, ...options }: ExplainOptions,
  adId?: string,
): DecisionExplained {
  const judged = catalog.matching(request.filter, atMs).map(judgeOf(request, options));
  const byPriority = [...Map.groupBy(judged, ({ row }) => row.priority)].sort(([a], [b]) => a - b);
  const own = judged.find(({ row }) => row.id === adId);
  return {
    priorities: byPriority.map(([priority, ads]) => countPriority(priority, ads)),
    excludedBy: adId === undefined ? undefined : lossOf(adId),
    waitingUntilMs: own && untilOf(own),
  };

  function lossOf(adId: string): LossName | undefined {
    const ad = catalog.get(adId);
    if (ad === undefined) return 'unknown';
    const { campaignId, priority = priorityDefault } = ad;
    const refused = excludedBy(ad, request.filter, atMs);
    if (refused !== undefined) return refused;
    assert(own !== undefined, 'an ad that nothing excludes matches');
    if (own.barredBy !== undefined) return own.barredBy;
    const drawn = judged.filter(({ barredBy }) => barredBy === undefined);
    const higher = drawn.filter(({ row }) => row.priority < priority);
    if (chosenOf(higher) >= adsWanted(request)) return 'higher_priority';
    const behind = drawn.filter(({ row, isBehind }) => row.priority === priority && isBehind);
    const before = own.isBehind ? higher : [...higher, ...behind];
    if (chosenOf(before) >= adsWanted(request)) return 'others_behind';
    const isBefore = campaignId !== undefined && before.some(({ row }) => row.campaignId === campaignId);
    return isBefore ? 'same_campaign' : undefined;
  }
}

/** What the request and the limits of an ad that matches make of it. */
interface JudgedAd {
  readonly row: CatalogRow;
  /** undefined: the lottery is held for the ad. */
  readonly barredBy:
    'paused' | 'excluded_ad' | 'excluded_campaign' | 'done' | 'waiting' | 'capped' | undefined;
  /** undefined: it has no goal, or something else comes before the goal, or it was not looked at. */
  readonly standing: GoalStanding | undefined;
  readonly isBehind: boolean;
}

function judgeOf(
  { exclude: { ads = [], campaigns = [] } = {} }: DecisionRequest,
  { isCapped, standingOf }: Omit<ExplainOptions, 'atMs'>,
): (row: CatalogRow) => JudgedAd {
  const excludedAds = new Set(ads);
  const excludedCampaigns = new Set<string | undefined>(campaigns);
  const excluded = (row: CatalogRow): JudgedAd['barredBy'] => {
    if (row.paused) return 'paused';
    if (excludedAds.has(row.id)) return 'excluded_ad';
    return excludedCampaigns.has(row.campaignId) ? 'excluded_campaign' : undefined;
  };
  return (row) => {
    const barredBy = excluded(row);
    if (barredBy !== undefined) return { row, barredBy, standing: undefined, isBehind: false };
    const standing = row.hasGoal ? standingOf?.(row) : undefined;
    const state = standing?.state;
    if (state === 'done' || state === 'waiting') return { row, barredBy: state, standing, isBehind: false };
    return { row, barredBy: isCapped(row) ? 'capped' : undefined, standing, isBehind: state === 'behind' };
  };
}

function countPriority(priority: number, ads: readonly JudgedAd[]): PriorityExplained {
  const count = (barredBy: JudgedAd['barredBy']): number =>
    ads.filter((ad) => ad.barredBy === barredBy).length;
  return {
    priority,
    matched: ads.length,
    paused: count('paused'),
    excludedAds: count('excluded_ad'),
    excludedCampaigns: count('excluded_campaign'),
    goals: ads.some(({ row }) => row.hasGoal) ? goalsOf() : undefined,
    capped: count('capped'),
    ready: count(undefined),
  };

  function goalsOf(): GoalsExplained {
    const ready = ads.filter(({ barredBy }) => barredBy === undefined);
    return {
      done: count('done'),
      waiting: count('waiting'),
      waitingUntilMs: earliest(ads.map(untilOf)),
      behind: ready.filter(({ isBehind }) => isBehind).length,
      unread: ready.filter(({ row, standing }) => row.hasGoal && standing === undefined).length,
    };
  }
}

function untilOf({ standing }: JudgedAd): number | undefined {
  return standing?.state === 'waiting' ? standing.untilMs : undefined;
}

/** How many of these ads a decision chooses at most: of each campaign one. */
function chosenOf(ads: readonly JudgedAd[]): number {
  const campaigns = new Set(ads.map(({ row }) => row.campaignId));
  const ofNone = ads.filter(({ row }) => row.campaignId === undefined).length;
  campaigns.delete(undefined);
  return ofNone + campaigns.size;
}
