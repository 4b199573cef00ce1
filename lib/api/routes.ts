import { adRoutes } from './ad-routes.ts';
import { counterRoutes } from './counter-routes.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { demoRoute, documentRoutes, metricsRoute } from './document-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import type { ProblemName } from './answer/problems.ts';
import type { Route } from './route.ts';
import { usageRoutes } from './usage-routes.ts';

export type { FunctionName, Route } from './route.ts';

/**
 * Every call of the API. API Gateway, the embedded gateway, the OpenAPI document and the tests read this
 * table.
 */
export const routes: readonly Route[] = Object.values<Route>({
  ...adRoutes,
  ...deliveryRoutes,
  ...counterRoutes,
  ...operationRoutes,
  ...usageRoutes,
  ...documentRoutes,
});

/** The problems of every call. */
export const commonProblems: readonly ProblemName[] = [
  'invalid-request',
  'method-not-allowed',
  'precondition-failed',
  'too-large',
  'uri-too-long',
  'too-many-requests',
  'headers-too-large',
  'internal',
  'not-implemented',
  'bad-gateway',
  'gateway-timeout',
];

/** The additional problems of calls that need a token. */
export const tokenProblems: readonly ProblemName[] = ['unauthorized', 'forbidden'];

/** GET includes HEAD. */
const routesByCall = new Map(
  routes.flatMap((route) => {
    const methods = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method];
    return methods.map((method) => [`${method} ${route.path}`, route]);
  }),
);

/**
 * Finds a route by method and path; HEAD finds the route of GET. The embedded gateway calls it for each
 * request.
 */
export function findRoute(method: string, path: string): Route | undefined {
  return routesByCall.get(`${method} ${path}`);
}

/** The value of `Allow` for a path (an API Gateway resource); empty: no such path. GET includes HEAD. */
export function allowedMethods(path: string): string[] {
  const methods = [...routes, metricsRoute, demoRoute]
    .filter((route) => route.path === path)
    .map((route): string => route.method);
  if (methods.length === 0) return [];
  return [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].sort();
}

/** The value of `Accept-Patch` for a path (RFC 5789, 3.1); empty: it has no PATCH. */
export function patchMediaTypes(path: string): readonly string[] {
  return findRoute('PATCH', path)?.body?.mediaTypes ?? [];
}
