import type { APIGatewayProxyEventHeaders, APIGatewayProxyEventMultiValueHeaders } from 'aws-lambda';

/**
 * The headers of a proxy event or an authorizer's event. Handmade events, and test events of the AWS console,
 * lack one of the two.
 */
interface Headers {
  readonly headers?: APIGatewayProxyEventHeaders | null | undefined;
  readonly multiValueHeaders?: APIGatewayProxyEventMultiValueHeaders | null | undefined;
}

/**
 * Every value of a header, by its lower-case name. `headers` of a proxy event has only the last value of a
 * repeated header, so `multiValueHeaders` comes first; handmade events may lack it.
 */
export function headerValues(event: Headers, lowerCaseName: string): readonly string[] {
  const many = event.multiValueHeaders;
  if (many !== null && many !== undefined) {
    let found: readonly string[] | undefined;
    for (const name in many) {
      if (!isNamed(name, lowerCaseName)) continue;
      const values = many[name] ?? [];
      found = found === undefined ? values : [...found, ...values];
    }
    if (found !== undefined && found.length > 0) return found;
  }
  const single = event.headers ?? {};
  for (const name in single) {
    const value = single[name];
    if (value !== undefined && isNamed(name, lowerCaseName)) return [value];
  }
  return [];
}

/** The values of a list header combined into one (RFC 9110 5.2); undefined: not sent. */
export function header(event: Headers, lowerCaseName: string): string | undefined {
  const values = headerValues(event, lowerCaseName);
  return values.length > 1 ? values.join(', ') : values[0];
}

const acceptEncodingBit = 16;
const requestIdBit = 128;
/** Headers that only concern the answer. */
const answerBits = acceptEncodingBit | requestIdBit;

/** Headers that nearly every call reads and few requests have, each a bit. */
const bits: Readonly<Record<string, number>> = {
  prefer: 1,
  'if-match': 2,
  traceparent: 4,
  'if-none-match': 8,
  'accept-encoding': acceptEncodingBit,
  'idempotency-key': 32,
  'consistency-token': 64,
  'x-request-id': requestIdBit,
};

let lastHeaders: object | undefined;
let lastBits = 0;

/**
 * Whether a header was sent: cheaper than reading its value, since most requests lack it. The names of one
 * request are scanned once for all headers above.
 */
export function hasHeader(event: Headers, lowerCaseName: string): boolean {
  const headers = event.headers ?? event.multiValueHeaders ?? {};
  const bit = bits[lowerCaseName];
  if (bit === undefined) {
    for (const name in headers) if (isNamed(name, lowerCaseName)) return true;
    return false;
  }
  return (knownBits(headers) & bit) !== 0;
}

/**
 * Whether a request has one of the headers above, except those that only concern the answer.
 */
export function bringsMeaning(event: Headers): boolean {
  return (knownBits(event.headers ?? event.multiValueHeaders ?? {}) & ~answerBits) !== 0;
}

function knownBits(headers: object): number {
  if (headers !== lastHeaders) {
    lastBits = bitsOf(headers);
    lastHeaders = headers;
  }
  return lastBits;
}

/** Checks length and first letter first: few other headers match both, and lower-casing is slow. */
function bitsOf(headers: object): number {
  let found = 0;
  for (const name in headers) {
    const letter = name.charCodeAt(0) | 0x20;
    let mayMean = false;
    switch (name.length) {
      case 6:
        mayMean = letter === 0x70; // prefer
        break;
      case 8:
      case 13:
        mayMean = letter === 0x69; // if-match, if-none-match
        break;
      case 11:
        mayMean = letter === 0x74; // traceparent
        break;
      case 12:
        mayMean = letter === 0x78; // x-request-id
        break;
      case 15:
        mayMean = letter === 0x61 || letter === 0x69; // accept-encoding, idempotency-key
        break;
      case 17:
        mayMean = letter === 0x63; // consistency-token
        break;
      default:
        break;
    }
    if (mayMean) found |= bits[name.toLowerCase()] ?? 0;
  }
  return found;
}

function isNamed(name: string, lowerCaseName: string): boolean {
  return (
    name.length === lowerCaseName.length && (name === lowerCaseName || name.toLowerCase() === lowerCaseName)
  );
}
