import type { RateSettings } from '../../stages.ts';

/** Whose calls a limit counts together. */
export type LimitedBy = 'token' | 'address';

/** So many calls in each window, as `RateLimit-Policy` states it. */
export interface CallQuota {
  readonly calls: number;
  readonly windowSeconds: number;
}

/** The shortest window in which a bucket is stated: long enough for a whole number of calls. */
const windowSecondsMin = 5;

/**
 * What a token bucket lets through on average: its calls of 5 seconds or, of a larger bucket, the burst in the
 * time in which it fills again.
 */
export function bucketQuota({ ratePerSecond, burst }: RateSettings): CallQuota {
  const calls = ratePerSecond * windowSecondsMin;
  return burst <= calls
    ? { calls: Math.floor(calls), windowSeconds: windowSecondsMin }
    : { calls: Math.floor(burst), windowSeconds: Math.ceil(burst / ratePerSecond) };
}

/**
 * The headers with which a 429 states a limit (draft-ietf-httpapi-ratelimit-headers): the calls of a window,
 * none left, and the seconds until the next one.
 */
export function rateHeaders(
  { calls, windowSeconds }: CallQuota,
  retryAfterSeconds: number,
  by: LimitedBy = 'token',
): Readonly<Record<string, string>> {
  return {
    'Retry-After': String(retryAfterSeconds),
    RateLimit: `"${by}";r=0;t=${retryAfterSeconds}`,
    'RateLimit-Policy': `"${by}";q=${calls};w=${windowSeconds}`,
  };
}

const realm = 'Bearer realm="adtally"';

/**
 * The value of `WWW-Authenticate` (RFC 6750, 3) for a call without a token, with an unknown token, or without
 * the scope.
 */
export const bearerChallenges = {
  noToken: realm,
  badToken: `${realm}, error="invalid_token"`,
  /** @param scope that the call needs; absent where the gateway does not know it */
  missingScope: (scope?: string): string =>
    `${realm}, error="insufficient_scope"${scope === undefined ? '' : `, scope="${scope}"`}`,
} as const;
