import type { ApiDeps } from '../../api/api-function.ts';
import { metricsRoute } from '../../api/document-routes.ts';
import { operation } from '../../api/operation.ts';
import type { HttpHandler } from '../http/http-message.ts';
import { createOwnPage } from '../http/own-pages.ts';
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
  const answer = operation(metricsRoute, async () => ({
    status: 200,
    headers: { 'Content-Type': prometheusMediaType, 'Cache-Control': 'no-store' },
    body: await page(),
  }));
  return {
    handle: createOwnPage(deps, answer),
    stop: () => {
      watch.stop();
    },
  };
}
