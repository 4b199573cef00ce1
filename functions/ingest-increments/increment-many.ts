import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { answerOnce } from '../../lib/api/answer/answer-once.ts';
import { jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { noPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readWrite } from '../../lib/api/request/read-request.ts';
import { traceContext } from '../../lib/api/request/trace-context.ts';
import { logUnavailable, type Parts } from './parts.ts';

/** More tokens than this, or longer ones together, go in the body alone, if asked for: gateways bound a header. */
export const headerTokensMax = 10;
export const headerTokensLengthMax = 4096;

interface Batch {
  readonly increments: readonly { readonly key: string; readonly value: number }[];
}

export async function incrementMany(
  { writer, idempotency }: Parts,
  schema: z.ZodType<Batch>,
  event: APIGatewayProxyEvent,
): Promise<Answer> {
  const request = readWrite(event, {
    pathParameters: noPath,
    query: noQuery,
    body: { schema, mediaTypes: ['application/json'] },
  });
  if (!request.ok) return request.answer;
  const { increments } = request.body;
  const { representation } = request.preferences;
  return answerOnce(idempotency, event, request.idempotencyKey, async (identity): Promise<Answer> => {
    const result = await writer.append(increments, { identity, ...traceContext(event) });
    if (result.status === 'unavailable') return logUnavailable(result.ambiguous);
    const { tokens } = result;
    const headers = {
      ...tokenHeader(tokens),
      ...(representation && { 'Preference-Applied': 'return=representation' }),
    };
    const tail = representation ? `,"tokens":${tokensJson(tokens)}}` : '}';
    if (result.status === 'accepted') {
      return jsonAnswer(202, `{"accepted":${increments.length}${tail}`, headers);
    }
    const { failed } = result;
    const body = `{"accepted":${increments.length - failed.length},"failed":${JSON.stringify(failed)}${tail}`;
    return jsonAnswer(207, body, { ...headers, 'Retry-After': '1' });
  });
}

function tokenHeader(tokens: ReadonlyMap<string, string>): Record<string, string> {
  if (tokens.size === 0 || tokens.size > headerTokensMax) return {};
  const value = [...tokens.values()].join(', ');
  return value.length > headerTokensLengthMax ? {} : { 'Consistency-Token': value };
}

/** By hand: a counter may be called `__proto__`. */
function tokensJson(tokens: ReadonlyMap<string, string>): string {
  const members = Array.from(tokens, ([key, token]) => `${JSON.stringify(key)}:${JSON.stringify(token)}`);
  return `{${members.join(',')}}`;
}
