import type middy from '@middy/core';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { traceIdOf } from '../../app/trace.ts';
import type { LogFields } from '../../ports/telemetry.ts';
import type { Answer } from '../answer/answer.ts';
import { gatewayRequestIdOf, requestIdOf } from '../request/request-id.ts';
import { traceContext } from '../request/trace-context.ts';

/** A middleware of the HTTP functions; each has one concern. */
export type Edge = middy.MiddlewareObj<APIGatewayProxyEvent, Answer>;

/** A request on its way through the middlewares. */
export interface EdgeRequest extends middy.Request<APIGatewayProxyEvent, Answer> {
  /** When the request arrived, in monotonic milliseconds. */
  startedMs?: number;
}

/** Applies a change to every answer, including refusals and failures. */
export function toEvery(
  finish: (request: EdgeRequest, answer: Answer) => void,
): Pick<Edge, 'after' | 'onError'> {
  const run = (request: EdgeRequest): void => {
    const { response } = request;
    if (response !== null && response !== undefined) finish(request, response);
  };
  return { after: run, onError: run };
}

/** Adds to `Vary`: caches must know that the answer depends on a request header (RFC 9110, 12.5.5). */
export function addVary(headers: Record<string, string>, name: string): void {
  headers['Vary'] = headers['Vary'] === undefined ? name : `${headers['Vary']}, ${name}`;
}

/**
 * Fields that identify the request in a log line: the resource of the API, never the path, which contains
 * counter keys.
 */
export function requestFields(event: APIGatewayProxyEvent): LogFields {
  const requestId = requestIdOf(event);
  const gatewayId = gatewayRequestIdOf(event);
  return {
    request_id: requestId,
    // Only where the caller named the request: API Gateway's access log has its own id.
    ...(gatewayId !== requestId && { gateway_request_id: gatewayId }),
    trace_id: traceIdOf(traceContext(event).traceparent),
    method: event.httpMethod,
    resource: event.resource,
  };
}
