import type { APIGatewayProxyEvent } from 'aws-lambda';
import type * as z from 'zod';
import { answerOnce } from '../../lib/api/answer/answer-once.ts';
import { jsonAnswer, type Answer } from '../../lib/api/answer/answer.ts';
import { incrementQuery, noPath } from '../../lib/api/request/query-schemas.ts';
import { readWrite } from '../../lib/api/request/read-request.ts';
import { traceContext } from '../../lib/api/request/trace-context.ts';
import { assert } from '../../lib/core/assert.ts';
import { logUnavailable, type Parts } from './parts.ts';

interface Increment {
  readonly key: string;
  readonly value: number;
}

export async function incrementOne(
  { writer, idempotency }: Parts,
  schema: z.ZodType<Increment>,
  event: APIGatewayProxyEvent,
): Promise<Answer> {
  const request = readWrite(event, {
    pathParameters: noPath,
    query: incrementQuery,
    body: { schema, mediaTypes: ['application/json'] },
  });
  if (!request.ok) return request.answer;
  const { body: increment, query } = request;
  return answerOnce(idempotency, event, request.idempotencyKey, async (identity): Promise<Answer> => {
    if (query.mode === 'sync') {
      const { total } = await writer.addSync(increment, { identity });
      return jsonAnswer(200, `{${JSON.stringify(increment.key)}:${total}}`);
    }
    const result = await writer.append([increment], { identity, ...traceContext(event) });
    if (result.status === 'unavailable') return logUnavailable(result.ambiguous);
    const token = result.tokens.get(increment.key);
    assert(result.status === 'accepted' && token !== undefined, 'one increment was accepted in part');
    return jsonAnswer(202, '{"status":"accepted"}', { 'Consistency-Token': token });
  });
}
