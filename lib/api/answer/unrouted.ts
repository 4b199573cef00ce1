import type { APIGatewayProxyEvent } from 'aws-lambda';
import { problemAnswer, type Answer } from './answer.ts';
import { preflightHeaders } from './cors.ts';
import { allowedMethods } from '../routes.ts';

/** The answer for a request that no function's route takes: OPTIONS, 405 on a known path, 404 elsewhere. */
export function unroutedAnswer(event: Pick<APIGatewayProxyEvent, 'httpMethod' | 'resource'>): Answer {
  const methods = allowedMethods(event.resource);
  if (methods.length === 0) {
    return problemAnswer('unknown-route', { detail: 'No call has this path; GET /docs lists them all.' });
  }
  const headers = { Allow: methods.join(', ') };
  if (event.httpMethod === 'OPTIONS') {
    return { statusCode: 204, headers: { ...headers, ...preflightHeaders(methods) }, body: '' };
  }
  const detail = `This path has ${methods.join(', ')}; GET /docs tells more.`;
  return problemAnswer('method-not-allowed', { detail, headers });
}
