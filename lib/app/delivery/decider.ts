import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import { decide, type DecisionRequest } from '../../core/delivery/choose.ts';
import { Draw } from '../../core/delivery/draw.ts';
import { countsUntilMs, epochAt } from '../../core/delivery/epoch.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { signDecision, signLink } from './decision-signature.ts';
import type { SigningKeys } from './signing-keys.ts';

/** An ad that was chosen, and its decision. */
export interface SignedDecision {
  readonly row: CatalogRow;
  readonly token: string;
  /** Where a click leads, and its signature; undefined: the ad leads nowhere. */
  readonly link: { readonly url: string; readonly signature: string } | undefined;
}

export interface SignedDecisions {
  /** In the order of the request. */
  readonly placements: readonly { readonly placement: string; readonly ads: readonly SignedDecision[] }[];
  /** Impressions count before this instant. */
  readonly expiresAtMs: number;
}

export type Decide = (
  catalog: Catalog,
  request: DecisionRequest,
  identity: Pick<RequestIdentity, 'eventId'>,
) => Promise<SignedDecisions>;

/** Generations are of goals, which ads do not have yet. */
const noGoal = 0;

/**
 * Chooses ads and signs a token for each. The chance is in the request's event ids: 0 draws, and the one after names
 * the first ad. Rejects with a StateStoreError if the stage's keys cannot be read.
 */
export function createDecider(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  keys: Pick<SigningKeys, 'current'>,
): Decide {
  const { impressionMinutes } = settings.delivery;
  // An ad parses its row each time; its link is of the row and never changes.
  const links = new WeakMap<CatalogRow, { readonly url: string | undefined }>();
  const linkOf = (row: CatalogRow): string | undefined => {
    let link = links.get(row);
    if (link === undefined) {
      link = { url: row.ad.clickUrl };
      links.set(row, link);
    }
    return link.url;
  };
  return async (catalog, request, identity) => {
    const key = await keys.current();
    const nowMs = clock.nowMs();
    const epoch = epochAt(nowMs, impressionMinutes);
    const chosen = decide(catalog, request, nowMs, Draw.of(identity.eventId(0)));
    let count = 0;
    const sign = (row: CatalogRow, placement: string): SignedDecision => {
      count += 1;
      const random = identity.eventId(count).slice(0, 24);
      const token = signDecision(key, { ad: row.id, generation: noGoal, epoch, random, placement });
      const url = linkOf(row);
      return {
        row,
        token,
        link: url === undefined ? undefined : { url, signature: signLink(key, token, url) },
      };
    };
    return {
      placements: chosen.map(({ placement, ads }) => ({
        placement,
        ads: ads.map((row) => sign(row, placement)),
      })),
      expiresAtMs: countsUntilMs('impression', epoch, impressionMinutes),
    };
  };
}
