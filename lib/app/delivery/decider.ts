import type { Catalog } from '../../core/ads/catalog/catalog.ts';
import type { CatalogRow } from '../../core/ads/catalog/catalog-row.ts';
import { decide, type DecisionRequest } from '../../core/delivery/choose.ts';
import { Draw } from '../../core/delivery/draw.ts';
import { countsUntilMs, epochAt } from '../../core/delivery/epoch.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { signDecision, signLink } from './decision-signature.ts';
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
}

export type Decide = (
  catalog: Catalog,
  request: DecisionRequest,
  identity: Pick<RequestIdentity, 'eventId'>,
  key: SigningKey,
) => SignedDecisions;

/** Generations are of goals, which ads do not have yet. */
const noGoal = 0;

/** Where the clicks of a row lead; undefined: nowhere. */
interface Link {
  readonly url: string | undefined;
  readonly encodedUrl: string;
}

/**
 * Chooses ads and signs a token for each. The chance is in the request's event ids: 0 draws, and the one after names
 * the first ad. It waits for nothing, so a decision is of the catalog and the key that its caller has just read.
 */
export function createDecider({ clock, settings }: Pick<Ports, 'clock' | 'settings'>): Decide {
  const { impressionMinutes } = settings.delivery;
  // An ad parses its row each time; its link is of the row and never changes.
  const links = new WeakMap<CatalogRow, Link>();
  const linkOf = (row: CatalogRow): Link => {
    let link = links.get(row);
    if (link === undefined) {
      const { clickUrl: url } = row.ad;
      link = { url, encodedUrl: encodeURIComponent(url ?? '') };
      links.set(row, link);
    }
    return link;
  };
  return (catalog, request, identity, key) => {
    const nowMs = clock.nowMs();
    const epoch = epochAt(nowMs, impressionMinutes);
    const chosen = decide(catalog, request, nowMs, Draw.of(identity.eventId(0)));
    let count = 0;
    const sign = (row: CatalogRow, placement: string): SignedDecision => {
      count += 1;
      const random = identity.eventId(count).slice(0, 24);
      const token = signDecision(key, { ad: row.id, generation: noGoal, epoch, random, placement });
      const { url, encodedUrl } = linkOf(row);
      const link = url === undefined ? undefined : { encodedUrl, signature: signLink(key, token, url) };
      return { row, token, link };
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
