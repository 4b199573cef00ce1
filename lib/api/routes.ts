import { adRoutes } from './ad-routes.ts';
import { counterRoutes } from './counter-routes.ts';
import { documentRoutes, metricsRoute } from './document-routes.ts';
import { operationRoutes } from './operation-routes.ts';
import type { ProblemName } from './answer/problems.ts';
import type { Route } from './route.ts';

export type { FunctionName, Route } from './route.ts';

/** Every call of the API: API Gateway, the embedded gateway, the OpenAPI document and the tests read this table. */
export const routes: readonly Route[] = Object.values<Route>({
  ...adRoutes,
  ...counterRoutes,
  ...operationRoutes,
  ...documentRoutes,
});

/** What any call may answer, besides its own problems. */
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

/** What a call that needs a token may answer as well. */
export const tokenProblems: readonly ProblemName[] = ['unauthorized', 'forbidden'];

/** GET stands for HEAD too. */
const routesByCall = new Map(
  routes.flatMap((route) => {
    const methods = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method];
    return methods.map((method) => [`${method} ${route.path}`, route]);
  }),
);

/** By method and path; HEAD is found where GET is. The embedded gateway asks for each call. */
export function findRoute(method: string, path: string): Route | undefined {
  return routesByCall.get(`${method} ${path}`);
}

/** What `Allow` says for a path (as an API Gateway resource); empty: no such path. HEAD comes with GET. */
export function allowedMethods(path: string): string[] {
  const methods = [...routes, metricsRoute]
    .filter((route) => route.path === path)
    .map((route): string => route.method);
  if (methods.length === 0) return [];
  return [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].sort();
}

/** What `Accept-Patch` says for a path (RFC 5789, 3.1); empty: it has no PATCH. */
export function patchMediaTypes(path: string): readonly string[] {
  return findRoute('PATCH', path)?.body?.mediaTypes ?? [];
}
