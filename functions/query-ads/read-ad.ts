import type { APIGatewayProxyEvent } from 'aws-lambda';
import { jsonAnswer, problemAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { matchesNoneMatch, versionTag } from '../../lib/api/request/entity-tags.ts';
import { adPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readRead } from '../../lib/api/request/read-request.ts';
import { header } from '../../lib/api/request/request-header.ts';
import type { AdReader } from '../../lib/app/ads/ad-reader.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { adToJson } from '../../lib/core/ads/ad-json.ts';

/** One ad by a consistent read of its item. */
export function createReadAd(
  { settings }: Pick<Ports, 'settings'>,
  reader: AdReader,
): (event: APIGatewayProxyEvent) => Promise<Answer> {
  return async (event) => {
    const request = readRead(event, { pathParameters: adPath, query: noQuery }, settings.stage);
    if (!request.ok) return request.answer;
    const result = await reader.read(request.path.id.toLowerCase(), request.tokens);
    if (result.status === 'not-found')
      return problemAnswer('not-found', { detail: 'No live ad has this id.' });
    if (result.status === 'not-caught-up') return problemAnswer('not-caught-up');
    // no-cache: keep it, but ask each time whether it is still current.
    const headers = { ETag: versionTag(result.ad.version), 'Cache-Control': 'private, no-cache' };
    const noneMatch = header(event, 'if-none-match');
    if (noneMatch !== undefined && matchesNoneMatch(noneMatch, headers.ETag)) {
      return { statusCode: 304, headers, body: '' };
    }
    return jsonAnswer(200, adToJson(result.ad), headers);
  };
}
