import type { FunctionName, Route } from '../../api/routes.ts';

/** Where a request goes, with the names of a proxy event. */
export interface RouteMatch {
  readonly functionName: FunctionName;
  /** The API Gateway resource: `/api/v1/ad/{id}`, or `/{proxy+}` for a path that no route has. */
  readonly resource: string;
  /** As the client wrote them, still percent-encoded. */
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

interface Resource {
  readonly path: string;
  readonly segments: readonly string[];
  readonly functions: ReadonlyMap<string, FunctionName>;
}

/** Answers OPTIONS, 405 and 404. */
const fallback: FunctionName = 'describe-api';

/**
 * Finds the resource of a path as API Gateway does: byte for byte, without decoding, without a trailing
 * slash, fixed segments before parameters, and `/{proxy+}` for the rest. A method that a resource lacks goes
 * to describe-api.
 */
export function createRouteMatcher(
  routes: readonly Pick<Route, 'method' | 'path' | 'functionName'>[],
): (method: string, path: string) => RouteMatch {
  const resources = toResources(routes);
  const fixed = new Map<string, Map<string, RouteMatch>>();
  for (const { path, functions } of resources.filter(({ path }) => !path.includes('{'))) {
    const matches = Array.from(functions, ([method, functionName]): [string, RouteMatch] => [
      method,
      { functionName, resource: path, pathParameters: null },
    ]);
    fixed.set(path, new Map(matches));
  }
  const variable = resources.filter(({ path }) => path.includes('{'));

  return (method, rawPath) => {
    const path = rawPath.length > 1 && rawPath.endsWith('/') ? rawPath.slice(0, -1) : rawPath;
    const known = fixed.get(path);
    if (known !== undefined) {
      return known.get(method) ?? { functionName: fallback, resource: path, pathParameters: null };
    }
    const segments = path.split('/');
    for (const resource of variable) {
      const pathParameters = matchSegments(resource.segments, segments);
      if (pathParameters === undefined) continue;
      const functionName = resource.functions.get(method) ?? fallback;
      return { functionName, resource: resource.path, pathParameters };
    }
    return path === '/'
      ? { functionName: fallback, resource: '/', pathParameters: null }
      : { functionName: fallback, resource: '/{proxy+}', pathParameters: { proxy: path.slice(1) } };
  };
}

function toResources(routes: readonly Pick<Route, 'method' | 'path' | 'functionName'>[]): Resource[] {
  const byPath = new Map<string, Map<string, FunctionName>>();
  for (const { method, path, functionName } of routes) {
    const functions = byPath.get(path) ?? new Map<string, FunctionName>();
    functions.set(method, functionName);
    if (method === 'GET') functions.set('HEAD', functionName);
    byPath.set(path, functions);
  }
  return Array.from(byPath, ([path, functions]) => ({ path, segments: path.split('/'), functions }));
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!expected.startsWith('{')) {
      if (segment !== expected) return undefined;
    } else if (segment === '') {
      return undefined;
    } else {
      parameters[expected.slice(1, -1)] = segment;
    }
  }
  return parameters;
}
