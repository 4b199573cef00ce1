import { describe, expect, it } from '@jest/globals';
import { createAuthorizeRequest } from '../../functions/authorize-request/authorize-request.ts';
import { accessPolicy, needsToken, policyAllows } from '../../lib/api/access/access-policy.ts';
import { routes } from '../../lib/api/routes.ts';
import { createTokenStore } from '../../lib/app/tokens/token-store.ts';
import { covers, type Scope } from '../../lib/core/scopes.ts';
import { adminOnly, createAccessControl } from '../../lib/embedded/access/access-control.ts';
import { createAuthorize } from '../../lib/app/tokens/authorize.ts';
import type { HttpRequest, HttpResponse } from '../../lib/embedded/http/http-message.ts';
import { noUsageKeys } from '../../lib/ports/usage-keys.ts';
import { stageSettings } from '../../lib/stages.ts';
import { createCounterWorld } from '../support/counter-world.ts';
import { toEvent } from '../support/proxy-event.ts';

/**
 * Who may do what, written out: nothing here comes from the route table or from `covers`. A new route needs a
 * new line, and a changed line is a decision.
 */
const adId = '0199a0b0-0000-7000-8000-000000000000';
const adsReaders = ['ads:read', 'ads:write', 'admin'];
const adsWriters = ['ads:write', 'admin'];
const counterReaders = ['counters:read', 'admin'];
const counterWriters = ['counters:write', 'admin'];
const admins = ['admin'];
const deciders = ['ads:decide', 'admin'];
const holders = ['ads:read', 'ads:write', 'ads:decide', 'counters:read', 'counters:write', 'admin'];
const anyone = 'anyone';

const calls: readonly (readonly [
  method: string,
  path: string,
  template: string,
  who: readonly string[] | typeof anyone,
])[] = [
  ['POST', '/api/v1/ad', '/api/v1/ad', adsWriters],
  ['GET', '/api/v1/ad', '/api/v1/ad', adsReaders],
  ['GET', '/api/v1/ad/explain', '/api/v1/ad/explain', adsWriters],
  ['GET', `/api/v1/ad/${adId}`, '/api/v1/ad/{id}', adsReaders],
  ['PATCH', `/api/v1/ad/${adId}`, '/api/v1/ad/{id}', adsWriters],
  ['DELETE', `/api/v1/ad/${adId}`, '/api/v1/ad/{id}', adsWriters],
  ['GET', '/api/v1/ads', '/api/v1/ads', adsWriters],
  ['POST', '/api/v1/ads:import', '/api/v1/ads:import', adsWriters],
  ['POST', '/api/v1/decisions', '/api/v1/decisions', deciders],
  ['POST', '/api/v1/decisions/explain', '/api/v1/decisions/explain', adsReaders],
  ['POST', '/api/v1/events', '/api/v1/events', deciders],
  ['GET', '/t/i/a', '/t/i/{token}', anyone],
  ['POST', '/t/i/a', '/t/i/{token}', anyone],
  ['GET', '/t/c/a', '/t/c/{token}', anyone],
  ['GET', `/api/v1/ad/${adId}/delivery`, '/api/v1/ad/{id}/delivery', counterReaders],
  ['GET', '/api/v1/delivery', '/api/v1/delivery', counterReaders],
  ['POST', '/increment', '/increment', counterWriters],
  ['GET', '/increment/ad-42%2Fclicks', '/increment/{key}', counterReaders],
  ['POST', '/api/v1/increments', '/api/v1/increments', counterWriters],
  ['GET', '/api/v1/counters/k', '/api/v1/counters/{key}', counterReaders],
  ['GET', '/api/v1/counters/k/series', '/api/v1/counters/{key}/series', counterReaders],
  ['GET', '/api/v1/counters', '/api/v1/counters', counterReaders],
  ['GET', '/api/v1/series', '/api/v1/series', counterReaders],
  ['GET', '/api/v1/hot-counters', '/api/v1/hot-counters', counterReaders],
  ['GET', '/api/v1/stats', '/api/v1/stats', admins],
  ['GET', '/api/v1/quarantine', '/api/v1/quarantine', admins],
  ['POST', '/api/v1/quarantine/redrive', '/api/v1/quarantine/redrive', admins],
  ['GET', '/api/v1/usage', '/api/v1/usage', holders],
  ['GET', '/api/v1/usage/callers', '/api/v1/usage/callers', admins],
  ['GET', '/', '/', anyone],
  ['GET', '/health', '/health', anyone],
  ['GET', '/openapi.json', '/openapi.json', anyone],
  ['GET', '/docs', '/docs', anyone],
  ['GET', '/console', '/console', anyone],
  ['GET', '/favicon.ico', '/favicon.ico', anyone],
];

const everyScope: readonly Scope[] = [
  ...(['ads:read', 'ads:write', 'ads:decide', 'counters:read', 'counters:write', 'admin'] as const),
];
const grants = Array.from({ length: 2 ** everyScope.length }, (_, bits) =>
  everyScope.filter((_scope, index) => (bits >> index) % 2 === 1),
);

const may = (held: readonly string[], who: readonly string[] | typeof anyone): boolean =>
  who === anyone || held.some((scope) => who.includes(scope));

const api = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/prod';

it('the table has each route, and no other', () => {
  const listed = calls.map(([method, , template]) => `${method} ${template}`);
  expect(listed.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
});

it('a scope covers itself, admin covers all, and ads:write covers ads:read: nothing else', () => {
  const covered = everyScope.map((held) => everyScope.filter((needed) => covers([held], needed)));
  expect(covered).toEqual([
    ['ads:read'],
    ['ads:read', 'ads:write'],
    ['ads:decide'],
    ['counters:read'],
    ['counters:write'],
    ['ads:read', 'ads:write', 'ads:decide', 'counters:read', 'counters:write', 'admin'],
  ]);
  expect(everyScope.filter((needed) => covers([], needed))).toEqual([]);
});

describe('the policy of the authorizer', () => {
  // Covers API5.1 (docs/security.md).
  it.each(grants.map((held) => [held.join(' '), held] as const))(
    'of the scopes "%s" allows what the table says',
    (_, held) => {
      // The gateway keeps the policy, whatever call it was made for.
      for (const asked of ['GET/api/v1/ad', 'POST/increment', 'DELETE/']) {
        const policy = accessPolicy(held, `${api}/${asked}`);
        const allowed = (method: string, path: string): boolean =>
          policyAllows(policy, `${api}/${method}${path}`);
        const found = calls.map(([method, path]) => [method, path, allowed(method, path)]);
        expect(found).toEqual(calls.map(([method, path, , who]) => [method, path, may(held, who)]));
        for (const [method, path, , who] of calls) {
          if (method === 'GET') expect([path, allowed('HEAD', path)]).toEqual([path, may(held, who)]);
          expect([path, allowed('PUT', path)]).toEqual([path, false]);
        }
        expect(allowed('POST', '/api/v1/stats')).toBe(false);
        expect(allowed('GET', '/api/v1/quarantine/redrive')).toBe(false);
      }
    },
  );
});

const settings = stageSettings('local');
const closed = {
  ...settings,
  http: { ...settings.http, publicReads: false },
  delivery: { ...settings.delivery, plainDecisions: false },
};

/** A gateway of one process, with a token of each scope. */
async function gateway(stage: typeof settings, requiresToken = true) {
  const world = createCounterWorld({ settings: stage });
  const tokens = createTokenStore({ ...world.ports, usageKeys: noUsageKeys });
  const texts = new Map<string, string>();
  for (const scope of everyScope)
    texts.set(scope, (await tokens.create({ name: scope, scopes: [scope] })).text);
  const control = createAccessControl({
    ...{ settings: stage, clock: world.clock, ids: world.ports.ids, telemetry: world.telemetry },
    requiresToken: () => requiresToken,
    authorizer: createAuthorizeRequest(world.ports),
  });
  const ask = async (
    method: string,
    path: string,
    token: string | undefined,
  ): Promise<number | undefined> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const event = toEvent({ method, path, headers });
    Object.assign(event.requestContext, {
      accountId: '1',
      apiId: 'a',
      stage: 'local',
      identity: { sourceIp: '::1' },
    });
    return (await control(event))?.statusCode;
  };
  return { world, texts, ask };
}

// Covers API5.2 (docs/security.md).
describe('the gateway of one process', () => {
  it.each(everyScope.map((scope) => [scope]))(
    'answers a token with %s as the table says, in any order of calls',
    async (scope) => {
      const { texts, ask } = await gateway(closed);
      for (const order of [calls, calls.toReversed()]) {
        for (const [method, path, , who] of order) {
          const expected = may([scope], who) ? undefined : 403;
          expect([method, path, await ask(method, path, texts.get(scope))]).toEqual([method, path, expected]);
          if (method !== 'GET') continue;
          expect(['HEAD', path, await ask('HEAD', path, texts.get(scope))]).toEqual(['HEAD', path, expected]);
        }
      }
    },
  );

  it.each([
    [
      'reads of ads and plain decisions are public',
      settings,
      [
        ...['GET /api/v1/ad', 'GET /api/v1/ad/{id}', 'POST /api/v1/decisions/explain'],
        ...['POST /api/v1/decisions', 'POST /api/v1/events'],
      ],
    ],
    ['nothing is', closed, []],
  ])('without a token, or with a wrong one, answers 401 where %s', async (_, stage, open) => {
    const { ask } = await gateway(stage);
    for (const [method, path, template, who] of calls) {
      const expected = who === anyone || open.includes(`${method} ${template}`) ? undefined : 401;
      for (const token of [undefined, '', 'adtally_0_0', `adtally_${'0'.repeat(16)}_${'0'.repeat(64)}`]) {
        expect([method, path, token, await ask(method, path, token)]).toEqual([
          method,
          path,
          token,
          expected,
        ]);
      }
    }
    const open2 = routes
      .filter(({ scope }) => !needsToken(scope, stage))
      .map(({ method, path }) => `${method} ${path}`);
    const documents = calls.flatMap(([method, , template, who]) =>
      who === anyone ? [`${method} ${template}`] : [],
    );
    expect(open2.sort()).toEqual([...open, ...documents].sort());
  });

  it('asks nobody for a token where none is required', async () => {
    const { ask } = await gateway(closed, false);
    for (const [method, path] of calls) expect(await ask(method, path, undefined)).toBeUndefined();
  });

  it('shows its metrics only to admin', async () => {
    const { world, texts } = await gateway(closed);
    const page = adminOnly(
      () => Promise.resolve({ statusCode: 200 } as HttpResponse),
      createAuthorize(world.ports),
    );
    const ask = async (...authorizations: readonly string[]): Promise<number> => {
      const headers = authorizations.flatMap((value) => ['Authorization', value]);
      return (await page({ headers } as unknown as HttpRequest)).statusCode;
    };
    const found = await Promise.all(everyScope.map((scope) => ask(`Bearer ${texts.get(scope)}`)));
    expect(found).toEqual([403, 403, 403, 403, 403, 200]);
    const admin = `Bearer ${texts.get('admin')}`;
    expect([await ask(), await ask('Bearer x'), await ask(admin, admin)]).toEqual([401, 401, 401]);
  });
});
