import type { RateSettings } from '../../stages.ts';

/**
 * Seconds of the window in which `RateLimit-Policy` states a rate: long enough for a whole number of calls.
 * That of the leases too (lib/app/rate/leased-rate.ts).
 */
const windowSeconds = 5;

/** Whose calls a limit counts together. */
export type LimitedBy = 'token' | 'address';

/**
 * The headers with which a 429 states a limit (draft-ietf-httpapi-ratelimit-headers): calls per window on
 * average, none left, and the seconds until the next one.
 */
export function rateHeaders(
  rate: RateSettings,
  retryAfterSeconds: number,
  by: LimitedBy = 'token',
): Readonly<Record<string, string>> {
  const quota = Math.floor(rate.ratePerSecond * windowSeconds);
  return {
    'Retry-After': String(retryAfterSeconds),
    RateLimit: `"${by}";r=0;t=${retryAfterSeconds}`,
    'RateLimit-Policy': `"${by}";q=${quota};w=${windowSeconds}`,
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
