import middy from '@middy/core';
import type {
  APIGatewayAuthorizerResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda';
import { accessPolicy } from '../../lib/api/access/access-policy.ts';
import { header } from '../../lib/api/request/request-header.ts';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import { rateText } from '../../lib/app/rate/rate-text.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { usageKeyOf } from '../../lib/aws-names.ts';
import { metrics } from '../../lib/ports/telemetry.ts';

/** API Gateway answers 401 for an error with exactly this message. */
export const unauthorized = 'Unauthorized';

/** API Gateway sends either kind, by the stage's setting `cloud.refusesMalformedTokens`. */
export type AuthorizerEvent = APIGatewayTokenAuthorizerEvent | APIGatewayRequestAuthorizerEvent;

/**
 * Returns the principal of a request and the calls that its token allows. Rejects with `unauthorized` if the
 * request has no valid token, and with a StateStoreError if the token cannot be looked up: the gateway then
 * answers 503.
 */
export function createAuthorizeRequest(deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>) {
  const authorize = createAuthorize(deps);
  return middy<AuthorizerEvent, APIGatewayAuthorizerResult>().handler(async (event) => {
    const token = await authorize(authorizationOf(event));
    if (token === undefined) {
      deps.telemetry.count(metrics.tokensRefused);
      throw new Error(unauthorized);
    }
    const { id, principal, scopes, rate } = token;
    return {
      principalId: principal,
      policyDocument: accessPolicy(scopes, event.methodArn),
      // For the access log, for the answer to a call that the token does not allow, and for the limit of its
      // calls. Values are strings.
      context: { tokenId: id, scopes: scopes.join(' '), ...(rate && { rate: rateText(rate) }) },
      usageIdentifierKey: usageKeyOf(deps.settings.stage, principal),
    };
  });
}

function authorizationOf(event: AuthorizerEvent): string | undefined {
  return event.type === 'TOKEN' ? event.authorizationToken : header(event, 'authorization');
}
