import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  createAuthorizeRequest,
  type AuthorizerEvent,
} from '../../functions/authorize-request/authorize-request.ts';
import { createTokenStore, type NewToken } from '../../lib/app/tokens/token-store.ts';
import { metrics } from '../../lib/ports/telemetry.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { createCounterWorld } from '../support/counter-world.ts';

let world: ReturnType<typeof createCounterWorld>;
let token: NewToken;
const context = {} as Context;

beforeEach(async () => {
  world = createCounterWorld();
  const tokens = createTokenStore({ ...world.ports, usageKeys: noUsageKeys });
  token = await tokens.create({ name: 'shop', scopes: ['counters:read'] });
});

const methodArn = 'arn:aws:execute-api:eu-west-1:000000000000:abc/v1/GET/api/v1/counters/k';

/** A stage sends one of the two, and during its deployment both. */
const kinds: Readonly<Record<string, (...headers: string[]) => AuthorizerEvent>> = {
  TOKEN: (...headers) => ({ type: 'TOKEN', authorizationToken: headers.join(', '), methodArn }),
  REQUEST: (...headers) =>
    ({
      ...{ type: 'REQUEST', methodArn },
      headers: { authorization: headers.at(-1) },
      multiValueHeaders: { authorization: headers },
    }) as unknown as AuthorizerEvent,
};

describe.each(Object.entries(kinds))('an event of the kind %s', (_, eventOf) => {
  it('is answered with who calls, what the token covers and whose key counts the call', async () => {
    const authorize = createAuthorizeRequest(world.ports);
    expect(await authorize(eventOf(`Bearer ${token.text}`), context)).toMatchObject({
      principalId: token.record.principal,
      context: { tokenId: token.record.id, scopes: 'counters:read' },
      usageIdentifierKey: `adtally-local-${token.record.principal}`,
      policyDocument: {
        Statement: expect.arrayContaining([
          expect.objectContaining({
            Effect: 'Allow',
            Resource: expect.arrayContaining([
              'arn:aws:execute-api:eu-west-1:000000000000:abc/v1/GET/api/v1/counters/*',
            ]) as unknown,
          }),
        ]) as unknown,
      },
    });
  });

  it('is refused, and counted, without one whole token', async () => {
    const authorize = createAuthorizeRequest(world.ports);
    const bearer = `Bearer ${token.text}`;
    for (const event of [eventOf('Bearer x'), eventOf(bearer, bearer), eventOf(`${bearer}0`)])
      await expect(authorize(event, context)).rejects.toThrow(/^Unauthorized$/);
    expect(world.telemetry.total(metrics.tokensRefused)).toBe(3);
  });
});
