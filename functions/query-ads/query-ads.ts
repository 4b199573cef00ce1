import { hash } from 'node:crypto';
import { adRoutes } from '../../lib/api/ad-routes.ts';
import { invalidRequest, problem } from '../../lib/api/answer/answer.ts';
import { catalogHeaders, unansweredView } from '../../lib/api/answer/catalog-view.ts';
import type { FieldError } from '../../lib/api/answer/problems.ts';
import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { operation } from '../../lib/api/operation.ts';
import { parseAdQuery } from '../../lib/api/request/ad-query.ts';
import { encodeCursor } from '../../lib/api/request/cursor.ts';
import { versionTag } from '../../lib/api/request/entity-tags.ts';
import { adsPerPageDefault } from '../../lib/api/request/query-schemas.ts';
import { tokenOfHead } from '../../lib/app/ads/ad-head.ts';
import { createAdReader, headWith } from '../../lib/app/ads/ad-reader.ts';
import { createCatalogReader, type CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import { isEndedPlace, listEnded } from '../../lib/app/ads/ended-list.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { andThen } from '../../lib/core/and-then.ts';
import { adToJson, endedAdToJson } from '../../lib/core/ads/ad-json.ts';
import { excludedBy } from '../../lib/core/ads/explain.ts';
import type { ContentFilter } from '../../lib/core/ads/list-filter.ts';
import type { ConsistencyToken } from '../../lib/core/consistency-token.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { listReply } from './list-reply.ts';
import { createPageReply } from './page-reply.ts';

export type QueryAdsDeps = Pick<Ports, 'state' | 'blobs' | 'clock' | 'ids' | 'telemetry' | 'settings'> & {
  /** A catalog to share with other code; default: the function makes its own. */
  readonly catalogs?: CatalogReader;
  readonly usage?: UsageRecorder;
};

const neverStored = { 'Cache-Control': 'no-store' };

/** Answers reads of ads from the catalog in memory, or for one ad from its item. */
export function createQueryAds(deps: QueryAdsDeps): ApiFunction {
  const { clock, settings } = deps;
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const reader = createAdReader(deps);
  const pageReply = createPageReply(deps);

  /**
   * The busiest call: answers without a promise when the catalog is fresh, and reads its query without a
   * schema.
   */
  const queryAds = operation(
    adRoutes.queryAds,
    ({ query, tokens }) =>
      andThen(catalogs.current(tokens, query.consistency), (view) => pageReply(query, view)),
    { readQuery: parseAdQuery },
  );

  /** Explains a query: how many ads remain after each condition, and which condition excludes a given ad. */
  const explainAds = operation(adRoutes.explainAds, async ({ query, tokens }) => {
    const view = await catalogs.current(tokens, query.consistency);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const { catalog } = view;
    const { at: atMs = clock.nowMs(), id, age, country, gender, platform } = query;
    const filter = { age, country, gender, platform };
    const explainOne = (adId: string) => {
      const ad = catalog.get(adId);
      const name = ad === undefined ? ('unknown' as const) : excludedBy(ad, filter, atMs);
      return { id: adId, excluded_by: name ?? null };
    };
    return {
      status: 200,
      headers: { ...catalogHeaders(view, settings), ...neverStored },
      body: {
        at: formatInstant(atMs),
        live: catalog.size,
        conditions: catalog.explain(filter, atMs),
        ad: id === undefined ? null : explainOne(id),
      },
    };
  });

  /** A page of the ads that have ended, from the store: the catalog has only live ones. */
  const listEndedAds = async (
    filter: ContentFilter,
    page: { readonly from: string | undefined; readonly limit: number },
    tokens: readonly ConsistencyToken[],
  ) => {
    // The head first: a list that is read after it has every ad whose end is in it.
    const head = await headWith(deps, tokens);
    if (head === undefined) return problem('not-caught-up');
    const { ads, next } = await listEnded(deps, filter, page);
    const headers = {
      'Catalog-Version': String(head.version),
      'Consistency-Token': tokenOfHead(head, settings.stage),
      ...neverStored,
    };
    return { ads: ads.map(endedAdToJson), next, headers };
  };

  /** Pages of all live ads by id, each of the current catalog; or of the ads that have ended. */
  const listAds = operation(adRoutes.listAds, async ({ query, tokens, address }) => {
    const { limit = adsPerPageDefault, status, country, title } = query;
    const { external_id: externalId, campaign_id: campaignId } = query;
    const [after, of] = query.cursor?.split('~') ?? [];
    const filter = { country, title, externalId, campaignId };
    const name = nameOf(status, filter);
    const cursorAfter = (place: string | undefined) =>
      place === undefined ? undefined : encodeCursor(name === undefined ? place : `${place}~${name}`);
    if (query.cursor !== undefined && of !== name) return invalidRequest([otherList]);
    if (status === 'ended') {
      if (after !== undefined && !isEndedPlace(after)) return invalidRequest([otherList]);
      const page = await listEndedAds(filter, { from: after, limit }, tokens);
      if (!('ads' in page)) return page;
      return listReply(page.ads, cursorAfter(page.next), page.headers, address.accept);
    }
    const view = await catalogs.current(tokens, query.consistency);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const headers = { ...catalogHeaders(view, settings), ...neverStored };
    const { catalog } = view;
    if (name !== undefined) {
      const asked = { status, ...filter };
      const { items, nextAfterId } = catalog.listMatching(asked, { afterId: after, limit }, clock.nowMs());
      return listReply(items, cursorAfter(nextAfterId), headers, address.accept);
    }
    const found = catalog.listById(after, limit + 1, clock.nowMs());
    const page = found.slice(0, limit);
    const next = found.length > limit ? idOf(page.at(-1) ?? '') : undefined;
    return listReply(page, cursorAfter(next), headers, address.accept);
  });

  /** Reads one ad by a consistent read of its item. */
  const getAd = operation(adRoutes.getAd, async ({ path, query, tokens }) => {
    const ended = query.include === 'ended';
    const result = await reader.read(path.id, tokens, { ended });
    if (result.status === 'not-found') {
      return problem('not-found', { detail: `No live${ended ? ' or ended' : ''} ad has this id.` });
    }
    if (result.status === 'not-caught-up') return problem('not-caught-up');
    const { ad, status } = result;
    const isLive = status === 'found';
    // no-cache: caches may keep it, but must revalidate each time.
    const headers = {
      ETag: isLive ? versionTag(ad.version) : `"${ad.version}-ended"`,
      'Cache-Control': 'private, no-cache',
    };
    return { status: 200, headers, body: () => (isLive ? adToJson(ad) : endedAdToJson(ad)) };
  });

  return createApiFunction(deps, [queryAds, explainAds, listAds, getAd]);
}

const otherList: FieldError = {
  path: 'cursor',
  message: 'is of a list with other filters; begin that list without a cursor',
};

/** Tells filters apart, in cursors; undefined: nothing is filtered. */
function nameOf(
  status: string | undefined,
  { country, title, externalId, campaignId }: ContentFilter,
): string | undefined {
  // Without a campaign as before there were any: cursors outlive a deployment.
  const given = [status, country, title, externalId, ...(campaignId === undefined ? [] : [campaignId])];
  const values = given.map((value) => value ?? null);
  if (values.every((value) => value === null)) return undefined;
  return hash('sha256', JSON.stringify(values), 'hex').slice(0, 16);
}

function idOf(adJson: string): string {
  return (JSON.parse(adJson) as { id: string }).id;
}
