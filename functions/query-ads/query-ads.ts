import { hash } from 'node:crypto';
import { adRoutes } from '../../lib/api/ad-routes.ts';
import { invalidRequest, problem } from '../../lib/api/answer/answer.ts';
import type { FieldError } from '../../lib/api/answer/problems.ts';
import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { operation } from '../../lib/api/operation.ts';
import { parseAdQuery } from '../../lib/api/request/ad-query.ts';
import { encodeCursor } from '../../lib/api/request/cursor.ts';
import { versionTag } from '../../lib/api/request/entity-tags.ts';
import { adsPerPageDefault } from '../../lib/api/request/query-schemas.ts';
import { createAdReader } from '../../lib/app/ads/ad-reader.ts';
import { createCatalogReader, type CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { UsageRecorder } from '../../lib/app/usage/usage-recorder.ts';
import { adToJson } from '../../lib/core/ads/ad-json.ts';
import { excludedBy } from '../../lib/core/ads/explain.ts';
import type { ListFilter } from '../../lib/core/ads/list-filter.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { listReply } from './list-reply.ts';
import { catalogHeaders, createPageReply, unansweredView } from './page-reply.ts';

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
    ({ query, tokens }) => {
      const view = catalogs.current(tokens, query.consistency);
      return view instanceof Promise
        ? view.then((awaited) => pageReply(query, awaited))
        : pageReply(query, view);
    },
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

  /** Pages of all live ads by id. Each page shows the current catalog. */
  const listAds = operation(adRoutes.listAds, async ({ query, tokens, address }) => {
    const view = await catalogs.current(tokens, query.consistency);
    if (view.status !== 'ok') return unansweredView(view, deps);
    const { limit = adsPerPageDefault, status, country, title, external_id: externalId } = query;
    const [afterId, of] = query.cursor?.split('~') ?? [];
    const filter = { status, country, title, externalId };
    const name = nameOf(filter);
    if (query.cursor !== undefined && of !== name) return invalidRequest([otherList]);
    const headers = { ...catalogHeaders(view, settings), ...neverStored };
    if (name !== undefined) {
      const { items, nextAfterId } = view.catalog.listMatching(filter, { afterId, limit }, clock.nowMs());
      const next = nextAfterId === undefined ? undefined : encodeCursor(`${nextAfterId}~${name}`);
      return listReply(items, next, headers, address.accept);
    }
    const found = view.catalog.listById(afterId, limit + 1, clock.nowMs());
    const page = found.slice(0, limit);
    const next = found.length > limit ? encodeCursor(idOf(page.at(-1) ?? '')) : undefined;
    return listReply(page, next, headers, address.accept);
  });

  /** Reads one ad by a consistent read of its item. */
  const getAd = operation(adRoutes.getAd, async ({ path, tokens }) => {
    const result = await reader.read(path.id, tokens);
    if (result.status === 'not-found') return problem('not-found', { detail: 'No live ad has this id.' });
    if (result.status === 'not-caught-up') return problem('not-caught-up');
    // no-cache: caches may keep it, but must revalidate each time.
    const headers = { ETag: versionTag(result.ad.version), 'Cache-Control': 'private, no-cache' };
    return { status: 200, headers, body: () => adToJson(result.ad) };
  });

  return createApiFunction(deps, [queryAds, explainAds, listAds, getAd]);
}

const otherList: FieldError = {
  path: 'cursor',
  message: 'is of a list with other filters; begin that list without a cursor',
};

/** Tells filters apart, in cursors; undefined: nothing is filtered. */
function nameOf({ status, country, title, externalId }: ListFilter): string | undefined {
  const values = [status, country, title, externalId].map((value) => value ?? null);
  if (values.every((value) => value === null)) return undefined;
  return hash('sha256', JSON.stringify(values), 'hex').slice(0, 16);
}

function idOf(adJson: string): string {
  return (JSON.parse(adJson) as { id: string }).id;
}
