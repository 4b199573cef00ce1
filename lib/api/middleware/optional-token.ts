import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Authorize } from '../../app/tokens/authorize.ts';
import { covers, type Scope } from '../../core/scopes.ts';
import type { Clock } from '../../ports/clock.ts';
import { RefusedRequest } from '../answer/answer.ts';
import { bearerChallenges } from '../answer/refusal-headers.ts';
import { hasHeader, header } from '../request/request-header.ts';
import type { Edge } from './edge.ts';

export interface OptionalToken {
  /** The call that takes one. */
  readonly resource: string;
  readonly scope: Scope;
  readonly authorize: Authorize;
  /** Whether calls need no token, as of now: then everybody may do anything. */
  readonly isOpen: () => boolean;
  /** How long a token is known, seconds, as gateways cache it. */
  readonly cacheSeconds: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

const knownMax = 1000;

/**
 * Checks the token of a call that anybody may make without one, and names the caller in the event as a gateway does.
 * Where the gateway has checked it, nothing is left to do. An Idempotency-Key needs a caller whose key it is.
 */
export function optionalToken(options: OptionalToken): Edge {
  const { resource, scope, authorize, isOpen, cacheSeconds, clock } = options;
  const known = new Map<string, { readonly principal: string; readonly untilMs: number }>();

  const principalOf = async (authorization: string): Promise<string> => {
    const nowMs = clock.monotonicMs();
    const found = known.get(authorization);
    if (found !== undefined && nowMs < found.untilMs) return found.principal;
    const token = await authorize(authorization);
    if (token === undefined) throw refused('unauthorized', bearerChallenges.badToken);
    if (!covers(token.scopes, scope)) throw refused('forbidden', bearerChallenges.missingScope(scope));
    if (known.size >= knownMax) known.clear();
    known.set(authorization, { principal: token.principal, untilMs: nowMs + cacheSeconds * 1000 });
    return token.principal;
  };
  const name = async (event: APIGatewayProxyEvent, authorization: string): Promise<void> => {
    const principalId = await principalOf(authorization);
    event.requestContext.authorizer = { principalId };
  };

  return {
    before: ({ event }) => {
      if (event.resource !== resource || event.httpMethod === 'OPTIONS' || isOpen()) return undefined;
      const { authorizer } = event.requestContext as { readonly authorizer?: object | null };
      if (authorizer !== undefined && authorizer !== null) return undefined;
      const authorization = header(event, 'authorization');
      if (authorization !== undefined && authorization !== '') return name(event, authorization);
      if (hasHeader(event, 'idempotency-key')) throw tokenNeeded('An Idempotency-Key');
      return undefined;
    },
  };
}

/** Refuses a call without a token that asks for more than calls without one may. */
export function tokenNeeded(what: string): RefusedRequest {
  return new RefusedRequest('unauthorized', {
    detail: `${what} needs a token with the scope ads:decide.`,
    headers: { 'WWW-Authenticate': bearerChallenges.noToken },
  });
}

function refused(name: 'unauthorized' | 'forbidden', challenge: string): RefusedRequest {
  return new RefusedRequest(name, { headers: { 'WWW-Authenticate': challenge } });
}
