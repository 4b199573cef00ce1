import { createApiFunction, type ApiDeps } from '../../api/api-function.ts';
import type { Operation } from '../../api/operation.ts';
import { assert } from '../../core/assert.ts';
import type { HttpHandler } from './http-message.ts';
import { createToProxyEvent } from './proxy-event.ts';
import { toHttpResponse } from './proxy-result.ts';

/** Answers a page that a deployed stage does not have; otherwise like a call of the API. */
export function createOwnPage(deps: ApiDeps, page: Operation): HttpHandler {
  const { path, functionName } = page.route;
  const answer = createApiFunction(deps, [page]);
  const toEvent = createToProxyEvent({ stage: deps.settings.stage, clock: deps.clock });
  const match = { functionName, resource: path, pathParameters: null };
  return async (request) => {
    const response = toHttpResponse(await answer(toEvent({ request, path, query: undefined, match })));
    assert(response !== undefined, `${path} is an answer`);
    return response;
  };
}

/** Answers each of these paths with its page, and everything else with the API. */
export function withOwnPages(api: HttpHandler, pages: Readonly<Record<string, HttpHandler>>): HttpHandler {
  const byPath = Object.entries(pages);
  return (request) => {
    const { target } = request;
    for (const [path, page] of byPath) {
      const isAsked =
        target.startsWith(path) && (target.length === path.length || target[path.length] === '?');
      if (isAsked) return page(request);
    }
    return api(request);
  };
}
