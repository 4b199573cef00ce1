import type { APIGatewayProxyEvent } from 'aws-lambda';
import { faultsAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { parsePrefer } from '../../lib/api/request/prefer.ts';
import { adPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readParameters } from '../../lib/api/request/read-request.ts';
import { header } from '../../lib/api/request/request-header.ts';
import { traceContext } from '../../lib/api/request/trace-context.ts';
import { readIfMatch, toIfVersion, waitOf } from './if-match.ts';
import type { Parts } from './parts.ts';
import { writeAnswer } from './write-answer.ts';

export async function deleteAd(parts: Parts, event: APIGatewayProxyEvent): Promise<Answer> {
  const { writer, reader, idempotency } = parts;
  const errors = new FieldErrors();
  const { path } = readParameters(event, { pathParameters: adPath, query: noQuery }, errors);
  const ifMatch = readIfMatch(event, errors);
  if (errors.count > 0) return faultsAnswer(errors);
  const preferences = parsePrefer(header(event, 'prefer'));
  const adId = path.id.toLowerCase();
  const result = await writer.remove(adId, {
    identity: idempotency.unkeyed(),
    ...(await toIfVersion(ifMatch, adId, reader)),
    ...waitOf(preferences, ifMatch),
    ...traceContext(event),
  });
  return writeAnswer(result, { appliedStatus: 200, ...preferences });
}
