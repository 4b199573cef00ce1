import { createHash } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { sentPreconditions } from './preconditions.ts';
import { queryValues } from './query-parameters.ts';

/**
 * Identifies a request for its Idempotency-Key: the SHA-256 in hex of method, path, query, preconditions and
 * the decoded body. The path goes in as resource and parameters, so that the base path of a custom domain
 * makes no difference.
 */
export function fingerprintOf(event: APIGatewayProxyEvent): string {
  const preconditions = sentPreconditions(event);
  return hash(event, preconditions.some((one) => one !== null) ? preconditions : undefined);
}

/**
 * The fingerprint of release 0.1.0, without preconditions. Its records live for 24 hours, so the next release
 * can drop it.
 */
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
