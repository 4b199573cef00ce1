import type { APIGatewayProxyEvent } from 'aws-lambda';
import { traceIdOf } from '../../app/trace.ts';
import type { LogFields } from '../../ports/telemetry.ts';
import { traceContext } from '../request/trace-context.ts';

/**
 * Fields that identify the request in a log line: the resource of the API, never the path, which contains
 * counter keys.
 */
export function requestFields(event: APIGatewayProxyEvent): LogFields {
  const { requestId } = event.requestContext as { readonly requestId?: string };
  return {
    request_id: requestId,
    trace_id: traceIdOf(traceContext(event).traceparent),
    method: event.httpMethod,
    resource: event.resource,
  };
}
