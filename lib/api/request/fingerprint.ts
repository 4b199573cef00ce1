import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { queryValues } from './query-parameters.ts';

/**
 * What makes two requests with one Idempotency-Key the same: method, path, query and the bytes of the body, as SHA-256
 * in hex. The path goes in as resource and parameters, so that a custom domain's base path makes no difference.
 */
export function fingerprint(event: APIGatewayProxyEvent): string {
  const query = Object.entries(queryValues(event)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const path = Object.entries(event.pathParameters ?? {}).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash('sha256')
    .update(JSON.stringify([event.httpMethod, event.resource, path, query]))
    .update('\n')
    .update(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
    .digest('hex');
}
