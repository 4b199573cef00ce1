import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { covers, type Scope } from '../../core/scopes.ts';
import type { StageSettings } from '../../stages.ts';
import type { RouteScope } from '../route.ts';
import { routes } from '../routes.ts';

export type PolicyDocument = APIGatewayAuthorizerResult['policyDocument'];

/**
 * The IAM policy that a Lambda authorizer returns for a token with these scopes. It covers every call of the
 * API, not only the current one: API Gateway caches it and uses it for the next call too.
 *
 * @param methodArn of the call, `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<method>/<path>`
 */
export function accessPolicy(granted: readonly Scope[], methodArn: string): PolicyDocument {
  const api = methodArn.split('/').slice(0, 2).join('/');
  const allowed = calls.filter(({ scope }) => isGranted(granted, scope));
  // An asterisk matches slashes too, so `GET/increment/*` may cover more calls than the one it was written
  // for.
  const denied = calls.filter(
    (call) => !allowed.includes(call) && !allowed.some(({ pattern }) => matches(call.pattern, pattern)),
  );
  const statement = (Effect: 'Allow' | 'Deny', of: typeof calls) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource: of.map(({ pattern }) => `${api}/${pattern}`),
  });
  // The documents need no scope, so there is always a statement that allows something.
  const statements = [statement('Allow', allowed), ...(denied.length > 0 ? [statement('Deny', denied)] : [])];
  return { Version: '2012-10-17', Statement: statements };
}

function isGranted(granted: readonly Scope[], scope: RouteScope): boolean {
  if (scope === 'none') return true;
  return scope === 'any' ? granted.length > 0 : covers(granted, scope);
}

/** Evaluates such a policy as IAM does: allowed if a statement allows it and none denies it. */
export function policyAllows(policy: PolicyDocument, methodArn: string): boolean {
  const says = (effect: string): boolean =>
    policy.Statement.some(
      (statement) =>
        statement.Effect === effect &&
        resourcesOf(statement).some((resource) => matches(resource, methodArn)),
    );
  return says('Allow') && !says('Deny');
}

const calls = routes.flatMap(({ method, path, scope }) => {
  const pattern = path.slice(1).replaceAll(/\{[^}]*\}/g, '*');
  return (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((each) => ({
    scope,
    pattern: `${each}/${pattern}`,
  }));
});

function resourcesOf(statement: PolicyDocument['Statement'][number]): readonly string[] {
  const resource = 'Resource' in statement ? statement.Resource : [];
  return typeof resource === 'string' ? [resource] : (resource as readonly string[]);
}

/** `*` matches any number of characters, slashes too. */
function matches(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return text === pattern;
  if (!text.startsWith(head) || !text.endsWith(tail)) return false;
  let at = head.length;
  const end = text.length - tail.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}

/** Whether a call of this scope needs a token in this stage. */
export function needsToken(
  scope: RouteScope,
  { http, delivery }: Pick<StageSettings, 'http' | 'delivery'>,
): boolean {
  if (scope === 'none') return false;
  if (scope === 'ads:read') return !http.publicReads;
  return scope !== 'ads:decide' || !delivery.plainDecisions;
}
