import type { RateSettings } from '../../stages.ts';

/** Over how many seconds a policy is stated: long enough for a whole number of calls. */
const windowSeconds = 5;

/**
 * What an answer 429 says of a token's limit (draft-ietf-httpapi-ratelimit-headers): so many calls on average in so many
 * seconds; none left, and when there is one again.
 */
export function rateHeaders(rate: RateSettings, retryAfterSeconds: number): Readonly<Record<string, string>> {
  const quota = Math.floor(rate.ratePerSecond * windowSeconds);
  return {
    'Retry-After': String(retryAfterSeconds),
    RateLimit: `"token";r=0;t=${retryAfterSeconds}`,
    'RateLimit-Policy': `"token";q=${quota};w=${windowSeconds}`,
  };
}
