import { describe, expect, it } from '@jest/globals';
import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { routes } from '../../../lib/api/routes.ts';
import { AuthorizerCache } from '../../../lib/embedded/access/authorizer-cache.ts';
import { createAccessControl } from '../../../lib/embedded/access/access-control.ts';
import { createAuthorizeRequest } from '../../../functions/authorize-request/authorize-request.ts';
import { createTokenStore } from '../../../lib/app/tokens/token-store.ts';
import { noUsageKeys } from '../../../lib/ports/usage-keys.ts';
import { stageNames, stageSettings } from '../../../lib/stages.ts';
import { createCounterWorld } from '../../support/counter-world.ts';
import { toEvent } from '../../support/proxy-event.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const lifeMs = 60_000;

function answerFor(principalId: string, resources: string[] = ['*']): APIGatewayAuthorizerResult {
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: resources } as const;
  const context = { scopes: 'counters:read counters:write' };
  return { principalId, policyDocument: { Version: '2012-10-17', Statement: [statement] }, context };
}

function build() {
  const clock = { nowMs: 0 };
  return { clock, cache: new AuthorizerCache(lifeMs, { monotonicMs: () => clock.nowMs }) };
}

describe('the answer of an authorizer', () => {
  it('is kept by its header until its life ends, from when it came, and not a millisecond longer', () => {
    const { clock, cache } = build();
    clock.nowMs = 5000;
    const kept = cache.keep('Bearer a', answerFor('p'));
    expect(cache.find('Bearer b')).toBeUndefined();
    const found = [5000, 5000 + lifeMs - 1, 5000 + lifeMs, 5000 + lifeMs + 1].map((nowMs) => {
      clock.nowMs = nowMs;
      return cache.find('Bearer a') === kept;
    });
    expect(found).toEqual([true, true, false, false]);
  });

  it('lives from its last coming, not from the last time it was found', () => {
    const { clock, cache } = build();
    cache.keep('Bearer a', answerFor('p'));
    clock.nowMs = lifeMs - 1;
    expect(cache.find('Bearer a')).toBeDefined();
    clock.nowMs = lifeMs;
    expect(cache.find('Bearer a')).toBeUndefined();
    cache.keep('Bearer a', answerFor('q'));
    clock.nowMs = 2 * lifeMs - 1;
    expect(cache.find('Bearer a')?.principal).toBe('q');
  });

  it('is asked again for every call where a stage keeps none', () => {
    const cache = new AuthorizerCache(0, { monotonicMs: () => 1 });
    cache.keep('Bearer a', answerFor('p'));
    expect(cache.find('Bearer a')).toBeUndefined();
  });

  it('is one of 10,000: the one that came first goes, one that came again is young', () => {
    const { cache } = build();
    for (let i = 0; i < 10_000; i += 1) cache.keep(`Bearer ${i}`, answerFor(`p${i}`));
    cache.keep('Bearer 0', answerFor('p0'));
    const isKnown = (i: number): boolean => cache.find(`Bearer ${i}`) !== undefined;
    expect([0, 1, 2, 9999].map(isKnown)).toEqual([true, true, true, true]);
    cache.keep('Bearer 10000', answerFor('p10000'));
    expect([0, 1, 2, 9999, 10_000].map(isKnown)).toEqual([true, false, true, true, true]);
  });

  it('names the caller for functions, and decides for each route by itself', () => {
    const { cache } = build();
    const api = 'arn:aws:execute-api:local:000000000000:api/local';
    const token = cache.keep('Bearer a', answerFor('p', [`${api}/GET/increment/*`]));
    expect(token.scopes).toEqual(['counters:read', 'counters:write']);
    expect(token.context).toEqual({ scopes: 'counters:read counters:write', principalId: 'p' });
    const route = (method: string, path: string) =>
      routes.find((each) => each.method === method && each.path === path)!;
    const [read, write] = [route('GET', '/increment/{key}'), route('POST', '/increment')];
    for (let again = 0; again < 2; again += 1) {
      expect(token.allows(read, () => `${api}/GET/increment/k`)).toBe(true);
      expect(token.allows(write, () => `${api}/POST/increment`)).toBe(false);
    }
  });
});

describe('a gateway that remembers tokens', () => {
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
