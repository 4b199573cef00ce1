import { METHODS } from 'node:http';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { allowedMethods, findRoute, patchMediaTypes, routes } from '../routes.ts';
import { problemAnswer, type Answer } from './answer.ts';
import { beaconPreflight, preflightHeaders } from './cors.ts';

const methodsKnown: ReadonlySet<string> = new Set(METHODS);

/** Answers a request that no route takes: OPTIONS, 501, 405 on a known path, 404 elsewhere. */
export function unroutedAnswer({
  httpMethod: method,
  resource,
}: Pick<APIGatewayProxyEvent, 'httpMethod' | 'resource'>): Answer {
  if (!methodsKnown.has(method)) return problemAnswer('not-implemented');
  // The route exists, but this function does not have its operation.
  if (findRoute(method, resource) !== undefined) return problemAnswer('not-implemented');
  const methods = allowedMethods(resource);
  if (methods.length === 0) {
    return problemAnswer('unknown-route', { detail: 'No call has this path; GET /docs lists all calls.' });
  }
  const headers = { Allow: methods.join(', ') };
  if (method === 'OPTIONS') {
    const patch = patchMediaTypes(resource);
    return {
      statusCode: 204,
      headers: {
        ...headers,
        ...preflightHeaders(methods),
        ...(routes.some(({ path, functionName }) => path === resource && functionName === 'track-ads') &&
          beaconPreflight),
        ...(patch.length > 0 && { 'Accept-Patch': patch.join(', ') }),
      },
      body: '',
    };
  }
  const detail = `This path has ${methods.join(', ')}; see GET /docs.`;
  return problemAnswer('method-not-allowed', { detail, headers });
}
