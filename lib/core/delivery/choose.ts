import type { AdFilter } from '../ads/ad-filter.ts';
import type { CatalogRow } from '../ads/catalog/catalog-row.ts';
import type { Catalog } from '../ads/catalog/catalog.ts';
import type { Tickets } from '../ads/catalog/tickets.ts';
import { assert } from '../assert.ts';

/** A place that shows ads. */
export interface Placement {
  readonly id: string;
  /** How many ads it shows at most. */
  readonly count: number;
}

export interface DecisionRequest {
  readonly filter: AdFilter;
  /** Filled in this order: the first one gets the ads that were drawn first. */
  readonly placements: readonly Placement[];
  readonly exclude?: {
    /** Ids of ads. */
    readonly ads?: readonly string[] | undefined;
    readonly campaigns?: readonly string[] | undefined;
  };
}

/** Where the numbers come from: a `Draw`. */
export interface Lots {
  /** One of 0 .. n - 1, each with the same probability. */
  below(n: number): number;
}

export interface DecidedPlacement {
  readonly placement: string;
  readonly ads: readonly CatalogRow[];
}

/** Ads of one decision. */
export const decisionAdsMax = 20;

/**
 * Chooses ads for the placements by lot: only of the first priority that has ads left that match, and there each of
 * them with a probability of its weight / the sum of their weights. No ad is chosen twice, and of each campaign one
 * ad at most. The same arguments, with a draw of the same seed, give the same ads.
 */
export function decide(
  catalog: Catalog,
  request: DecisionRequest,
  atMs: number,
  draw: Lots,
): readonly DecidedPlacement[] {
  const { filter, placements } = request;
  const chosen = choose(catalog.tickets(filter, atMs), adsWanted(request), new Barred(request), draw);
  let next = 0;
  return placements.map(({ id, count }) => ({ placement: id, ads: chosen.slice(next, (next += count)) }));
}

/** How many ads the placements show at most. */
export function adsWanted({ placements }: DecisionRequest): number {
  const wanted = placements.reduce((sum, { count }) => sum + count, 0);
  assert(wanted <= decisionAdsMax, 'more ads than a decision has');
  return wanted;
}

function choose(tickets: Tickets, wanted: number, barred: Barred, draw: Lots): CatalogRow[] {
  const chosen: CatalogRow[] = [];
  while (chosen.length < wanted && tickets.nextPriority()) {
    for (let row = drawRow(tickets, barred, draw); row !== undefined; row = drawRow(tickets, barred, draw)) {
      chosen.push(row);
      if (chosen.length === wanted) break;
      barred.addCampaignOf(row);
    }
  }
  tickets.close();
  return chosen;
}

/**
 * A barred row that is drawn is taken out, and the next is drawn: that changes nothing in the shares of the others.
 * After a few of them all barred rows are taken out at once, so that one draw never takes as long as a large campaign
 * has ads.
 */
const barredDrawsMax = 16;

/** undefined: none of this priority is left. */
function drawRow(tickets: Tickets, barred: Barred, draw: Lots): CatalogRow | undefined {
  for (let i = 0; i < barredDrawsMax && tickets.left > 0; i++) {
    const row = tickets.take(draw.below(tickets.left));
    if (!barred.has(row)) return row;
  }
  if (tickets.left > 0) tickets.takeWhere((row) => barred.has(row));
  return tickets.left > 0 ? tickets.take(draw.below(tickets.left)) : undefined;
}

/** What may not be chosen: what the request excludes, and the campaigns of the ads that are chosen. */
class Barred {
  readonly #ads: ReadonlySet<string> | undefined;
  #campaigns: Set<string> | undefined;

  constructor({ exclude: { ads = [], campaigns = [] } = {} }: DecisionRequest) {
    this.#ads = ads.length === 0 ? undefined : new Set(ads);
    this.#campaigns = campaigns.length === 0 ? undefined : new Set(campaigns);
  }

  addCampaignOf({ campaignId }: CatalogRow): void {
    if (campaignId !== undefined) (this.#campaigns ??= new Set()).add(campaignId);
  }

  has(row: CatalogRow): boolean {
    if (this.#ads?.has(row.id) === true) return true;
    if (this.#campaigns === undefined) return false;
    const { campaignId } = row;
    return campaignId !== undefined && this.#campaigns.has(campaignId);
  }
}
