import type { APIGatewayProxyEvent } from 'aws-lambda';
import { toAdPatch, updateAdBody } from '../../lib/api/ad-schemas.ts';
import { answerOnce } from '../../lib/api/answer/answer-once.ts';
import type { Answer } from '../../lib/api/answer/answer.ts';
import { adPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readWrite } from '../../lib/api/request/read-request.ts';
import { traceContext } from '../../lib/api/request/trace-context.ts';
import { readIfMatch, toIfVersion, waitOf } from './if-match.ts';
import type { Parts } from './parts.ts';
import { writeAnswer } from './write-answer.ts';

export async function updateAd(parts: Parts, event: APIGatewayProxyEvent): Promise<Answer> {
  const { writer, reader, idempotency } = parts;
  const request = readWrite(event, {
    pathParameters: adPath,
    query: noQuery,
    body: { schema: updateAdBody, mediaTypes: ['application/json', 'application/merge-patch+json'] },
    checkHeaders: readIfMatch,
  });
  if (!request.ok) return request.answer;
  const { path, preferences, headers: ifMatch } = request;
  const adId = path.id.toLowerCase();
  const patch = toAdPatch(request.body);
  return answerOnce(idempotency, event, request.idempotencyKey, async (identity) => {
    const result = await writer.update(adId, patch, {
      identity,
      ...(await toIfVersion(ifMatch, adId, reader)),
      ...waitOf(preferences, ifMatch),
      ...traceContext(event),
    });
    return writeAnswer(result, { appliedStatus: 200, ...preferences });
  });
}
