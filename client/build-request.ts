import type { WireRequest } from './call/try-once.ts';
import { AdtallyError } from './errors.ts';
import type { Operation } from './operation.ts';

export type Input = Readonly<Record<string, unknown>>;

/**
 * `fetch` refuses invalid header values with an error that looks like a failed connection, so this checks
 * first.
 */
const headerValue = /^[\t\u0020-\u007e]*$/;

/**
 * Makes the request. Throws an AdtallyError `invalid-input` if it cannot be sent. The API checks the rest.
 */
export function buildRequest(
  operation: Operation,
  input: Input,
  headers: Readonly<Record<string, string>>,
): WireRequest {
  const sent: Record<string, string> = { ...headers };
  for (const member in operation.headers) {
    const value = input[member];
    if (value !== undefined) sent[operation.headers[member] as string] = plain(member, value);
  }
  for (const name in sent) {
    if (!headerValue.test(sent[name] as string))
      throw invalidInput(`${name} has characters that a header cannot contain`);
  }
  const target = `${path(operation.path, input)}${query(operation.query, input)}`;
  if (operation.mediaType === undefined) return { target, method: operation.method, headers: sent };
  sent['Content-Type'] = operation.mediaType;
  return { target, method: operation.method, headers: sent, body: json(input.body) };
}

export function invalidInput(message: string, cause?: unknown): AdtallyError {
  const facts = { code: 'invalid-input', retryable: false, ambiguous: false, tries: 0 };
  return new AdtallyError(message, facts, cause);
}

function path(template: string, input: Input): string {
  return template.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const text = plain(name, input[name]);
    // URLs drop such segments, even percent-encoded ones, so the request would have another path.
    if (text === '' || text === '.' || text === '..') {
      throw invalidInput(`${name} "${text}" cannot be part of a path; use getCounters`);
    }
    return encode(name, text);
  });
}

function query(names: readonly string[], input: Input): string {
  let text = '';
  for (const name of names) {
    const value = input[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      text += `${text === '' ? '?' : '&'}${name}=${encode(name, plain(name, one))}`;
    }
  }
  return text;
}

function plain(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `${value}`;
  throw invalidInput(`${name} must be a string or a number`);
}

function encode(name: string, text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (error) {
    throw invalidInput(`${name} must not contain a lone surrogate`, error);
  }
}

function json(body: unknown): string {
  try {
    const text = JSON.stringify(body) as string | undefined;
    if (text !== undefined) return text;
  } catch (error) {
    throw invalidInput('the body cannot be written as JSON', error);
  }
  throw invalidInput('the call needs a body');
}
