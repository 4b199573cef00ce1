import type { Clock } from '../../ports/clock.ts';
import { statusProblem, withHeaders, type HttpHandler, type HttpResponse } from '../http/http-message.ts';
import { watchEventLoop } from './event-loop-lag.ts';
import { functionFamilies, toHistogram, type Sources } from './function-families.ts';
import { processFamilies } from './process-families.ts';
import { prometheusMediaType, prometheusText, type Family } from './prometheus-text.ts';
import { runtimeFamilies, type RuntimeFacts } from './runtime-families.ts';

export const metricsPath = '/metrics';

export interface MetricsPageOptions {
  readonly sources: Sources;
  readonly facts: () => RuntimeFacts;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
}

export interface MetricsPage {
  /** Answers GET and HEAD with everything that is measured, as Prometheus reads it. */
  readonly handle: HttpHandler;
  stop(): Promise<void>;
}

/** No call of the API: a deployed stage has CloudWatch instead. */
export function createMetricsPage({ sources, facts, clock }: MetricsPageOptions): MetricsPage {
  const lag = watchEventLoop(clock);
  const lagFamily = (): Family => ({
    name: 'adtally_event_loop_lag_ms',
    type: 'histogram',
    help: 'How late the event loop comes to a timer, milliseconds',
    samples: [{ value: toHistogram(lag.distribution, 'ms') }],
  });
  const page = (): string =>
    prometheusText([
      ...functionFamilies(sources),
      ...runtimeFamilies(facts()),
      lagFamily(),
      ...processFamilies(),
    ]);
  return {
    handle: ({ method }) => {
      const reads = method === 'GET' || method === 'HEAD';
      return Promise.resolve(reads ? textResponse(page()) : notAllowed);
    },
    stop: () => lag.stop(),
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
