import type { APIGatewayProxyEvent } from 'aws-lambda';
import { faultsAnswer, jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { decodeCursor, encodeCursor } from '../../lib/api/request/cursor.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { adListQuery, adsPerPageDefault, noPath } from '../../lib/api/request/query-schemas.ts';
import { readParameters } from '../../lib/api/request/read-request.ts';
import { readTokens } from '../../lib/api/request/request-tokens.ts';
import type { CatalogReader, CatalogView } from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { catalogHeaders, unansweredView } from './catalog-headers.ts';

/** All live ads by id, a page at a time; a page shows the catalog as it is when asked for. */
export function createListAds(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  catalogs: CatalogReader,
): (event: APIGatewayProxyEvent) => Promise<Answer> {
  return async (event) => {
    const errors = new FieldErrors();
    const { query } = readParameters(event, { pathParameters: noPath, query: adListQuery }, errors);
    const tokens = readTokens(event, settings.stage, errors);
    const afterId = typeof query.cursor === 'string' ? decodeCursor(query.cursor) : undefined;
    if (query.cursor !== undefined && afterId === undefined) errors.add('cursor', 'must be a next_cursor');
    if (errors.count > 0) return faultsAnswer(errors);
    const view: CatalogView = await catalogs.current(tokens);
    if (view.status !== 'ok') return unansweredView(view, settings);
    const limit = query.limit ?? adsPerPageDefault;
    const found = view.catalog.listById(afterId, limit + 1, clock.nowMs());
    const page = found.slice(0, limit);
    const cursor = found.length > limit ? encodeCursor(idOf(page.at(-1) ?? '')) : undefined;
    const body = `{"ads":[${page.join(',')}],"next_cursor":${cursor === undefined ? 'null' : `"${cursor}"`}}`;
    return jsonAnswer(200, body, { ...catalogHeaders(view, settings), 'Cache-Control': 'no-store' });
  };
}

function idOf(adJson: string): string {
  return (JSON.parse(adJson) as { id: string }).id;
}
