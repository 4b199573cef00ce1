import { statusProblem, withHeaders, type HttpHandler, type HttpResponse } from '../http/http-message.ts';
import { functionFamilies, type Sources } from './function-families.ts';
import { watchNode } from './node-watch.ts';
import { nodejsFamilies } from './nodejs-families.ts';
import { processFamilies } from './process-families.ts';
import { prometheusMediaType, prometheusText } from './prometheus-text.ts';
import { runtimeFamilies, type RuntimeFacts } from './runtime-families.ts';

export const metricsPath = '/metrics';

export interface MetricsPageOptions {
  readonly sources: Sources;
  readonly facts: () => RuntimeFacts;
}

export interface MetricsPage {
  /** Answers GET and HEAD with everything that is measured, as Prometheus reads it. */
  readonly handle: HttpHandler;
  stop(): void;
}

/** No call of the API: a deployed stage has CloudWatch instead. */
export function createMetricsPage({ sources, facts }: MetricsPageOptions): MetricsPage {
  const watch = watchNode();
  const page = async (): Promise<string> =>
    prometheusText([
      ...functionFamilies(sources),
      ...runtimeFamilies(facts()),
      ...processFamilies(),
      ...(await nodejsFamilies(watch)),
    ]);
  return {
    handle: async ({ method }) => {
      const reads = method === 'GET' || method === 'HEAD';
      return reads ? textResponse(await page()) : notAllowed;
    },
    stop: () => {
      watch.stop();
    },
  };
}

/** Answers `/metrics` by the page and everything else by the API. */
export function withMetricsPage(api: HttpHandler, page: HttpHandler): HttpHandler {
  return (request) => {
    const { target } = request;
    const asked =
      target.startsWith(metricsPath) &&
      (target.length === metricsPath.length || target[metricsPath.length] === '?');
    return asked ? page(request) : api(request);
  };
}

const notAllowed = withHeaders(
  statusProblem(405, `${metricsPath} has GET and HEAD.`),
  'Allow: GET, HEAD\r\n',
);

function textResponse(body: string): HttpResponse {
  const headerLines = `Content-Type: ${prometheusMediaType}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n`;
  return { statusCode: 200, headerLines, body };
}
