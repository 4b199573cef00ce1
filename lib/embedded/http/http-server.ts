import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import { waitAtMost } from '../../app/wait-at-most.ts';
import { Connection, type BrowserRules } from './connection.ts';
import {
  createDateLine,
  statusProblem,
  withHeaders,
  type HttpHandler,
  type HttpResponse,
} from './http-message.ts';
import { createRequestIds } from './request-ids.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'nonce'>;
  /** Judges each complete request before it is handled. Default: every request is allowed. */
  readonly browserRules?: BrowserRules;
  readonly limits?: Partial<HttpLimits>;
  /**
   * Wraps the handling of every complete request, also of one that is refused because too many are under way.
   */
  readonly around?: (handler: HttpHandler) => HttpHandler;
}

export interface HttpLimits {
  /** Further connections are closed on arrival. Each may hold a body of 256 KiB in memory. */
  readonly connectionsMax: number;
  /** Requests under way on all connections; further ones are answered 503. */
  readonly requestsMax: number;
  readonly headTimeoutMs: number;
  /**
   * From the first byte of a request to the last of its body; also how long a client may leave its answer
   * unread.
   */
  readonly requestTimeoutMs: number;
  /** How long a connection without a request is kept. `Keep-Alive` announces a second less to clients. */
  readonly idleTimeoutMs: number;
  /** How long `stop` waits for requests under way. */
  readonly stopTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  connectionsMax: 1000,
  requestsMax: 2000,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  // Longer than the 60 s for which nginx and AWS's load balancers keep an idle connection to reuse it.
  idleTimeoutMs: 76_000,
  stopTimeoutMs: 10_000,
};

export interface HttpServer {
  readonly port: number;
  readonly stats: { readonly requests: number; readonly requestsUnderWay: number };
  /**
   * Accepts no further connection, lets requests under way finish for a limited time, then closes every
   * connection.
   */
  stop(): Promise<void>;
}

/**
 * Starts the HTTP/1.1 server of the embedded runtime (connection.ts). Rejects when the address is not
 * available.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { clock, browserRules } = options;
  const limits = { ...defaultHttpLimits, ...options.limits };
  const counts = { requests: 0, underWay: 0 };
  const release = (response: HttpResponse): HttpResponse => {
    counts.underWay -= 1;
    return response;
  };
  const answer: HttpHandler = (request) => {
    counts.requests += 1;
    if (counts.underWay >= limits.requestsMax) return Promise.resolve(busy);
    counts.underWay += 1;
    return options.handler(request).then(release);
  };
  const connections = new Set<Connection>();
  const connectionOptions = {
    ...limits,
    handler: options.around?.(answer) ?? answer,
    browserRules,
    dateLine: createDateLine(clock),
    nextRequestId: createRequestIds(options.ids),
    monotonicMs: (): number => clock.monotonicMs(),
    onClose: (connection: Connection): void => void connections.delete(connection),
  };
  // A client may close its side after its request; it still gets the answer.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    connections.add(new Connection(socket, connectionOptions));
  });
  server.maxConnections = limits.connectionsMax;

  server.listen({ host: options.host, port: options.port, backlog: limits.connectionsMax });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get stats() {
      return { requests: counts.requests, requestsUnderWay: counts.underWay };
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.close();
      await waitAtMost(clock, limits.stopTimeoutMs, closed);
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

const busy = withHeaders(statusProblem(503, 'Too many requests are under way.'), 'Retry-After: 1\r\n');
