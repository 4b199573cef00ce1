import type { APIGatewayProxyEvent } from 'aws-lambda';
import { header } from './request-header.ts';

/** Version ff and ids of zeros are invalid. */
const pattern = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})$/;

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

/** The caller's span, and whether the caller records its trace; undefined: a malformed header, or none. */
export function parseTraceparent(text: string | undefined) {
  const [, traceId, spanId, flags] = pattern.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
