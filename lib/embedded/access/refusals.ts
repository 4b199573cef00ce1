import {
  bearerChallenges,
  bucketQuota,
  rateHeaders,
  type LimitedBy,
} from '../../api/answer/refusal-headers.ts';
import type { RouteScope } from '../../api/route.ts';
import type { RateSettings } from '../../stages.ts';
import { headerLinesOf, problemResponse, withHeaders, type HttpResponse } from '../http/http-message.ts';

/** The gateway's answers to calls that it does not allow. */
export const unauthorized = withHeaders(
  problemResponse('unauthorized', 'Send `Authorization: Bearer <token>` with a token of this stage.'),
  headerLinesOf({ 'WWW-Authenticate': bearerChallenges.noToken }),
);

export const badToken = withHeaders(
  problemResponse('unauthorized', 'The token is not one of this stage, has expired or was revoked.'),
  headerLinesOf({ 'WWW-Authenticate': bearerChallenges.badToken }),
);

/** The token could not be looked up. */
export const unavailable = withHeaders(
  problemResponse('state-unavailable', 'The token could not be checked; nothing was changed.'),
  headerLinesOf({ 'Retry-After': '1' }),
);

export function forbidden(needed: RouteScope, granted: readonly string[]): HttpResponse {
  const has = granted.length === 0 ? 'none' : granted.join(' ');
  return withHeaders(
    problemResponse('forbidden', `The call needs the scope ${needed}; the token has: ${has}.`),
    headerLinesOf({ 'WWW-Authenticate': bearerChallenges.missingScope(needed) }),
  );
}

export function tooMany(rate: RateSettings, retryAfterSeconds: number, by: LimitedBy): HttpResponse {
  const whose = by === 'token' ? 'The token' : 'This address';
  const detail = `${whose} may make at most ${rate.burst} calls in a burst, then ${rate.ratePerSecond} a second. Wait for \`Retry-After\`.`;
  return withHeaders(
    problemResponse('too-many-requests', detail),
    headerLinesOf(rateHeaders(bucketQuota(rate), retryAfterSeconds, by)),
  );
}
