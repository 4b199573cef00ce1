import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FieldErrors } from './field-errors.ts';
import { headerValues } from './request-header.ts';

const keyPattern = /^[!-~]{1,255}$/;
/** A String of RFC 9651, as draft-ietf-httpapi-idempotency-key-header writes the key. */
const quotedPattern = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;

export interface IdempotencyKey {
  readonly key: string;
  /** As it was sent: what release 0.1.0 kept its records under. */
  readonly sent: string;
}

/** The Idempotency-Key of a write, quoted or bare; undefined: none, or a faulty one. */
export function readIdempotencyKey(
  event: Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>,
  errors: FieldErrors,
): IdempotencyKey | undefined {
  const [sent, ...more] = headerValues(event, 'idempotency-key');
  if (sent === undefined) return undefined;
  const text = sent.trim();
  const key = text.startsWith('"') ? quotedPattern.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') : text;
  if (key !== undefined && more.length === 0 && keyPattern.test(key)) return { key, sent };
  errors.add('Idempotency-Key', 'must be given once, as 1 to 255 visible ASCII characters, quoted or not');
  return undefined;
}
