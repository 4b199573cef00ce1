import type { APIGatewayProxyEvent } from 'aws-lambda';
import { edgeHeader } from '../headers.ts';
import { headerValues } from './request-header.ts';

const name = edgeHeader.toLowerCase();

/** What CloudFront said of itself; undefined: the call did not come through it. */
export function edgeOf(
  event: Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>,
): string | undefined {
  return headerValues(event, name)[0];
}
