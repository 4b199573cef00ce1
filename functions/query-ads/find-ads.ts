import type { APIGatewayProxyEvent } from 'aws-lambda';
import { parseAdQuery, type AdQuery } from '../../lib/api/request/ad-query.ts';
import { faultsAnswer, jsonMediaType, type Answer } from '../../lib/api/answer/answer.ts';
import { matchesNoneMatch } from '../../lib/api/request/entity-tags.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { queryValues } from '../../lib/api/request/query-parameters.ts';
import { hasHeader, header } from '../../lib/api/request/request-header.ts';
import { readTokens } from '../../lib/api/request/request-tokens.ts';
import type { CatalogReader, CatalogView } from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import type { Catalog } from '../../lib/core/ads/catalog.ts';
import type { ConsistencyToken } from '../../lib/core/consistency-token.ts';
import { isStale, unansweredView } from './catalog-headers.ts';

const noTokens: readonly ConsistencyToken[] = [];

/** The busiest call: answers without a promise when the catalog is fresh, and without a schema. */
export function createFindAds(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  catalogs: CatalogReader,
): (event: APIGatewayProxyEvent) => Answer | Promise<Answer> {
  const { publicReads } = settings.http;
  const visibility = publicReads ? 'public' : 'private';
  // A cache may keep an answer as long as a container may go without asking for the version.
  const maxAgeMax = Math.floor(settings.reader.maxStalenessMs / 1000);
  const windows = createWindows();

  function pageAnswer(event: APIGatewayProxyEvent, query: AdQuery, view: CatalogView): Answer {
    if (view.status !== 'ok') return unansweredView(view, settings);
    const { catalog } = view;
    const nowMs = clock.nowMs();
    const window = windows.at(catalog, nowMs);
    const stale = isStale(view, settings);
    const maxAge = stale ? 0 : Math.min(maxAgeMax, Math.floor((window.untilMs - nowMs) / 1000));
    // Weak: API Gateway may compress, and the same content then has other bytes.
    const etag = `W/"${window.tag}${query.tag}"`;
    const headers: Record<string, string> = {
      'Content-Type': jsonMediaType,
      ETag: etag,
      'Cache-Control': `${visibility}, max-age=${maxAge}`,
      'Catalog-Version': String(catalog.version),
      // A cached answer must not be given to who presents a token for a later write.
      Vary: 'Consistency-Token',
    };
    if (view.token !== '') headers['Consistency-Token'] = view.token;
    if (stale) headers['Catalog-Stale-Ms'] = String(Math.round(view.staleMs));
    if (hasHeader(event, 'if-none-match') && matchesNoneMatch(header(event, 'if-none-match') ?? '', etag)) {
      delete headers['Content-Type'];
      return { statusCode: 304, headers, body: '' };
    }
    const { items, total } = catalog.query(query.filter, nowMs, query.page);
    return { statusCode: 200, headers, body: pageJson(items, total) };
  }

  return (event) => {
    const errors = new FieldErrors();
    const query = parseAdQuery(queryValues(event), errors);
    const tokens = hasHeader(event, 'consistency-token')
      ? readTokens(event, settings.stage, errors)
      : noTokens;
    if (query === undefined || errors.count > 0) return faultsAnswer(errors);
    const view = catalogs.current(tokens);
    if (view instanceof Promise) return view.then((awaited) => pageAnswer(event, query, awaited));
    return pageAnswer(event, query, view);
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

/** The time between two starts or ends of ads, within which a catalog answers a query always the same. */
interface Window {
  readonly catalog: Catalog;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Names the catalog's version and the window; first part of an entity tag. */
  readonly tag: string;
}

/** Remembers the last window: the next request mostly falls into it again. */
function createWindows(): { at(catalog: Catalog, nowMs: number): Window } {
  let last: Window | undefined;
  return {
    at(catalog, nowMs) {
      if (last?.catalog === catalog && last.fromMs <= nowMs && nowMs < last.untilMs) return last;
      const fromMs = catalog.lastInstant(nowMs);
      const untilMs = catalog.nextInstant(nowMs) ?? Number.MAX_SAFE_INTEGER;
      last = { catalog, fromMs, untilMs, tag: `${catalog.version}-${fromMs.toString(36)}-` };
      return last;
    },
  };
}
