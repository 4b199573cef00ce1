import { beforeEach, describe, expect, it } from '@jest/globals';
import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyEvent,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda';
import { accessPolicy } from '../../../lib/api/access/access-policy.ts';
import { routes } from '../../../lib/api/routes.ts';
import type { Scope } from '../../../lib/core/scopes.ts';
import {
  adminOnly,
  createAccessControl,
  type AccessControl,
} from '../../../lib/embedded/access/access-control.ts';
import { AuthorizerCache } from '../../../lib/embedded/access/authorizer-cache.ts';
import type { HttpRequest, HttpResponse } from '../../../lib/embedded/http/http-message.ts';
import { StateStoreError } from '../../../lib/ports/state-store.ts';
import { metrics } from '../../../lib/ports/telemetry.ts';
import { liveSettings } from '../../../lib/app/control/effective-settings.ts';
import type { ControlContent } from '../../../lib/app/control/control-content.ts';
import { stageSettings, type StageSettings } from '../../../lib/stages.ts';
import { seededIds } from '../../support/counter-world.ts';
import { toEvent } from '../../support/proxy-event.ts';
import { createRecordingTelemetry } from '../../support/recording-telemetry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const local = stageSettings('local');
const rate = { ratePerSecond: 0.4, burst: 2 };
const settings = { ...local, tokens: { ...local.tokens, rate, cacheSeconds: 60 } };

/** The tokens of the test: principal and scopes; two of them share a principal. */
const tokens: Readonly<Record<string, readonly [string, readonly Scope[], string?]>> = {
  'Bearer writer': ['w', ['counters:write']],
  'Bearer writer-next': ['w', ['counters:write']],
  'Bearer reader': ['r', ['counters:read']],
  'Bearer quick': ['q', ['counters:write'], '1:4'],
};

let clock: ReturnType<typeof createVirtualClock>;
let telemetry: ReturnType<typeof createRecordingTelemetry>;
let asked: string[];
let isDown: boolean;

/** A header with the form of a token, for a name: `Bearer writer`. Other headers are sent as they are. */
function headerFor(authorization: string): string {
  const [, name] = /^Bearer ([a-z-]+)$/.exec(authorization) ?? [];
  if (name === undefined) return authorization;
  return `Bearer adtally_${'0'.repeat(16)}_${Buffer.from(name).toString('hex').padStart(64, '0')}`;
}

function authorizer(event: APIGatewayTokenAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  const digits = event.authorizationToken.slice(-64).replace(/^(?:00)+/, '');
  const authorization = `Bearer ${Buffer.from(digits, 'hex').toString()}`;
  asked.push(authorization);
  if (isDown) return Promise.reject(new StateStoreError('state-unavailable', 'no answer'));
  const known = tokens[authorization];
  if (known === undefined) return Promise.reject(new Error('Unauthorized'));
  const [principalId, scopes, own] = known;
  const policyDocument = accessPolicy(scopes, event.methodArn);
  return Promise.resolve({
    principalId,
    policyDocument,
    context: { scopes: scopes.join(' '), ...(own && { rate: own }) },
  });
}

function build(
  options: { open?: boolean; addresses?: boolean; settings?: StageSettings } = {},
): AccessControl {
  return createAccessControl({
    ...{ settings: options.settings ?? settings, clock, telemetry, authorizer, ids: seededIds(1) },
    requiresToken: () => options.open !== true,
    ...(options.addresses === true && { anonymousRate: rate }),
  });
}

function eventOf(
  method: string,
  path: string,
  authorization?: string,
  sourceIp = '1.1.1.1',
): APIGatewayProxyEvent {
  const headers = authorization === undefined ? {} : { authorization: headerFor(authorization) };
  const event = toEvent({ method, path, headers });
  Object.assign(event.requestContext, {
    accountId: '0',
    apiId: 'api',
    stage: 'local',
    identity: { sourceIp },
  });
  return event;
}

const increment = (authorization?: string, sourceIp?: string) =>
  eventOf('POST', '/increment', authorization, sourceIp);

/** Status and Retry-After of the refusal; undefined: the call is allowed. */
async function refusal(access: AccessControl, event: APIGatewayProxyEvent): Promise<unknown> {
  const response = await access(event);
  if (response === undefined) return undefined;
  const seconds = /Retry-After: (\d+)\r\n/.exec(response.headerLines)?.[1];
  return seconds === undefined ? response.statusCode : `${response.statusCode} after ${seconds}`;
}

beforeEach(() => {
  clock = createVirtualClock();
  telemetry = createRecordingTelemetry();
  asked = [];
  isDown = false;
});

describe('a call that needs a token', () => {
  it('is 401 without one or with a bad one, 403 without the scope, 429 beyond the rate, in this order', async () => {
    const access = build();
    expect(await refusal(access, increment())).toBe(401);
    expect(await refusal(access, increment(''))).toBe(401);
    expect(asked).toEqual([]);
    // However often: neither takes anything out of a bucket, nor is refused for having none.
    for (let call = 0; call < 4; call += 1) {
      expect(await refusal(access, increment('Bearer nobody'))).toBe(401);
      expect(await refusal(access, increment('Bearer reader'))).toBe(403);
    }
    expect(await refusal(access, eventOf('GET', '/increment/k', 'Bearer reader'))).toBeUndefined();
    expect(await refusal(access, eventOf('GET', '/increment/k', 'Bearer reader'))).toBeUndefined();
    expect(await refusal(access, eventOf('GET', '/increment/k', 'Bearer reader'))).toBe('429 after 3');
    expect(await refusal(access, increment('Bearer reader'))).toBe(403);
    expect(telemetry.total(metrics.rateLimited)).toBe(1);
  });

  it('is limited by its principal, whatever its token and address, and told whole seconds that are enough', async () => {
    const access = build();
    expect(await refusal(access, increment('Bearer writer', '1.1.1.1'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer writer-next', '2.2.2.2'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer writer', '3.3.3.3'))).toBe('429 after 3');
    await clock.advance(1499);
    expect(await refusal(access, increment('Bearer writer-next'))).toBe('429 after 2');
    await clock.advance(1000);
    expect(await refusal(access, increment('Bearer writer'))).toBe('429 after 1');
    await clock.advance(1);
    expect(await refusal(access, increment('Bearer writer'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer writer'))).toBe('429 after 3');
  });

  it('has no more than an operator has lowered the rate to, whatever its own', async () => {
    let content: ControlContent = {};
    const deployed = { ...local, tokens: { ...local.tokens, rate: { ratePerSecond: 3, burst: 6 } } };
    let state = { content, seriesFromMs: {} };
    const access = build({ settings: liveSettings(deployed, () => state) });
    const set = (rate: ControlContent['rate']): void => {
      content = rate === undefined ? {} : { rate };
      state = { content, seriesFromMs: {} };
    };
    /** How many calls pass one after the other, after a pause in which every bucket fills. */
    const passes = async (authorization: string): Promise<number> => {
      await clock.advance(100_000);
      for (let call = 0; ; call += 1)
        if ((await refusal(access, increment(authorization))) !== undefined) return call;
    };
    expect([await passes('Bearer quick'), await passes('Bearer writer')]).toEqual([4, 6]);
    // Lowered, in both or in one; the other stays its own.
    set({ per_second: 1, burst: 2 });
    expect([await passes('Bearer quick'), await passes('Bearer writer')]).toEqual([2, 2]);
    set({ per_second: 2, burst: 6 });
    expect([await passes('Bearer quick'), await passes('Bearer writer')]).toEqual([4, 6]);
    // Raised, or as deployed: no ceiling.
    set({ per_second: 3, burst: 6 });
    expect(await passes('Bearer quick')).toBe(4);
    set({ per_second: 9, burst: 9 });
    expect([await passes('Bearer quick'), await passes('Bearer writer')]).toEqual([4, 9]);
    set(undefined);
    expect([await passes('Bearer quick'), await passes('Bearer writer')]).toEqual([4, 6]);
  });

  it.each([
    [1, 4, 'q=5;w=5'],
    [1, 5, 'q=5;w=5'],
    [1, 6, 'q=6;w=6'],
    [3, 100, 'q=100;w=34'],
    [200, 1, 'q=1000;w=5'],
    [0.001, 1, 'q=1;w=1000'],
  ])(
    'learns what %d calls a second and %d in a burst are in a window: %s',
    async (ratePerSecond, burst, policy) => {
      const stage = { ...local, tokens: { ...local.tokens, rate: { ratePerSecond, burst } } };
      const access = build({ settings: stage });
      for (let call = 0; call < burst; call += 1)
        expect(await access(increment('Bearer writer'))).toBeUndefined();
      expect((await access(increment('Bearer writer')))?.headerLines).toContain(
        `RateLimit-Policy: "token";${policy}\r\n`,
      );
    },
  );

  it('is limited by the rate of its own, if it has one', async () => {
    const access = build();
    for (let call = 0; call < 4; call += 1)
      expect(await refusal(access, increment('Bearer quick'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer quick'))).toBe('429 after 1');
    for (let call = 0; call < 2; call += 1)
      expect(await refusal(access, increment('Bearer writer'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer writer'))).toBe('429 after 3');
    await clock.advance(1000);
    expect(await refusal(access, increment('Bearer quick'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer quick'))).toBe('429 after 1');
  });

  it('asks the authorizer once a minute for each token that it knows, and each time for others', async () => {
    const access = build();
    for (const [pauseMs, count] of [
      [0, 1],
      [59_999, 1],
      [1, 2],
      [59_999, 2],
      [1, 3],
    ] as const) {
      await clock.advance(pauseMs);
      expect(await refusal(access, increment('Bearer writer'))).toBeUndefined();
      expect(asked).toHaveLength(count);
    }
    asked = [];
    for (let call = 0; call < 2; call += 1) await access(increment('Bearer nobody'));
    expect(asked).toEqual(['Bearer nobody', 'Bearer nobody']);
  });

  it('is 401 without the authorizer if its header has not the form of a token', async () => {
    const access = build();
    const text = headerFor('Bearer writer');
    for (const header of [
      'nonsense',
      'Bearer Writer',
      `${text}0`,
      text.slice(0, -1),
      `${text}, ${text}`,
      'Bearer ',
    ])
      expect([header, await refusal(access, increment(header))]).toEqual([header, 401]);
    expect(asked).toEqual([]);
    expect(await refusal(access, increment(text))).toBeUndefined();
    expect(asked).toEqual(['Bearer writer']);
  });

  it('is 503 while tokens cannot be looked up, and allowed as soon as they can', async () => {
    const access = build();
    isDown = true;
    expect(await refusal(access, increment('Bearer writer'))).toBe('503 after 1');
    expect(telemetry.lines.map(({ level }) => level)).toEqual(['error']);
    isDown = false;
    expect(await refusal(access, increment('Bearer writer'))).toBeUndefined();
    // One that is known does not need the store.
    isDown = true;
    expect(await refusal(access, increment('Bearer writer'))).toBeUndefined();
  });

  it('tells its function who calls', async () => {
    const access = build();
    for (let call = 0; call < 2; call += 1) {
      const event = increment('Bearer writer');
      await access(event);
      expect(event.requestContext.authorizer).toEqual({ principalId: 'w', scopes: 'counters:write' });
    }
  });
});

describe('a call that needs no token', () => {
  it('is limited by its address alone, if at all, and the documents never', async () => {
    const access = build({ open: true, addresses: true });
    expect(await refusal(access, increment(undefined, '1.1.1.1'))).toBeUndefined();
    expect(await refusal(access, increment('Bearer writer', '1.1.1.1'))).toBeUndefined();
    expect(await refusal(access, increment(undefined, '1.1.1.1'))).toBe('429 after 3');
    expect(await refusal(access, increment(undefined, '2.2.2.2'))).toBeUndefined();
    expect(await refusal(access, eventOf('GET', '/api/v1/ad', undefined, '1.1.1.1'))).toBe('429 after 3');
    expect(await refusal(access, eventOf('GET', '/openapi.json', undefined, '1.1.1.1'))).toBeUndefined();
    expect(await refusal(access, eventOf('PUT', '/increment', undefined, '1.1.1.1'))).toBeUndefined();
    expect(telemetry.total(metrics.rateLimited)).toBe(2);
    const unlimited = build({ open: true });
    for (let call = 0; call < 5; call += 1) expect(await refusal(unlimited, increment())).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it('is limited with the other addresses of its /64, and with IPv4 in either form', async () => {
    const access = build({ open: true, addresses: true });
    expect(await refusal(access, increment(undefined, '2001:db8:0:1::1'))).toBeUndefined();
    expect(await refusal(access, increment(undefined, '2001:db8::1:8000:0:0:1'))).toBeUndefined();
    expect(await refusal(access, increment(undefined, '2001:db8:0:1:ffff::'))).toBe('429 after 3');
    expect(await refusal(access, increment(undefined, '2001:db8:0:2::1'))).toBeUndefined();
    expect(await refusal(access, increment(undefined, '::ffff:192.0.2.1'))).toBeUndefined();
    expect(await refusal(access, increment(undefined, '192.0.2.1'))).toBeUndefined();
    expect(await refusal(access, increment(undefined, '::ffff:192.0.2.1'))).toBe('429 after 3');
    expect(await refusal(access, increment(undefined, '::ffff:192.0.2.2'))).toBeUndefined();
  });

  it('is a public read where others need one, limited by its address', async () => {
    const access = build({ addresses: true });
    for (let call = 0; call < 2; call += 1)
      expect(await refusal(access, eventOf('GET', '/api/v1/ad'))).toBeUndefined();
    expect(await refusal(access, eventOf('GET', '/api/v1/ad'))).toBe('429 after 3');
    expect(await refusal(access, increment())).toBe(401);
  });
});

describe('a page for admins', () => {
  const shown: HttpResponse = { statusCode: 200, headerLines: '', body: 'page' };
  const page = adminOnly(
    () => Promise.resolve(shown),
    (authorization) => {
      if (isDown) return Promise.reject(new StateStoreError('state-unavailable', 'no answer'));
      const scopes: Readonly<Record<string, readonly Scope[]>> = { admin: ['admin'], writer: ['ads:write'] };
      const found = scopes[authorization ?? ''];
      return Promise.resolve(
        found && {
          id: 'i',
          name: 'n',
          principal: 'p',
          scopes: found,
          createdAtMs: 0,
          rate: undefined,
          expiresAt: undefined,
        },
      );
    },
  );
  const ask = async (...headers: readonly string[]): Promise<number> => {
    const request: HttpRequest = {
      ...{
        method: 'GET',
        target: '/metrics',
        headers,
        sourceIp: '1.1.1.1',
        requestId: 'r',
        body: Buffer.alloc(0),
      },
    };
    return (await page(request)).statusCode;
  };

  it('is shown to a token with that scope, named once', async () => {
    expect(await ask('Host', 'a', 'authorization', 'admin')).toBe(200);
    expect(await ask('AUTHORIZATION', 'admin', 'Host', 'a')).toBe(200);
    expect(await ask('Authorization', 'writer')).toBe(403);
    expect(await ask('Authorization', 'nobody')).toBe(401);
    expect(await ask('Host', 'authorization')).toBe(401);
    expect(await ask('Authorization', 'admin', 'Authorization', 'admin')).toBe(401);
    expect(await ask('Authorization', 'admin', 'authorization', 'writer')).toBe(401);
    isDown = true;
    expect(await ask('Authorization', 'admin')).toBe(503);
  });
});

const lifeMs = 60_000;

function answerFor(principalId: string, resources: string[] = ['*']): APIGatewayAuthorizerResult {
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: resources } as const;
  const context = { scopes: 'counters:read counters:write' };
  return { principalId, policyDocument: { Version: '2012-10-17', Statement: [statement] }, context };
}

function buildCache() {
  const time = { nowMs: 0 };
  return { clock: time, cache: new AuthorizerCache(lifeMs, { monotonicMs: () => time.nowMs }) };
}

describe('the answer of an authorizer', () => {
  it('is kept by its header until its life ends, from when it came, and not a millisecond longer', () => {
    const { clock: time, cache } = buildCache();
    time.nowMs = 5000;
    const kept = cache.keep('Bearer a', answerFor('p'));
    expect(cache.find('Bearer b')).toBeUndefined();
    const found = [5000, 5000 + lifeMs - 1, 5000 + lifeMs, 5000 + lifeMs + 1].map((nowMs) => {
      time.nowMs = nowMs;
      return cache.find('Bearer a') === kept;
    });
    expect(found).toEqual([true, true, false, false]);
  });

  it('lives from its last coming, not from the last time it was found', () => {
    const { clock: time, cache } = buildCache();
    cache.keep('Bearer a', answerFor('p'));
    time.nowMs = lifeMs - 1;
    expect(cache.find('Bearer a')).toBeDefined();
    time.nowMs = lifeMs;
    expect(cache.find('Bearer a')).toBeUndefined();
    cache.keep('Bearer a', answerFor('q'));
    time.nowMs = 2 * lifeMs - 1;
    expect(cache.find('Bearer a')?.principal).toBe('q');
  });

  it('is asked again for every call where a stage keeps none', () => {
    const cache = new AuthorizerCache(0, { monotonicMs: () => 1 });
    cache.keep('Bearer a', answerFor('p'));
    expect(cache.find('Bearer a')).toBeUndefined();
  });

  it('is one of 10,000: the one that came first goes, one that came again is young', () => {
    const { cache } = buildCache();
    for (let i = 0; i < 10_000; i += 1) cache.keep(`Bearer ${i}`, answerFor(`p${i}`));
    cache.keep('Bearer 0', answerFor('p0'));
    const isKnown = (i: number): boolean => cache.find(`Bearer ${i}`) !== undefined;
    expect([0, 1, 2, 9999].map(isKnown)).toEqual([true, true, true, true]);
    cache.keep('Bearer 10000', answerFor('p10000'));
    expect([0, 1, 2, 9999, 10_000].map(isKnown)).toEqual([true, false, true, true, true]);
  });

  it('names the caller for functions, and decides for each route by itself', () => {
    const { cache } = buildCache();
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
