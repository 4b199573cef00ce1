import type middy from '@middy/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Answer } from '../answer/answer.ts';

/** A middleware of the HTTP functions: one concern each. */
export type Edge = middy.MiddlewareObj<APIGatewayProxyEvent, Answer>;

/** A request on its way through the middlewares. */
export interface EdgeRequest extends middy.Request<APIGatewayProxyEvent, Answer> {
  /** When it came, monotonic milliseconds. */
  startedMs?: number;
}

/** For what is done to every answer, refusals and failures included. */
export function toEvery(
  finish: (request: EdgeRequest, answer: Answer) => void,
): Pick<Edge, 'after' | 'onError'> {
  const run = (request: EdgeRequest): void => {
    const { response } = request;
    if (response !== null && response !== undefined) finish(request, response);
  };
  return { after: run, onError: run };
}

/** The answer depends on a request header: caches must know (RFC 9110, 12.5.5). */
export function addVary(headers: Record<string, string>, name: string): void {
  headers['Vary'] = headers['Vary'] === undefined ? name : `${headers['Vary']}, ${name}`;
}
