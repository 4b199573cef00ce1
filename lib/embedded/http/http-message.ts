import { STATUS_CODES } from 'node:http';
import { problemKind, problemBody, problemMediaType, type ProblemName } from '../../api/answer/problems.ts';
import type { Clock } from '../../ports/clock.ts';

/** A request as it came over the wire. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, percent-encoding untouched; or `*`, the server as a whole. */
  readonly target: string;
  /** name, value, name, value, ... as sent, in order. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
}

export interface HttpResponse {
  readonly statusCode: number;
  /** `Name: value\r\n` and so on; neither Content-Length, nor Date, nor Vary, nor a header about the connection. */
  readonly headerLines: string;
  /** Which headers of the request the answer depends on, besides those that the server looks at: a list for `Vary`. */
  readonly vary?: string | undefined;
  /** Text goes out as UTF-8. */
  readonly body: string | Buffer;
}

/** Answers a request; never rejects. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;

/** The problems of the API that the gateway answers with by itself, before or instead of a function. */
export function problemResponse(name: ProblemName, detail: string): HttpResponse {
  return problem(problemKind(name).status, problemBody(name, detail));
}

/** A problem of HTTP itself: its title is the status, its type says no more (RFC 9457, 4.2.1). */
export function statusProblem(statusCode: number, detail: string): HttpResponse {
  const title = STATUS_CODES[statusCode] ?? 'Error';
  return problem(
    statusCode,
    JSON.stringify({ type: 'about:blank', title, status: statusCode, detail, errors: [] }),
  );
}

function problem(statusCode: number, body: string): HttpResponse {
  return {
    statusCode,
    headerLines: `Content-Type: ${problemMediaType}\r\nCache-Control: no-store\r\n`,
    body,
  };
}

/** For a request whose head or body did not come in time. */
export const requestTimeout = statusProblem(408, 'The request was not complete in time.');

/** For a client that has sent its end in the middle of a request, and may still read. */
export const incomplete = problemResponse('invalid-request', 'The connection ended before the request did.');

export function withHeaders(response: HttpResponse, headerLines: string): HttpResponse {
  return { ...response, headerLines: response.headerLines + headerLines };
}

/** The header line for a list that may be empty. */
export function varyLine(vary: string | undefined): string {
  return vary === undefined || vary === '' ? '' : `Vary: ${vary}\r\n`;
}

/** These answers have no body by definition (RFC 9110, 6.4.1). */
export function hasNoBody(statusCode: number): boolean {
  return statusCode === 204 || statusCode === 304 || statusCode < 200;
}

/** The line of the Date header, worked out once a second. */
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
