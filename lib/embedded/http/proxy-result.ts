import type { HttpResponse } from './http-message.ts';

/** Lambda's limit for an answer. */
const bodyBytesMax = 6 * 1024 * 1024;

/** The server writes these itself. */
const serverHeaders = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'vary',
  'x-request-id',
]);

/** The answer of a function, as API Gateway reads it. undefined: API Gateway would not pass it on. */
export function toHttpResponse(result: unknown): HttpResponse | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = result as Record<string, unknown>;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode)) return undefined;
  if (statusCode < 200 || statusCode > 599) return undefined;
  const text = body ?? '';
  if (typeof text !== 'string' || text.length > bodyBytesMax) return undefined;
  const headerLines = singleLines(headers ?? none, multiValueHeaders ?? none);
  const moreLines =
    multiValueHeaders === undefined || multiValueHeaders === null ? '' : multiLines(multiValueHeaders);
  if (headerLines === undefined || moreLines === undefined) return undefined;
  return {
    statusCode,
    headerLines: headerLines + moreLines,
    vary: varyOf(headers) ?? varyOf(multiValueHeaders),
    ...(hasOwnOrigin(headers) && { hasOwnOrigin: true }),
    body: isBase64Encoded === true ? Buffer.from(text, 'base64') : text,
  };
}

/** The server adds to it. The headers have been checked. */
function varyOf(headers: unknown): string | undefined {
  for (const name in headers as Record<string, unknown> | undefined) {
    if (name.length === 4 && name.toLowerCase() === 'vary') {
      return [(headers as Record<string, string | string[]>)[name]].flat().join(', ');
    }
  }
  return undefined;
}

/** Written so by our own functions alone. */
function hasOwnOrigin(headers: unknown): boolean {
  return (headers as Record<string, unknown> | undefined)?.['Access-Control-Allow-Origin'] !== undefined;
}

const none = {};

/** A header that is also in `multiValueHeaders` counts only there. */
function singleLines(headers: unknown, many: unknown): string | undefined {
  if (typeof headers !== 'object' || headers === null || typeof many !== 'object' || many === null) {
    return undefined;
  }
  let lines = '';
  for (const name in headers) {
    if (many !== none && Object.hasOwn(many, name)) continue;
    const line = headerLine(name, (headers as Record<string, unknown>)[name]);
    if (line === undefined) return undefined;
    lines += line;
  }
  return lines;
}

function multiLines(many: object): string | undefined {
  let lines = '';
  for (const [name, values] of Object.entries(many)) {
    if (!Array.isArray(values)) return undefined;
    for (const value of values) {
      const line = headerLine(name, value);
      if (line === undefined) return undefined;
      lines += line;
    }
  }
  return lines;
}

const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * A header name that was checked, and the last line made with it: most headers have the same value each time.
 */
interface KnownHeader {
  readonly isServers: boolean;
  value: string | undefined;
  line: string;
}

const knownHeaders = new Map<string, KnownHeader>();
const knownHeadersMax = 200;

/** undefined: not a header. A value with a line break would begin another. */
function headerLine(name: string, value: unknown): string | undefined {
  const text = typeof value === 'string' ? value : String(value);
  const known = knownHeaders.get(name) ?? learn(name);
  if (known === undefined) return undefined;
  if (text !== known.value) {
    if (!valuePattern.test(text)) return undefined;
    known.value = text;
    known.line = known.isServers ? '' : `${name}: ${text}\r\n`;
  }
  return known.line;
}

function learn(name: string): KnownHeader | undefined {
  if (!namePattern.test(name)) return undefined;
  const known = { isServers: serverHeaders.has(name.toLowerCase()), value: undefined, line: '' };
  if (knownHeaders.size < knownHeadersMax) knownHeaders.set(name, known);
  return known;
}
