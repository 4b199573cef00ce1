import type { adRoutes } from '../../lib/api/ad-routes.ts';
import { jsonMediaType } from '../../lib/api/answer/answer.ts';
import { isStale, unansweredView } from '../../lib/api/answer/catalog-view.ts';
import type { Reply } from '../../lib/api/operation.ts';
import type { AdQuery } from '../../lib/api/request/ad-query.ts';
import type { CatalogView } from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { Catalog } from '../../lib/core/ads/catalog/catalog.ts';

type PageReply = Reply<typeof adRoutes.queryAds>;

/** A caller may keep an answer to a strong read, but must ask again each time. A shared cache may not keep it. */
const askedEachTime = 'private, no-cache';

/** The most that an answer takes to the edge's cache, milliseconds. */
const edgeTransitMs = 1000;

/**
 * The busiest answer: a page of the ads that match a query, with its entity tag and how long it may be kept.
 */
export function createPageReply({
  clock,
  ids,
  settings,
}: Pick<Ports, 'clock' | 'ids' | 'settings'>): (query: AdQuery, view: CatalogView) => PageReply {
  const isPublic = settings.http.publicReads;
  // A cache may keep an answer as long as a container may skip reading the version.
  const maxAgeMax = Math.floor(settings.reader.maxStalenessMs / 1000);
  const kept = isPublic ? 'public, max-age=' : 'private, max-age=';
  // Many shared caches, CloudFront among them, give an old answer when they get no new one: an ad that has ended.
  const onceOld = isPublic ? ', must-revalidate, stale-if-error=0' : '';
  const uncached = `${kept}0${onceOld}`;
  // The age of an answer begins when the edge has it, not when it was made.
  const onItsWayMs = settings.cloud.edge === undefined ? 0 : edgeTransitMs;
  const windows = createPageWindows();
  return (query, view) => {
    if (view.status !== 'ok') return unansweredView(view, { ids, settings });
    const { catalog } = view;
    const nowMs = clock.nowMs();
    const window = windows.at(catalog, nowMs);
    const stale = isStale(view, settings);
    const maxAge = stale ? 0 : Math.min(maxAgeMax, wholeSeconds(window.untilMs - nowMs - onItsWayMs));
    const headers: Record<string, string> = {
      'Content-Type': jsonMediaType,
      // Weak, because a cache may compress the answer, and the same content then has other bytes.
      ETag: `W/"${window.tag}${query.tag}"`,
      'Cache-Control':
        query.consistency === 'strong'
          ? askedEachTime
          : maxAge === 0
            ? uncached
            : `${kept}${maxAge}${onceOld}`,
      'Catalog-Version': window.version,
      'Consistency-Token': view.token,
      // A cache must not give this answer to a client that presents a token of a later write.
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

function wholeSeconds(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / 1000));
}

/** Concatenated, not joined, so that the engine copies the pieces once, when it sends the body. */
function pageJson(items: readonly string[], total: number): string {
  let json = '{"ads":[';
  let separator = '';
  for (const item of items) {
    json += separator + item;
    separator = ',';
  }
  return `${json}],"total":${total}}`;
}

/** The time between two starts or ends of ads. Within it a catalog gives the same answer to a query. */
interface PageWindow {
  readonly catalog: Catalog;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly version: string;
  /** Identifies the catalog's version and the window; the first part of an entity tag. */
  readonly tag: string;
}

/** Keeps the last window, since the next request is mostly in the same one. */
function createPageWindows(): { at(catalog: Catalog, nowMs: number): PageWindow } {
  let last: PageWindow | undefined;
  return {
    at(catalog, nowMs) {
      if (last?.catalog === catalog && last.fromMs <= nowMs && nowMs < last.untilMs) return last;
      const fromMs = catalog.lastInstant(nowMs);
      const untilMs = catalog.nextInstant(nowMs) ?? Number.MAX_SAFE_INTEGER;
      const version = String(catalog.version);
      last = { catalog, fromMs, untilMs, version, tag: `${version}-${fromMs.toString(36)}-` };
      return last;
    },
  };
}
