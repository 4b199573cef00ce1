import type { APIGatewayProxyEvent } from 'aws-lambda';
import { headerValues } from './request-header.ts';

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
/** A media type with parameters, which may be empty (RFC 9110, 5.6.6 and 8.3.1). */
const mediaTypePattern = new RegExp(
  `^(${token}/${token})(?:[ \\t]*;[ \\t]*(?:${token}=(?:${token}|${quoted}))?)*$`,
);
const lengthMax = 500;

/**
 * Whether the body has one of the types. Parameters have no meaning for JSON (RFC 8259, 11), which is UTF-8.
 */
export function isMediaType(
  event: Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>,
  allowed: readonly string[],
): boolean {
  const values = headerValues(event, 'content-type');
  const value = values[0] ?? '';
  if (values.length > 1 || value.length > lengthMax) return false;
  if (allowed.includes(value)) return true;
  const name = mediaTypePattern.exec(value.trim())?.[1];
  return name !== undefined && allowed.includes(name.toLowerCase());
}
