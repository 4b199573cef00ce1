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

export interface DecidedPlacement<Ad = CatalogRow> {
  readonly placement: string;
  readonly ads: readonly Ad[];
}

/** How ads with a goal or a cap stand. Those without one neither wait nor are behind. */
export interface Standings {
  /** It is left out: it has no right in hand and may not ask for one now, or its cap is reached. */
  isWaiting(row: CatalogRow): boolean;
  /** It has less than its plan by much, and goes before the others of its priority. */
  isBehind(row: CatalogRow): boolean;
  /** Whether any ad is behind. If not, no row is looked at for it. */
  readonly anyBehind: boolean;
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
  const choosing = new Choosing(catalog.tickets(request.filter, atMs), request, draw);
  const wanted = adsWanted(request);
  const winners: CatalogRow[] = [];
  while (winners.length < wanted) {
    const row = choosing.next();
    if (row === undefined) break;
    winners.push(row);
    if (winners.length < wanted) choosing.show(row);
  }
  choosing.close();
  return intoPlacements(request, winners);
}

/** The first placement gets the first ads. */
export function intoPlacements<Ad>(
  { placements }: DecisionRequest,
  chosen: readonly Ad[],
): readonly DecidedPlacement<Ad>[] {
  let next = 0;
  return placements.map(({ id, count }) => ({ placement: id, ads: chosen.slice(next, (next += count)) }));
}

/** How many ads the placements show at most. */
export function adsWanted({ placements }: DecisionRequest): number {
  const wanted = placements.reduce((sum, { count }) => sum + count, 0);
  assert(wanted <= decisionAdsMax, 'more ads than a decision has');
  return wanted;
}

/**
 * The lottery of a decision, one winner after the other. The same arguments, with a draw of the same seed, give the same
 * winners; ads without goals win as they do without standings.
 */
export class Choosing {
  readonly #tickets: Tickets;
  readonly #barred: Barred;
  readonly #draw: Lots;
  readonly #standings: Standings | undefined;

  constructor(tickets: Tickets, request: DecisionRequest, draw: Lots, standings?: Standings) {
    this.#tickets = tickets;
    this.#barred = new Barred(request, standings);
    this.#draw = draw;
    this.#standings = standings;
  }

  /** undefined: no ad is left. A winner is drawn once, whether or not it is shown then. */
  next(): CatalogRow | undefined {
    for (;;) {
      const row = drawRow(this.#tickets, this.#barred, this.#draw);
      if (row !== undefined) return row;
      if (!this.#tickets.bringBack() && !this.#nextPriority()) return undefined;
    }
  }

  /** The winner is shown, so no other ad of its campaign wins. */
  show(winner: CatalogRow): void {
    this.#barred.addCampaignOf(winner);
  }

  /** The ad has won another lottery of this decision: neither it nor its campaign wins here. */
  keep(winner: CatalogRow): void {
    this.#barred.addAd(winner);
    this.#barred.addCampaignOf(winner);
  }

  close(): void {
    this.#tickets.close();
  }

  #nextPriority(): boolean {
    const standings = this.#standings;
    const isOne = this.#tickets.nextPriority();
    if (isOne && standings?.anyBehind === true) this.#tickets.setAside((row) => !standings.isBehind(row));
    return isOne;
  }
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

/** What may not be chosen: what the request excludes, what waits, and the campaigns of the ads that are shown. */
class Barred {
  readonly #standings: Standings | undefined;
  #ads: Set<string> | undefined;
  #campaigns: Set<string> | undefined;

  constructor({ exclude: { ads = [], campaigns = [] } = {} }: DecisionRequest, standings?: Standings) {
    this.#standings = standings;
    this.#ads = ads.length === 0 ? undefined : new Set(ads);
    this.#campaigns = campaigns.length === 0 ? undefined : new Set(campaigns);
  }

  addAd({ id }: CatalogRow): void {
    (this.#ads ??= new Set()).add(id);
  }

  addCampaignOf({ campaignId }: CatalogRow): void {
    if (campaignId !== undefined) (this.#campaigns ??= new Set()).add(campaignId);
  }

  has(row: CatalogRow): boolean {
    if (this.#ads?.has(row.id) === true || this.#standings?.isWaiting(row) === true) return true;
    if (this.#campaigns === undefined) return false;
    const { campaignId } = row;
    return campaignId !== undefined && this.#campaigns.has(campaignId);
  }
}
