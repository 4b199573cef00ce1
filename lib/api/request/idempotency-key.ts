import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { FieldErrors } from './field-errors.ts';
import { headerValues } from './request-header.ts';

const keyPattern = /^[!-~]{1,255}$/;
/** A String of RFC 9651, the form of the key in draft-ietf-httpapi-idempotency-key-header. */
const quotedPattern = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;

export interface IdempotencyKey {
  readonly key: string;
  /** The key as sent, which names the records of release 0.1.0. */
  readonly sent: string;
}

/** The Idempotency-Key of a write, quoted or bare; undefined: absent or invalid. */
export function readIdempotencyKey(
  event: Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>,
  errors: FieldErrors,
): IdempotencyKey | undefined {
  const [sent, ...more] = headerValues(event, 'idempotency-key');
  if (sent === undefined) return undefined;
  const text = sent.trim();
  const key = text.startsWith('"') ? quotedPattern.exec(text)?.[1]?.replaceAll(/\\(.)/g, '$1') : text;
  if (key !== undefined && more.length === 0 && keyPattern.test(key)) return { key, sent };
  errors.add('Idempotency-Key', 'must be one value of 1 to 255 visible ASCII characters, quoted or not');
  return undefined;
}
