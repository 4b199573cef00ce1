import type { APIGatewayProxyEvent } from 'aws-lambda';
import { parseEntityTags, type EntityTags } from './entity-tags.ts';
import type { FieldErrors } from './field-errors.ts';
import { hasHeader, header } from './request-header.ts';

/**
 * Undefined: not sent. The API has no modification dates, so it ignores preconditions on them (RFC 9110,
 * 13.1).
 */
export interface Preconditions {
  readonly ifMatch?: EntityTags;
  readonly ifNoneMatch?: EntityTags;
}

type HeaderEvent = Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>;

const none: Preconditions = {};

/**
 * Reads the preconditions of a request. A malformed one is 400, because ignoring it would change what the
 * client meant to guard. Only the If-None-Match of a read is about caching, so there a malformed one is
 * ignored.
 */
export function readPreconditions(event: HeaderEvent, isRead: boolean, errors: FieldErrors): Preconditions {
  const hasMatch = hasHeader(event, 'if-match');
  const hasNoneMatch = hasHeader(event, 'if-none-match');
  if (!hasMatch && !hasNoneMatch) return none;
  const read = (name: 'If-Match' | 'If-None-Match'): EntityTags | undefined => {
    const tags = parseEntityTags(header(event, name.toLowerCase()) ?? '');
    if (tags === undefined && !(isRead && name === 'If-None-Match')) {
      errors.add(name, 'must be * or a list of up to 20 entity tags such as "17"');
    }
    return tags;
  };
  const ifMatch = hasMatch ? read('If-Match') : undefined;
  const ifNoneMatch = hasNoneMatch ? read('If-None-Match') : undefined;
  return { ...(ifMatch && { ifMatch }), ...(ifNoneMatch && { ifNoneMatch }) };
}

/** The preconditions as sent: part of the fingerprint for an Idempotency-Key. */
export function sentPreconditions(event: HeaderEvent): readonly (string | null)[] {
  return [header(event, 'if-match') ?? null, header(event, 'if-none-match') ?? null];
}
