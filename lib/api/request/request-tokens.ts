import type { APIGatewayProxyEvent } from 'aws-lambda';
import { parseToken, tokensPerRequestMax, type ConsistencyToken } from '../../core/consistency-token.ts';
import type { FieldErrors } from './field-errors.ts';
import { header } from './request-header.ts';

type HeaderEvent = Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>;

/** The Consistency-Tokens of a read. Several header lines are one list (RFC 9110 5.3). */
export function readTokens(event: HeaderEvent, stage: string, errors: FieldErrors): ConsistencyToken[] {
  const text = header(event, 'consistency-token');
  return text === undefined ? [] : parseTokens(text, stage, errors);
}

/** Empty list elements are skipped (RFC 9110 5.6.1.2). */
function parseTokens(text: string, stage: string, errors: FieldErrors): ConsistencyToken[] {
  const parts = text.split(',').flatMap((part) => part.trim() || []);
  if (parts.length > tokensPerRequestMax) {
    errors.add('Consistency-Token', `must have at most ${tokensPerRequestMax} tokens`);
    return [];
  }
  const tokens: ConsistencyToken[] = [];
  for (const part of parts) {
    const token = parseToken(part);
    if (token === undefined) {
      errors.add('Consistency-Token', 'must be tokens of this API');
    } else if (token.stage !== undefined && token.stage !== stage) {
      errors.add('Consistency-Token', `is a token of stage ${token.stage}; this is stage ${stage}`);
    } else {
      tokens.push(token);
    }
  }
  return tokens;
}
