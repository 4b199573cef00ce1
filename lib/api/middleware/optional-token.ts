import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Authorize } from '../../app/tokens/authorize.ts';
import { covers, type Scope } from '../../core/scopes.ts';
import type { Clock } from '../../ports/clock.ts';
import { RefusedRequest } from '../answer/answer.ts';
import { bearerChallenges } from '../answer/refusal-headers.ts';
import { hasHeader, header } from '../request/request-header.ts';
import type { Edge } from './edge.ts';

export interface OptionalToken {
  /** The calls that take one, by their paths, and the scope that it must have. */
  readonly calls: ReadonlyMap<string, Scope>;
  readonly authorize: Authorize;
  /** Whether calls need no token, as of now: then everybody may do anything. */
  readonly isOpen: () => boolean;
  /** How long a token is known, seconds, as gateways cache it. */
  readonly cacheSeconds: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

type CallerToken = NonNullable<Awaited<ReturnType<Authorize>>>;

const knownMax = 1000;

/**
 * Checks the token of a call that anybody may make without one, and names the caller in the event as a gateway does.
 * Where the gateway has checked it, nothing is left to do. An Idempotency-Key needs a caller whose key it is.
 */
export function optionalToken(options: OptionalToken): Edge {
  const { calls, authorize, isOpen, cacheSeconds, clock } = options;
  const known = new Map<string, { readonly token: CallerToken; readonly untilMs: number }>();

  const tokenOf = async (authorization: string): Promise<CallerToken> => {
    const nowMs = clock.monotonicMs();
    const found = known.get(authorization);
    if (found !== undefined && nowMs < found.untilMs) return found.token;
    const token = await authorize(authorization);
    if (token === undefined) throw refused('unauthorized', bearerChallenges.badToken);
    if (known.size >= knownMax) known.clear();
    known.set(authorization, { token, untilMs: nowMs + cacheSeconds * 1000 });
    return token;
  };
  const name = async (event: APIGatewayProxyEvent, authorization: string, scope: Scope): Promise<void> => {
    const { principal: principalId, scopes } = await tokenOf(authorization);
    if (!covers(scopes, scope)) throw refused('forbidden', bearerChallenges.missingScope(scope));
    event.requestContext.authorizer = { principalId };
  };

  return {
    before: ({ event }) => {
      const scope = calls.get(event.resource);
      if (scope === undefined || event.httpMethod === 'OPTIONS' || isOpen()) return undefined;
      const { authorizer } = event.requestContext as { readonly authorizer?: object | null };
      if (authorizer !== undefined && authorizer !== null) return undefined;
      const authorization = header(event, 'authorization');
      if (authorization !== undefined && authorization !== '') return name(event, authorization, scope);
      if (hasHeader(event, 'idempotency-key')) throw tokenNeeded('An Idempotency-Key', scope);
      return undefined;
    },
  };
}

/** Refuses a call without a token that asks for more than calls without one may. */
export function tokenNeeded(what: string, scope: Scope): RefusedRequest {
  return new RefusedRequest('unauthorized', {
    detail: `${what} needs a token with the scope ${scope}.`,
    headers: { 'WWW-Authenticate': bearerChallenges.noToken },
  });
}

function refused(name: 'unauthorized' | 'forbidden', challenge: string): RefusedRequest {
  return new RefusedRequest(name, { headers: { 'WWW-Authenticate': challenge } });
}
