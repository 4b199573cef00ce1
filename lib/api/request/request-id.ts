import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { SpanAttributes } from '../../ports/spans.ts';
import { hasHeader, headerValues } from './request-header.ts';

export const requestIdLengthMax = 128;

const pattern = new RegExp(`^[!-~]{1,${requestIdLengthMax}}$`);

/** Whether a caller's text may name a request: 1 to 128 visible ASCII characters. */
export function isRequestId(text: string): boolean {
  return pattern.test(text);
}

/**
 * The id of a request, in its answer, its log lines and its spans: the caller's `X-Request-Id` if that is one
 * well-formed value, else the gateway's own id. Handmade events may have neither.
 */
export function requestIdOf(
  event: Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders' | 'requestContext'>,
): string | undefined {
  if (hasHeader(event, 'x-request-id')) {
    const [sent = '', ...more] = headerValues(event, 'x-request-id');
    if (more.length === 0 && isRequestId(sent)) return sent;
  }
  return gatewayRequestIdOf(event);
}

/** What the span of a request says about it. */
export function requestSpanAttributes(event: APIGatewayProxyEvent): SpanAttributes {
  const id = requestIdOf(event);
  return id === undefined ? {} : { request_id: id };
}

/** The id that API Gateway made, as in its access log. */
export function gatewayRequestIdOf({
  requestContext,
}: Pick<APIGatewayProxyEvent, 'requestContext'>): string | undefined {
  return (requestContext as { readonly requestId?: string }).requestId;
}
