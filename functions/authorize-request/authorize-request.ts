import middy from '@middy/core';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { accessPolicy } from '../../lib/api/access/access-policy.ts';
import { header } from '../../lib/api/request/request-header.ts';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import type { Ports } from '../../lib/app/ports.ts';
import { usageKeyOf } from '../../lib/aws-names.ts';
import { metrics } from '../../lib/ports/telemetry.ts';

/** An error with just this message is what makes API Gateway answer 401. */
export const unauthorized = 'Unauthorized';

/**
 * Tells API Gateway, and the embedded gateway, who asks and what they may call. Rejects with `unauthorized` when the
 * request carries no good token, and with a StateStoreError when that cannot be found out: the gateway answers 503.
 */
export function createAuthorizeRequest(deps: Pick<Ports, 'state' | 'clock' | 'telemetry' | 'settings'>) {
  const authorize = createAuthorize(deps);
  return middy<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult>().handler(async (event) => {
    const token = await authorize(header(event, 'authorization'));
    if (token === undefined) {
      deps.telemetry.count(metrics.tokensRefused);
      throw new Error(unauthorized);
    }
    const { id, principal, scopes } = token;
    return {
      principalId: principal,
      policyDocument: accessPolicy(scopes, event.methodArn),
      // For the access log and for the answer to a call that the token does not cover; values are text.
      context: { tokenId: id, scopes: scopes.join(' ') },
      usageIdentifierKey: usageKeyOf(deps.settings.stage, principal),
    };
  });
}
