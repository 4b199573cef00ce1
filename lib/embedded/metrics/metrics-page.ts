import { createApiFunction, type ApiDeps } from '../../api/api-function.ts';
import { metricsRoute } from '../../api/document-routes.ts';
import { operation } from '../../api/operation.ts';
import { assert } from '../../core/assert.ts';
import type { HttpHandler } from '../http/http-message.ts';
import { createToProxyEvent } from '../http/proxy-event.ts';
import { toHttpResponse } from '../http/proxy-result.ts';
import { functionFamilies, type Sources } from './function-families.ts';
import { watchNode } from './node-watch.ts';
import { nodejsFamilies } from './nodejs-families.ts';
import { processFamilies } from './process-families.ts';
import { prometheusMediaType, prometheusText } from './prometheus-text.ts';
import { runtimeFamilies, type RuntimeFacts } from './runtime-families.ts';

export interface MetricsPageOptions extends ApiDeps {
  readonly sources: Sources;
  readonly facts: () => RuntimeFacts;
}

export interface MetricsPage {
  /** Answers with all metrics in the text format of Prometheus; otherwise like a call of the API. */
  readonly handle: HttpHandler;
  stop(): void;
}

/** A deployed stage has no such page: it has CloudWatch. */
export function createMetricsPage({ sources, facts, ...deps }: MetricsPageOptions): MetricsPage {
  const watch = watchNode();
  const page = async (): Promise<string> =>
    prometheusText([
      ...functionFamilies(sources),
      ...runtimeFamilies(facts()),
      ...processFamilies(),
      ...(await nodejsFamilies(watch)),
    ]);
  const { path, functionName } = metricsRoute;
  const answer = createApiFunction(deps, [
    operation(metricsRoute, async () => ({
      status: 200,
      headers: { 'Content-Type': prometheusMediaType, 'Cache-Control': 'no-store' },
      body: await page(),
    })),
  ]);
  const toEvent = createToProxyEvent({ stage: deps.settings.stage, clock: deps.clock });
  const match = { functionName, resource: path, pathParameters: null };
  return {
    handle: async (request) => {
      const response = toHttpResponse(await answer(toEvent({ request, path, query: undefined, match })));
      assert(response !== undefined, 'the page of metrics is an answer');
      return response;
    },
    stop: () => {
      watch.stop();
    },
  };
}

/** Answers `/metrics` with the page, and everything else with the API. */
export function withMetricsPage(api: HttpHandler, page: HttpHandler): HttpHandler {
  return (request) => {
    const { target } = request;
    const asked =
      target.startsWith(metricsRoute.path) &&
      (target.length === metricsRoute.path.length || target[metricsRoute.path.length] === '?');
    return asked ? page(request) : api(request);
  };
}
