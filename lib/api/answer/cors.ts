import type { APIGatewayProxyEvent } from 'aws-lambda';
import { requestHeaders, responseHeaders } from '../headers.ts';
import { header } from '../request/request-header.ts';

const exposed = Object.keys(responseHeaders).join(', ');
const allowed = [
  'Authorization',
  'Content-Encoding',
  'Content-Type',
  'X-Api-Key',
  ...Object.keys(requestHeaders),
].join(', ');
const preflightSeconds = 600;

type CorsEvent = Pick<APIGatewayProxyEvent, 'headers' | 'multiValueHeaders'>;

/**
 * The stage's allow-list. Tokens travel in a header that the caller sets, never in cookies, so '*' is safe.
 */
export function createCors(origins: readonly string[]): {
  /** The value of `Access-Control-Allow-Origin`; undefined: the header is not sent. */
  allowOrigin(event: CorsEvent): string | undefined;
  /** The answer depends on the request's `Origin`. */
  readonly varies: boolean;
} {
  if (origins.includes('*')) return { allowOrigin: () => '*', varies: false };
  const known = new Set(origins);
  return {
    allowOrigin: (event) => {
      if (known.size === 0) return undefined;
      const origin = header(event, 'origin');
      return origin !== undefined && known.has(origin) ? origin : undefined;
    },
    varies: known.size > 0,
  };
}

export const exposedHeaders = exposed;

/** The CORS headers of an OPTIONS answer. */
export function preflightHeaders(methods: readonly string[]): Record<string, string> {
  return {
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': allowed,
    'Access-Control-Max-Age': String(preflightSeconds),
  };
}

/** Reports come from pages of any origin, and a preflight for each would double them: the longest that browsers keep. */
export const beaconPreflight = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Max-Age': '7200',
} as const;
