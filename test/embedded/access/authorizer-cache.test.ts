import { describe, expect, it } from '@jest/globals';
import { AuthorizerCache } from '../../../lib/embedded/access/authorizer-cache.ts';
import { createAccessControl } from '../../../lib/embedded/access/access-control.ts';
import { createAuthorizeRequest } from '../../../functions/authorize-request/authorize-request.ts';
import { createTokenStore } from '../../../lib/app/tokens/token-store.ts';
import { noUsageKeys } from '../../../lib/ports/usage-keys.ts';
import { stageNames, stageSettings } from '../../../lib/stages.ts';
import { createCounterWorld } from '../../support/counter-world.ts';
import { toEvent } from '../../support/proxy-event.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const answerOf = (principalId: string) => ({
  principalId,
  policyDocument: { Version: '2012-10-17', Statement: [] },
  context: { scopes: 'ads:read admin' },
});

describe('what the gateway remembers of a token', () => {
  it('lasts for its life and not a millisecond more, however often it is used', async () => {
    const clock = createVirtualClock();
    const cache = new AuthorizerCache(60_000, clock);
    const kept = cache.keep('a', answerOf('p'));
    expect(kept).toMatchObject({ principal: 'p', scopes: ['ads:read', 'admin'] });
    expect(cache.find('b')).toBeUndefined();
    await clock.advance(30_000);
    expect(cache.find('a')).toBe(kept);
    await clock.advance(29_999);
    expect(cache.find('a')).toBe(kept);
    await clock.advance(1);
    expect(cache.find('a')).toBeUndefined();
  });

  it('begins anew when the authorizer is asked again', async () => {
    const clock = createVirtualClock();
    const cache = new AuthorizerCache(1000, clock);
    cache.keep('a', answerOf('p'));
    await clock.advance(600);
    const second = cache.keep('a', answerOf('q'));
    await clock.advance(600);
    expect(cache.find('a')).toBe(second);
  });

  it('is 10,000 tokens, those asked for last', () => {
    const cache = new AuthorizerCache(1000, createVirtualClock());
    for (let n = 0; n < 10_000; n += 1) cache.keep(`${n}`, answerOf('p'));
    expect(cache.find('0')).toBeDefined();
    cache.keep('0', answerOf('p'));
    cache.keep('more', answerOf('p'));
    expect(['0', '1', '2', 'more'].map((name) => cache.find(name) !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('lets a revoked token work for at most a minute, in each stage', async () => {
    for (const stage of stageNames) {
      const settings = {
        ...stageSettings(stage),
        http: { ...stageSettings(stage).http, publicReads: false },
      };
      const clock = createVirtualClock();
      const { ports, telemetry } = createCounterWorld({ settings, clock });
      const tokens = createTokenStore({ ...ports, usageKeys: noUsageKeys });
      const { text, record } = await tokens.create({ name: 'n', scopes: ['ads:read'] });
      const control = createAccessControl({
        ...{ settings, clock, ids: ports.ids, telemetry, requiresToken: () => true },
        authorizer: createAuthorizeRequest(ports),
      });
      const ask = async (): Promise<number | undefined> => {
        const event = toEvent({ path: '/api/v1/ad', headers: { authorization: `Bearer ${text}` } });
        const answer = await control(event);
        if (answer === undefined) {
          expect(event.requestContext.authorizer).toMatchObject({
            principalId: record.principal,
            tokenId: record.id,
          });
        }
        return answer?.statusCode;
      };
      expect(await ask()).toBeUndefined();
      await tokens.revoke(record.id);
      await clock.advance(59_999);
      expect(await ask()).toBeUndefined();
      await clock.advance(1);
      expect(await ask()).toBe(401);
    }
  });
});
