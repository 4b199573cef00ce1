import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { accessPolicy, policyAllows } from '../../lib/api/access/access-policy.ts';
import { routes } from '../../lib/api/routes.ts';
import { covers, scopes, type Scope } from '../../lib/core/scopes.ts';

const api = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/prod';
const pathOf = (path: string, value: string): string => path.replaceAll(/\{[^}]*\}/g, value);

/** What anybody may call, and what each scope adds to that. */
const open = ['getRoot', 'getHealth', 'getOpenApi', 'getDocs', 'getConsole', 'getIcon'];
const reads = ['queryAds', 'getAd'];
const writes = [...reads, 'createAd', 'updateAd', 'deleteAd', 'listAds', 'explainAds'];
const counts = ['increment', 'incrementMany'];
const totals = ['getTotal', 'getCounter', 'getCounterSeries', 'getCounters', 'getHotCounters'];
const callsOf: Readonly<Record<Scope, readonly string[]>> = {
  'ads:read': reads,
  'ads:write': writes,
  'counters:read': totals,
  'counters:write': counts,
  admin: [...writes, ...counts, ...totals, 'getStats', 'listQuarantine', 'redriveQuarantine'],
};

describe('the policy of a token', () => {
  // Covers API5.1 (docs/security.md).
  it('allows exactly the calls that its scopes cover, whichever call it was made for', () => {
    const granted = fc.subarray([...scopes]);
    const route = fc.constantFrom(...routes);
    const segment = fc.stringMatching(/^[A-Za-z0-9%._~-]{1,30}$/);
    fc.assert(
      fc.property(granted, route, route, segment, (held, askedFor, next, value) => {
        const policy = accessPolicy(held, `${api}/${askedFor.method}${pathOf(askedFor.path, value)}`);
        const may =
          held.some((scope) => callsOf[scope].includes(next.operationId)) || open.includes(next.operationId);
        const arn = (method: string): string => `${api}/${method}${pathOf(next.path, value)}`;
        expect(policyAllows(policy, arn(next.method))).toBe(may);
        if (next.method === 'GET') expect(policyAllows(policy, arn('HEAD'))).toBe(may);
      }),
      { numRuns: 2000 },
    );
  });

  it('speaks of no other API and no other stage', () => {
    const policy = accessPolicy(['admin'], `${api}/GET/api/v1/ads`);
    expect(policyAllows(policy, `${api}/GET/api/v1/ads`)).toBe(true);
    expect(policyAllows(policy, `${api.replace('prod', 'dev')}/GET/api/v1/ads`)).toBe(false);
    expect(policyAllows(policy, `${api.replace('abc123', 'xyz')}/GET/api/v1/ads`)).toBe(false);
  });

  it('stays far below the 8 KB that API Gateway takes', () => {
    for (const scope of scopes) {
      expect(JSON.stringify(accessPolicy([scope], `${api}/GET/`)).length).toBeLessThan(4000);
    }
  });

  it('lets a denial win over what an asterisk allows', () => {
    const statement = (Effect: 'Allow' | 'Deny', Resource: string[]) => ({ Action: 'x', Effect, Resource });
    const policy = {
      Version: '2012-10-17',
      Statement: [statement('Allow', ['a/GET/x/*']), statement('Deny', ['a/GET/x/*/secret'])],
    };
    expect(policyAllows(policy, 'a/GET/x/1')).toBe(true);
    expect(policyAllows(policy, 'a/GET/x/1/secret')).toBe(false);
    expect(policyAllows(policy, 'a/GET/y/1')).toBe(false);
  });
});

it.each<[Scope[], Scope, boolean]>([
  [['ads:write'], 'ads:read', true],
  [['ads:read'], 'ads:write', false],
  [['admin'], 'counters:write', true],
  [['counters:write'], 'counters:read', false],
  [[], 'ads:read', false],
])('%j covers %s: %s', (granted, needed, expected) => {
  expect(covers(granted, needed)).toBe(expected);
});
