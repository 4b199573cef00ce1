import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import { adsWanted, Choosing, type DecisionRequest, type Standings } from '../../core/delivery/choose.ts';
import { Draw } from '../../core/delivery/draw.ts';
import { countsUntilMs, epochAt } from '../../core/delivery/epoch.ts';
import { firstGeneration } from '../../core/delivery/tracked-event.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import type { Right, RightsAd } from './ad-rights.ts';
import { signDecision, signLink } from './decision-signature.ts';
import { createGoalReader } from './goal-reader.ts';
import type { RequestRights, Rights } from './rights.ts';
import type { SigningKey } from './signing-keys.ts';

/** An ad that was chosen, and its decision. */
export interface SignedDecision {
  readonly row: CatalogRow;
  readonly token: string;
  /** Where a click leads, percent-encoded, and its signature; undefined: the ad leads nowhere. */
  readonly link: { readonly encodedUrl: string; readonly signature: string } | undefined;
}

export interface SignedDecisions {
  /** In the order of the request. */
  readonly placements: readonly { readonly placement: string; readonly ads: readonly SignedDecision[] }[];
  /** Impressions count before this instant. */
  readonly expiresAtMs: number;
  /** Ads with goals may be missing, because their ledgers did not answer. */
  readonly isDegraded: boolean;
}

/** The ads, and the age of the check that found them the newest, milliseconds. */
export interface DecisionView {
  readonly catalog: Catalog;
  readonly staleMs: number;
}

export type Decide = (
  view: DecisionView,
  request: DecisionRequest,
  identity: Pick<RequestIdentity, 'eventId'>,
  key: SigningKey,
) => Promise<SignedDecisions>;

/** What a decision needs of a row besides what every catalog reads of it. */
interface RowFacts {
  readonly url: string | undefined;
  readonly encodedUrl: string;
  /** undefined: the ad never had a goal. */
  readonly ad: RightsAd | undefined;
}

interface Winner {
  readonly row: CatalogRow;
  readonly facts: RowFacts;
  readonly right: Right;
}

/**
 * Chooses ads and signs a token for each; an ad with a goal only with a right of its own. The chance is in the
 * request's event ids: 0 draws, and the one after names the first ad. It waits for rights alone, so a decision is of the
 * catalog and the key that its caller has just read.
 */
export function createDecider(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  rights: Pick<Rights, 'forRequest'>,
): Decide {
  const { impressionMinutes } = settings.delivery;
  const { maxStalenessMs } = settings.reader;
  const goalOf = createGoalReader();
  // An ad parses its row each time; these are of the row and never change.
  const known = new WeakMap<CatalogRow, RowFacts>();
  const factsOf = (row: CatalogRow): RowFacts => {
    let facts = known.get(row);
    if (facts === undefined) {
      const { ad } = row;
      const { clickUrl: url } = ad;
      facts = { url, encodedUrl: encodeURIComponent(url ?? ''), ad: goalOf(ad) };
      known.set(row, facts);
    }
    return facts;
  };

  const choose = async (
    choosing: Choosing,
    wanted: number,
    { held, plain }: { readonly held: RequestRights; readonly plain: Right },
  ): Promise<readonly Winner[]> => {
    const chosen: Winner[] = [];
    while (chosen.length < wanted) {
      const row = choosing.next();
      if (row === undefined) break;
      const facts = factsOf(row);
      const taken = facts.ad === undefined ? plain : held.take(facts.ad, row);
      const right = taken instanceof Promise ? await taken : taken;
      // The next one is drawn.
      if (right === undefined) continue;
      chosen.push({ row, facts, right });
      if (chosen.length < wanted) choosing.show(row);
    }
    choosing.close();
    return chosen;
  };

  return async ({ catalog, staleMs }, request, identity, key) => {
    const nowMs = clock.nowMs();
    const held = rights.forRequest(nowMs, staleMs <= maxStalenessMs);
    const plain = { generation: firstGeneration, epoch: epochAt(nowMs, impressionMinutes) };
    const tickets = catalog.tickets(request.filter, nowMs);
    const choosing = new Choosing(tickets, request, Draw.of(identity.eventId(0)), standingsOf(held));
    const chosen = await choose(choosing, adsWanted(request), { held, plain });
    let count = 0;
    const sign = ({ row, facts: { url, encodedUrl }, right }: Winner, placement: string): SignedDecision => {
      count += 1;
      const random = identity.eventId(count).slice(0, 24);
      const { generation, epoch } = right;
      const token = signDecision(key, { ad: row.id, generation, epoch, random, placement });
      const link = url === undefined ? undefined : { encodedUrl, signature: signLink(key, token, url) };
      return { row, token, link };
    };
    let next = 0;
    const firstEpoch = chosen.reduce((first, { right }) => Math.min(first, right.epoch), plain.epoch);
    return {
      placements: request.placements.map(({ id, count: most }) => ({
        placement: id,
        ads: chosen.slice(next, (next += most)).map((winner) => sign(winner, id)),
      })),
      expiresAtMs: countsUntilMs('impression', firstEpoch, impressionMinutes),
      isDegraded: held.isDegraded,
    };
  };
}

/** Only ads that have a goal wait or are behind. */
function standingsOf(held: RequestRights): Standings {
  return {
    isWaiting: (row) => row.hasGoal && held.isWaiting(row.id, row),
    isBehind: (row) => row.hasGoal && held.isBehind(row.id),
    get anyBehind() {
      return held.anyBehind;
    },
  };
}
