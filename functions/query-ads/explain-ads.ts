import type { APIGatewayProxyEvent } from 'aws-lambda';
import { jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { adExplainQuery, noPath } from '../../lib/api/request/query-schemas.ts';
import { readRead } from '../../lib/api/request/read-request.ts';
import type { CatalogReader } from '../../lib/app/ads/catalog-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { excludedBy } from '../../lib/core/ads/explain.ts';
import { formatInstant } from '../../lib/core/instant.ts';
import { catalogHeaders, unansweredView } from './catalog-headers.ts';

/** Why somebody sees what they see: how many ads each condition left, and what excludes one of them. */
export function createExplainAds(
  { clock, settings }: Pick<Ports, 'clock' | 'settings'>,
  catalogs: CatalogReader,
): (event: APIGatewayProxyEvent) => Promise<Answer> {
  return async (event) => {
    const request = readRead(event, { pathParameters: noPath, query: adExplainQuery }, settings.stage);
    if (!request.ok) return request.answer;
    const view = await catalogs.current(request.tokens);
    if (view.status !== 'ok') return unansweredView(view, settings);
    const { catalog } = view;
    const { at: atMs = clock.nowMs(), id, ...filter } = request.query;
    const body = JSON.stringify({
      at: formatInstant(atMs),
      live: catalog.size,
      conditions: catalog.explain(filter, atMs),
      ad: id === undefined ? null : explainOne(id.toLowerCase()),
    });
    return jsonAnswer(200, body, { ...catalogHeaders(view, settings), 'Cache-Control': 'no-store' });

    function explainOne(adId: string): Readonly<Record<string, unknown>> {
      const ad = catalog.get(adId);
      const name = ad === undefined ? 'unknown' : excludedBy(ad, filter, atMs);
      return { id: adId, excluded_by: name ?? null };
    }
  };
}
