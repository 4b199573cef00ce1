import { demoRoute, metricsRoute } from '../api/document-routes.ts';
import type { MeteredTelemetry } from '../adapters/system/metered-telemetry.ts';
import type { Ports } from '../app/ports.ts';
import { createAuthorize } from '../app/tokens/authorize.ts';
import type { RateSettings } from '../stages.ts';
import { adminOnly, createAccessControl } from './access/access-control.ts';
import { limitAddresses } from './access/address-limit.ts';
import { createBrowserRules } from './access/browser-rules.ts';
import { behindProxies } from './access/client-address.ts';
import { createDemoPage } from './demo-page.ts';
import { createGateway } from './http/gateway.ts';
import { defaultHttpLimits, startHttpServer, type HttpLimits, type HttpServer } from './http/http-server.ts';
import { withOwnPages } from './http/own-pages.ts';
import { createMetricsPage } from './metrics/metrics-page.ts';
import type { Parts } from './parts.ts';
import type { Pipeline } from './pipeline.ts';
import type { Tracing } from './trace/tracing.ts';

export interface ApiServerOptions {
  readonly ports: Ports;
  readonly telemetries: MeteredTelemetry;
  readonly pipeline: Pipeline;
  readonly tracing: Tracing | undefined;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The data folder. */
  readonly folder: string;
  /** Whether calls need a token, as of now. */
  readonly requiresToken: () => boolean;
  /** Host names that a server without tokens answers to, besides those of this machine. */
  readonly hosts: readonly string[];
  /** Origins whose pages may read answers; none: those of the stage. */
  readonly origins: readonly string[];
  /** Limits calls without a token, by address. undefined: no limit. */
  readonly rate: RateSettings | undefined;
  /** Limits all requests of an address. undefined: no limit. */
  readonly ratePerAddress: RateSettings | undefined;
  /** Addresses of proxies whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  readonly limits: Partial<HttpLimits> | undefined;
}

/** Serves the calls of the API, the page of metrics and the demo. Rejects when the address is not available. */
export async function startApiServer(parts: Parts, options: ApiServerOptions): Promise<HttpServer> {
  const { ports, telemetries, pipeline, tracing, requiresToken, rate, limits } = options;
  const { clock, ids, settings } = ports;
  const { functions } = pipeline;
  const access = createAccessControl({
    ...ports,
    requiresToken,
    authorizer: functions['authorize-request'],
    ...(rate && { anonymousRate: rate }),
  });
  const gateway = await parts.open(
    'gateway',
    () =>
      createGateway({
        ...ports,
        stage: settings.stage,
        functions: functions.http,
        // Without tokens and limits, calls skip the check and its cost.
        access: (event) => (requiresToken() || rate !== undefined ? access(event) : undefined),
      }),
    (opened) => {
      opened.close();
    },
  );
  const metricsPage = await parts.open(
    'page of metrics',
    () =>
      createMetricsPage({
        ...pipeline.portsOf('describe-api'),
        sources: telemetries.sources,
        facts: () => ({
          ...pipeline.facts(),
          http: server.stats,
          requestsMax: limits?.requestsMax ?? defaultHttpLimits.requestsMax,
          liveAdsMax: settings.ads.liveAdsMax,
          folder: options.folder,
        }),
      }),
    (opened) => {
      opened.stop();
    },
  );
  const metricsForAdmins = adminOnly(metricsPage.handle, createAuthorize(ports));
  const calls = withOwnPages(gateway.handle, {
    [metricsRoute.path]: (request) =>
      requiresToken() ? metricsForAdmins(request) : metricsPage.handle(request),
    [demoRoute.path]: createDemoPage(pipeline.portsOf('describe-api')),
  });
  const { ratePerAddress, trustedProxies } = options;
  const limited = ratePerAddress
    ? limitAddresses(calls, { rate: ratePerAddress, clock, telemetry: ports.telemetry })
    : calls;
  const server: HttpServer = await parts.open(
    'HTTP server',
    () =>
      startHttpServer({
        ...{ host: options.host, port: options.port, clock, ids },
        handler: trustedProxies.length > 0 ? behindProxies(limited, trustedProxies) : limited,
        browserRules: createBrowserRules({
          requiresToken,
          hosts: options.hosts,
          origins: options.origins,
          stageOrigins: settings.http.corsOrigins,
        }),
        ...(limits && { limits }),
        ...(tracing && { around: tracing.server }),
      }),
    (opened) => opened.stop(),
  );
  return server;
}
