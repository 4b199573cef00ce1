import { STATUS_CODES } from 'node:http';
import { answerSecurity } from '../../api/answer/answer-security.ts';
import { problemKind, problemBody, problemMediaType, type ProblemName } from '../../api/answer/problems.ts';
import { requestIdHeader } from '../../api/headers.ts';
import type { Clock } from '../../ports/clock.ts';

/** A request as it arrived on the connection. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, percent-encoding untouched; or `*`, the server as a whole. */
  readonly target: string;
  /** name, value, name, value, ... as sent, in order. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  /** The client's X-Request-Id if that is well-formed, else the server's own; the server puts it in the answer. */
  readonly requestId: string;
}

export interface HttpResponse {
  readonly statusCode: number;
  /**
   * `Name: value\r\n` and so on, without Content-Length, Date, Vary, X-Request-Id and the headers of the
   * connection.
   */
  readonly headerLines: string;
  /**
   * For `Vary`: the headers of the request that the answer depends on, without those that the server reads.
   */
  readonly vary?: string | undefined;
  /** It says itself which origins may read it; the server's rules do not. */
  readonly hasOwnOrigin?: true;
  /** Text is sent as UTF-8. */
  readonly body: string | Buffer;
}

/** Answers a request; never rejects. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** A problem of the API that the gateway itself answers, before or instead of a function. */
export function problemResponse(name: ProblemName, detail: string): HttpResponse {
  return problem(problemKind(name).status, problemBody(name, detail));
}

/**
 * A problem of HTTP itself: its title is the text of the status, and its type is `about:blank` (RFC 9457,
 * 4.2.1).
 */
export function statusProblem(statusCode: number, detail: string): HttpResponse {
  const title = STATUS_CODES[statusCode] ?? 'Error';
  return problem(
    statusCode,
    JSON.stringify({ type: 'about:blank', title, status: statusCode, detail, errors: [] }),
  );
}

const problemLines = headerLinesOf({
  'Content-Type': problemMediaType,
  'Cache-Control': 'no-store',
  ...answerSecurity('local'),
});

function problem(statusCode: number, body: string): HttpResponse {
  return { statusCode, headerLines: problemLines, body };
}

export function headerLinesOf(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

/** For a request whose head or body did not arrive in time. */
export const requestTimeout = statusProblem(408, 'The request was not complete in time.');

/** For a client that ended the connection in the middle of a request, and may still read. */
export const incomplete = problemResponse('invalid-request', 'The connection ended before the request did.');

export function withHeaders(response: HttpResponse, headerLines: string): HttpResponse {
  return { ...response, headerLines: response.headerLines + headerLines };
}

/** The header line for a list that may be empty. */
export function varyLine(vary: string | undefined): string {
  return vary === undefined || vary === '' ? '' : `Vary: ${vary}\r\n`;
}

export function requestIdLine(requestId: string): string {
  return `${requestIdHeader}: ${requestId}\r\n`;
}

/** These answers have no body by definition (RFC 9110, 6.4.1). */
export function hasNoBody(statusCode: number): boolean {
  return statusCode === 204 || statusCode === 304 || statusCode < 200;
}

/** The line of the Date header, computed once a second. */
export function createDateLine(clock: Pick<Clock, 'nowMs'>): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.nowMs() / 1000);
    if (now !== second) {
      second = now;
      text = `Date: ${new Date(now * 1000).toUTCString()}\r\n`;
    }
    return text;
  };
}

export interface WireOptions {
  /** The answer to a HEAD: without its body. */
  readonly headOnly: boolean;
  /** The lines of the response, and those of the server: the date, and whether the connection is kept. */
  readonly headerLines: string;
}

/** The whole answer, for one write. A string has one-byte characters only: write it as latin1. */
export function toResponseBytes(
  response: Omit<HttpResponse, 'headerLines'>,
  options: WireOptions,
): string | Buffer {
  const { statusCode, body } = response;
  const head = statusLine(statusCode) + options.headerLines;
  if (hasNoBody(statusCode)) return `${head}\r\n`;
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const whole = `${head}Content-Length: ${length}\r\n\r\n`;
  if (options.headOnly) return whole;
  // As many bytes as characters: ASCII, which needs no encoding.
  if (typeof body === 'string' && length === body.length) return whole + body;
  return Buffer.concat([Buffer.from(whole, 'latin1'), typeof body === 'string' ? Buffer.from(body) : body]);
}

const okLine = 'HTTP/1.1 200 OK\r\n';

function statusLine(statusCode: number): string {
  return statusCode === 200 ? okLine : `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n`;
}
