import type { APIGatewayProxyEvent } from 'aws-lambda';
import { header } from './request-header.ts';

/** Version ff and all-zero ids are invalid. */
const pattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The W3C trace context of a request, for log lines. A malformed one is ignored, as the specification
 * requires.
 */
export function traceContext(event: Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>): {
  readonly traceparent?: string;
} {
  const traceparent = header(event, 'traceparent');
  return traceparent !== undefined && pattern.test(traceparent) ? { traceparent } : {};
}
