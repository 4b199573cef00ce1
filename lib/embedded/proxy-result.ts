import type { HttpResponse } from './http-message.ts';

/** Lambda's limit for an answer. */
const bodyBytesMax = 6 * 1024 * 1024;

/** The door writes these itself. */
const doorHeaders = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);

/** What a function answered, as API Gateway reads it; undefined: not an answer that it would pass on. */
export function toHttpResponse(result: unknown): HttpResponse | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = result as Record<string, unknown>;
  if (typeof statusCode !== 'number' || !Number.isInteger(statusCode)) return undefined;
  if (statusCode < 200 || statusCode > 599) return undefined;
  const text = body ?? '';
  if (typeof text !== 'string' || text.length > bodyBytesMax) return undefined;
  const lines: string[] = [];
  const written =
    addSingle(lines, headers ?? none, multiValueHeaders ?? none) && addMany(lines, multiValueHeaders ?? none);
  if (!written) return undefined;
  return { statusCode, headers: lines, body: isBase64Encoded === true ? Buffer.from(text, 'base64') : text };
}

const none = {};

/** A header that is in `multiValueHeaders` too counts only there. */
function addSingle(lines: string[], headers: unknown, many: unknown): boolean {
  if (typeof headers !== 'object' || headers === null || typeof many !== 'object' || many === null)
    return false;
  for (const name in headers) {
    if (name in many) continue;
    if (!add(lines, name, (headers as Record<string, unknown>)[name])) return false;
  }
  return true;
}

function addMany(lines: string[], many: unknown): boolean {
  for (const [name, values] of Object.entries(many as object)) {
    if (!Array.isArray(values) || !values.every((value) => add(lines, name, value))) return false;
  }
  return true;
}

const namePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A value that would end its line, and begin another, is no header. */
function add(lines: string[], name: string, value: unknown): boolean {
  const text = typeof value === 'string' ? value : String(value);
  if (!namePattern.test(name) || !valuePattern.test(text)) return false;
  if (!doorHeaders.has(name.toLowerCase())) lines.push(name, text);
  return true;
}
