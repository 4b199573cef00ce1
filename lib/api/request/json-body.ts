import { isUtf8 } from 'node:buffer';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { duplicateMembers } from './json-duplicates.ts';
import { countMembers, scanJson } from './json-scan.ts';
import type { FieldError } from '../answer/problems.ts';

export const bodyBytesMax = 256 * 1024;
export const jsonDepthMax = 32;

type BodyEvent = Pick<APIGatewayProxyEvent, 'body' | 'isBase64Encoded'>;

export type JsonBody =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly detail: string; readonly errors: readonly FieldError[] };

/**
 * Parses the body as strict JSON: UTF-8 with or without a byte order mark, at most `jsonDepthMax` levels, no
 * repeated member names. A number that a double would round to an integer, or to another one, becomes NaN, which
 * every schema refuses at its own path.
 */
export function parseJsonBody(event: BodyEvent): JsonBody {
  const text = bodyText(event);
  if (text === undefined) return malformed('The body is not UTF-8.');
  if (text.trim() === '') return malformed('The body is empty.');
  const scan = scanJson(text);
  if (scan.depth > jsonDepthMax) return malformed(`The body is nested deeper than ${jsonDepthMax} levels.`);
  let value: unknown;
  try {
    value = scan.suspiciousNumber ? JSON.parse(text, exactNumbers) : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return malformed('The body is not JSON.');
    throw error;
  }
  if (scan.memberCount !== countMembers(value)) {
    const errors = duplicateMembers(text).map((path) => ({ path, message: 'must be given once' }));
    return { ok: false, detail: 'An object has a repeated member name.', errors };
  }
  return { ok: true, value };
}

function malformed(detail: string): JsonBody {
  return { ok: false, detail, errors: [{ path: '', message: detail }] };
}

function bodyText(event: BodyEvent): string | undefined {
  const body = event.body ?? '';
  if (!event.isBase64Encoded) return withoutMark(body);
  const bytes = Buffer.from(body, 'base64');
  return isUtf8(bytes) ? withoutMark(bytes.toString()) : undefined;
}

/** RFC 8259 8.1 lets a parser skip it; Windows editors and .NET write it. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** The third argument is the number's source text (TC39 "JSON.parse source text access", in Node 24). */
function exactNumbers(this: unknown, _key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value;
  return isExactInteger(context?.source ?? '') || !Number.isInteger(value) ? value : Number.NaN;
}

const numberText = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Far beyond the exponent of any double, so its digits need not be computed. */
const exponentMax = 400;

/**
 * Whether the text of a JSON number is exactly the integer that its double holds: true for `12`, `1.0` and
 * `1e3`; false for `9007199254740991.4` and `0.99999999999999999999`, which round to integers, for `1e400`
 * and for `-0`.
 */
export function isExactInteger(source: string): boolean {
  const value = Number(source);
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return false;
  const match = numberText.exec(source);
  if (match === null) return false;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const exponent = Number(exponentText) - fraction.length;
  if (digits === '0') return sign === '';
  if (Math.abs(exponent) > exponentMax + digits.length) return false;
  const significant = digits.replace(/0+$/, '');
  const zeros = exponent + digits.length - significant.length;
  if (zeros < 0) return false;
  return BigInt(sign + significant + '0'.repeat(zeros)) === BigInt(value);
}
