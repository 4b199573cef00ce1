import type { APIGatewayProxyEvent } from 'aws-lambda';
import { createAdBody, toAdContent } from '../../lib/api/ad-schemas.ts';
import { answerOnce } from '../../lib/api/answer/answer-once.ts';
import type { Answer } from '../../lib/api/answer/answer.ts';
import type { FieldErrors } from '../../lib/api/request/field-errors.ts';
import { parseInstant } from '../../lib/api/request/instant-text.ts';
import { noPath, noQuery } from '../../lib/api/request/query-schemas.ts';
import { readWrite } from '../../lib/api/request/read-request.ts';
import { traceContext } from '../../lib/api/request/trace-context.ts';
import { alreadyEndedMessage, writeAnswer } from './write-answer.ts';
import type { Parts } from './parts.ts';

export async function createAd(parts: Parts, event: APIGatewayProxyEvent): Promise<Answer> {
  const { writer, idempotency, clock } = parts;
  const request = readWrite(event, {
    pathParameters: noPath,
    query: noQuery,
    body: { schema: createAdBody, mediaTypes: ['application/json'] },
    whenFaulty: (body, errors) => {
      nameEndedAd(body, clock.nowMs(), errors);
    },
  });
  if (!request.ok) return request.answer;
  const { waitSeconds } = request.preferences;
  const content = toAdContent(request.body);
  return answerOnce(idempotency, event, request.idempotencyKey, async (identity) => {
    const result = await writer.create(content, {
      identity,
      ...(waitSeconds !== undefined && { waitMs: waitSeconds * 1000 }),
      ...traceContext(event),
    });
    return writeAnswer(result, {
      appliedStatus: 201,
      location: `${ownPath(event)}/`,
      ...(waitSeconds !== undefined && { waitSeconds }),
    });
  });
}

/**
 * That an ad has ended already is refused when it is written, not by the schema: a repeated request must get its
 * stored answer also after the end. It is named here when the request is faulty anyway.
 */
function nameEndedAd(body: unknown, nowMs: number, errors: FieldErrors): void {
  const end: unknown = (body as { end_at?: unknown } | null)?.end_at;
  const parsed = typeof end === 'string' ? parseInstant(end) : undefined;
  if (parsed?.ok === true && parsed.epochMs <= nowMs) errors.add('end_at', alreadyEndedMessage);
}

/** As the client sees it: `requestContext.path` has the stage or base path that `path` may lack. */
function ownPath(event: APIGatewayProxyEvent): string {
  const context = event.requestContext as { readonly path?: string };
  return (context.path ?? event.path).replace(/\/$/, '');
}
