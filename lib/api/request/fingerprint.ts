import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { sentPreconditions } from './preconditions.ts';
import { queryValues } from './query-parameters.ts';

/**
 * What makes two requests with one Idempotency-Key the same: method, path, query, preconditions and the bytes of the
 * body (decoded, where it came compressed), as SHA-256 in hex. The path goes in as resource and parameters, so that a
 * custom domain's base path makes no difference.
 */
export function fingerprintOf(event: APIGatewayProxyEvent): string {
  const preconditions = sentPreconditions(event);
  return hash(event, preconditions.some((one) => one !== null) ? preconditions : undefined);
}

/** As release 0.1.0 had it, without preconditions. Its records live for 24 hours: this can go in the next release. */
export function formerFingerprintOf(event: APIGatewayProxyEvent): string {
  return hash(event, undefined);
}

function hash(event: APIGatewayProxyEvent, preconditions: readonly (string | null)[] | undefined): string {
  const { httpMethod, resource, pathParameters, body, isBase64Encoded } = event;
  const parts = [httpMethod, resource, sorted(pathParameters ?? {}), sorted(queryValues(event))];
  return createHash('sha256')
    .update(JSON.stringify(preconditions === undefined ? parts : [...parts, preconditions]))
    .update('\n')
    .update(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
    .digest('hex');
}

function sorted(values: object): [string, unknown][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
