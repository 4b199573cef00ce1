import { adRoutes } from '../../lib/api/ad-routes.ts';
import { jsonMediaType, problem } from '../../lib/api/answer/answer.ts';
import { createApiFunction, type ApiFunction } from '../../lib/api/api-function.ts';
import { operation, type Reply } from '../../lib/api/operation.ts';
import { parseAdQuery, type AdQuery } from '../../lib/api/request/ad-query.ts';
import { encodeCursor } from '../../lib/api/request/cursor.ts';
import { versionTag } from '../../lib/api/request/entity-tags.ts';
import { adsPerPageDefault } from '../../lib/api/request/query-schemas.ts';
import { createAdReader } from '../../lib/app/ads/ad-reader.ts';
import {
  createCatalogReader,
  type CatalogReader,
  type CatalogView,
} from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { adToJson } from '../../lib/core/ads/ad-json.ts';
import { excludedBy } from '../../lib/core/ads/explain.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { catalogHeaders, isStale, unansweredView } from './catalog-headers.ts';
import { createPageWindows } from './page-windows.ts';

export type QueryAdsDeps = Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'> & {
  /** The catalog to answer from, where somebody else wants to see it too; made here by default. */
  readonly catalogs?: CatalogReader;
};

const neverStored = { 'Cache-Control': 'no-store' };

/** Answers reads of ads, from the catalog in memory or, for one ad, from its item. */
export function createQueryAds(deps: QueryAdsDeps): ApiFunction {
  const { clock, settings } = deps;
  const catalogs = deps.catalogs ?? createCatalogReader(deps);
  const reader = createAdReader(deps);
  const pageReply = createPageReply(deps);

  /** The busiest call: answers without a promise when the catalog is fresh, and reads its query without a schema. */
  const queryAds = operation(
    adRoutes.queryAds,
    ({ query, tokens }) => {
      const view = catalogs.current(tokens);
      return view instanceof Promise
        ? view.then((awaited) => pageReply(query, awaited))
        : pageReply(query, view);
    },
    { readQuery: parseAdQuery },
  );

  /** Why somebody sees what they see: how many ads each condition left, and what excludes one of them. */
  const explainAds = operation(adRoutes.explainAds, async ({ query, tokens }) => {
    const view = await catalogs.current(tokens);
    if (view.status !== 'ok') return unansweredView(view, settings);
    const { catalog } = view;
    const { at: atMs = clock.nowMs(), id, ...filter } = query;
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

  /** All live ads by id, a page at a time; a page shows the catalog as it is when asked for. */
  const listAds = operation(adRoutes.listAds, async ({ query, tokens }) => {
    const view = await catalogs.current(tokens);
    if (view.status !== 'ok') return unansweredView(view, settings);
    const { limit = adsPerPageDefault } = query;
    const found = view.catalog.listById(query.cursor, limit + 1, clock.nowMs());
    const page = found.slice(0, limit);
    const cursor = found.length > limit ? `"${encodeCursor(idOf(page.at(-1) ?? ''))}"` : 'null';
    return {
      status: 200,
      headers: { ...catalogHeaders(view, settings), ...neverStored },
      body: `{"ads":[${page.join(',')}],"next_cursor":${cursor}}`,
    };
  });

  /** One ad by a consistent read of its item. */
  const getAd = operation(adRoutes.getAd, async ({ path, tokens }) => {
    const result = await reader.read(path.id, tokens);
    if (result.status === 'not-found') return problem('not-found', { detail: 'No live ad has this id.' });
    if (result.status === 'not-caught-up') return problem('not-caught-up');
    // no-cache: keep it, but ask each time whether it is still current.
    const headers = { ETag: versionTag(result.ad.version), 'Cache-Control': 'private, no-cache' };
    return { status: 200, headers, body: () => adToJson(result.ad) };
  });

  return createApiFunction(deps, [queryAds, explainAds, listAds, getAd]);
}

type PageReply = Reply<typeof adRoutes.queryAds>;

function createPageReply({
  clock,
  settings,
}: Pick<Ports, 'clock' | 'settings'>): (query: AdQuery, view: CatalogView) => PageReply {
  const visibility = settings.http.publicReads ? 'public' : 'private';
  // A cache may keep an answer as long as a container may go without asking for the version.
  const maxAgeMax = Math.floor(settings.reader.maxStalenessMs / 1000);
  const uncached = `${visibility}, max-age=0`;
  const windows = createPageWindows();
  return (query, view) => {
    if (view.status !== 'ok') return unansweredView(view, settings);
    const { catalog } = view;
    const nowMs = clock.nowMs();
    const window = windows.at(catalog, nowMs);
    const stale = isStale(view, settings);
    const maxAge = stale ? 0 : Math.min(maxAgeMax, Math.floor((window.untilMs - nowMs) / 1000));
    const headers: Record<string, string> = {
      'Content-Type': jsonMediaType,
      // Weak: a cache in front may compress, and the same content then has other bytes.
      ETag: `W/"${window.tag}${query.tag}"`,
      'Cache-Control': maxAge === 0 ? uncached : `${visibility}, max-age=${maxAge}`,
      'Catalog-Version': window.version,
      'Consistency-Token': view.token,
      // A cached answer must not be given to who presents a token for a later write.
      Vary: 'Consistency-Token',
    };
    if (stale) headers['Catalog-Stale-Ms'] = String(Math.round(view.staleMs));
    const body = (): string => {
      const { items, total } = catalog.query(query.filter, nowMs, query.page);
      return pageJson(items, total);
    };
    return { status: 200, headers, body };
  };
}

/** Concatenated, not joined: the engine then copies the pieces once, when the body is sent, and not twice. */
function pageJson(items: readonly string[], total: number): string {
  let json = '{"ads":[';
  let separator = '';
  for (const item of items) {
    json += separator + item;
    separator = ',';
  }
  return `${json}],"total":${total}}`;
}

function idOf(adJson: string): string {
  return (JSON.parse(adJson) as { id: string }).id;
}
