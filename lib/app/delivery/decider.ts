import { andThen, type SoonOrNow } from '../../core/and-then.ts';
import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import { intoPlacements, type DecisionRequest } from '../../core/delivery/choose.ts';
import { Draw } from '../../core/delivery/draw.ts';
import { countsUntilMs, epochAt } from '../../core/delivery/epoch.ts';
import { firstGeneration } from '../../core/delivery/tracked-event.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import type { Right, RightsAd } from './ad-rights.ts';
import { chooseAds, type ChosenAds, type Degradation, type Winner } from './choose-ads.ts';
import { signDecision, signLink } from './decision-signature.ts';
import { createGoalReader } from './goal-reader.ts';
import { RequestWaits } from './request-waits.ts';
import type { Rights } from './rights.ts';
import type { SigningKey } from './signing-keys.ts';
import type { CapsOf } from './user-caps.ts';

/** An ad that was chosen, and its decision. */
export interface SignedDecision {
  readonly row: CatalogRow;
  readonly token: string;
  /** undefined: the ad leads nowhere. */
  readonly link: SignedLink | undefined;
}

/** Where a click leads, percent-encoded, and its signature. */
export interface SignedLink {
  readonly encodedUrl: string;
  readonly signature: string;
}

export interface SignedDecisions {
  /** In the order of the request. */
  readonly placements: readonly { readonly placement: string; readonly ads: readonly SignedDecision[] }[];
  /** Impressions count before this instant. */
  readonly expiresAtMs: number;
  readonly degraded: readonly Degradation[];
}

/** The ads, and the age of the check that found them the newest, milliseconds. */
export interface DecisionView {
  readonly catalog: Catalog;
  readonly staleMs: number;
}

export interface DecisionOf {
  readonly identity: Pick<RequestIdentity, 'eventId'>;
  readonly key: SigningKey;
  /** Who looks; undefined: nobody that the caller knows. */
  readonly user: string | undefined;
}

export type Decide = (
  view: DecisionView,
  request: DecisionRequest,
  of: DecisionOf,
) => SoonOrNow<SignedDecisions>;

/** What a decision needs of a row besides what every catalog reads of it. */
interface RowFacts {
  readonly url: string | undefined;
  /** Signed with the key that signed last. */
  link: (SignedLink & { readonly key: SigningKey }) | undefined;
  /** undefined: the ad never had a goal. */
  readonly ad: RightsAd | undefined;
}

/**
 * Chooses ads and signs a token for each; an ad with a goal only with a right of its own, and one with a cap only once
 * the decision is counted for the user. The chance is in the request's event ids: 0 draws, and the one after names the
 * first ad. It waits for rights and caps alone, so a decision is of the catalog and the key that its caller has just
 * read.
 */
export function createDecider(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  rights: Pick<Rights, 'forRequest'>,
  capsOf: CapsOf,
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
      facts = { url: ad.clickUrl, link: undefined, ad: goalOf(ad) };
      known.set(row, facts);
    }
    return facts;
  };
  const linkOf = (row: CatalogRow, key: SigningKey): SignedLink | undefined => {
    const facts = factsOf(row);
    const { url } = facts;
    if (url === undefined || facts.link?.key === key) return facts.link;
    facts.link = { key, encodedUrl: encodeURIComponent(url), signature: signLink(key, row.id, url) };
    return facts.link;
  };

  return ({ catalog, staleMs }, request, { identity, key, user }) => {
    const nowMs = clock.nowMs();
    const waits = new RequestWaits(clock);
    const held = rights.forRequest(nowMs, staleMs <= maxStalenessMs, waits);
    const plain = { generation: firstGeneration, epoch: epochAt(nowMs, impressionMinutes) };
    let count = 0;
    const sign = ({ row, right }: Winner, placement: string): SignedDecision => {
      count += 1;
      const random = identity.eventId(count).slice(8);
      const { generation, epoch } = right;
      const token = signDecision(key, { ad: row.id, generation, epoch, random, placement });
      return { row, token, link: linkOf(row, key) };
    };
    const signAll = ({ winners, degraded }: ChosenAds): SignedDecisions => {
      let firstEpoch = plain.epoch;
      for (const { right } of winners) firstEpoch = Math.min(firstEpoch, right.epoch);
      return {
        placements: intoPlacements(request, winners).map(({ placement, ads }) => ({
          placement,
          ads: ads.map((winner) => sign(winner, placement)),
        })),
        expiresAtMs: countsUntilMs('impression', firstEpoch, impressionMinutes),
        degraded,
      };
    };
    const take = (row: CatalogRow): SoonOrNow<Right | undefined> => {
      const { ad } = factsOf(row);
      return ad === undefined ? plain : held.take(ad, row);
    };
    const draw = Draw.of(identity.eventId(0));
    const caps = user === undefined ? undefined : capsOf(user, nowMs);
    return andThen(
      chooseAds(catalog, request, { atMs: nowMs, draw, rights: held, take, caps, waits }),
      signAll,
    );
  };
}
