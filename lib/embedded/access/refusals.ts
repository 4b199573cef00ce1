import { bearerChallenges } from '../../api/access/bearer-challenge.ts';
import { rateHeaders } from '../../api/answer/rate-headers.ts';
import type { RouteScope } from '../../api/route.ts';
import type { RateSettings } from '../../stages.ts';
import { problemResponse, withHeaders, type HttpResponse } from '../http/http-message.ts';

/** What the gateway answers to a call that it does not let through. */
export const unauthorized = withHeaders(
  problemResponse('unauthorized', 'Send `Authorization: Bearer <token>` with a token of this stage.'),
  headerLines({ 'WWW-Authenticate': bearerChallenges.noToken }),
);

export const badToken = withHeaders(
  problemResponse('unauthorized', 'The token is not one of this stage, has expired or was revoked.'),
  headerLines({ 'WWW-Authenticate': bearerChallenges.badToken }),
);

/** Nobody can say whose token it is. */
export const unavailable = withHeaders(
  problemResponse('state-unavailable', 'The token could not be checked; nothing was changed.'),
  headerLines({ 'Retry-After': '1' }),
);

export function forbidden(needed: RouteScope, granted: readonly string[]): HttpResponse {
  const has = granted.length === 0 ? 'none' : granted.join(' ');
  return withHeaders(
    problemResponse('forbidden', `The call needs the scope ${needed}; the token has: ${has}.`),
    headerLines({ 'WWW-Authenticate': bearerChallenges.missingScope(needed) }),
  );
}

export function tooMany(rate: RateSettings, retryAfterSeconds: number): HttpResponse {
  const detail = `At most ${rate.burst} calls at once and ${rate.ratePerSecond} a second after that.`;
  return withHeaders(
    problemResponse('too-many-requests', detail),
    headerLines(rateHeaders(rate, retryAfterSeconds)),
  );
}

function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}
