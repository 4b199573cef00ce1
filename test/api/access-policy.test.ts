import { describe, expect, it } from '@jest/globals';
import { accessPolicy, policyAllows } from '../../lib/api/access/access-policy.ts';
import { scopes } from '../../lib/core/scopes.ts';

const api = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/prod';

describe('the policy of a token', () => {
  it('speaks of no other API and no other stage', () => {
    const policy = accessPolicy(['admin'], `${api}/GET/api/v1/ads`);
    expect(policyAllows(policy, `${api}/GET/api/v1/ads`)).toBe(true);
    expect(policyAllows(policy, `${api.replace('prod', 'dev')}/GET/api/v1/ads`)).toBe(false);
    expect(policyAllows(policy, `${api.replace('abc123', 'xyz')}/GET/api/v1/ads`)).toBe(false);
  });

  it('stays far below the 8 KB that API Gateway takes', () => {
    for (const scope of scopes) {
      expect(JSON.stringify(accessPolicy([scope], `${api}/GET/`)).length).toBeLessThan(5000);
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
