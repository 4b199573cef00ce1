import type middy from '@middy/core';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { Answer } from '../answer/answer.ts';

/** A middleware of the HTTP functions: one concern each. */
export type Edge = middy.MiddlewareObj<APIGatewayProxyEvent, Answer, Error, Context, EdgeState>;

export type EdgeRequest = middy.Request<APIGatewayProxyEvent, Answer, Error, Context, EdgeState>;

/** What a middleware keeps from the beginning of a request to its end. */
export interface EdgeState extends Record<string, unknown> {
  startedMs: number;
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
