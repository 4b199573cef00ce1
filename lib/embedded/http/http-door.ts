import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../ports/clock.ts';
import {
  createDateLine,
  headBytesMax,
  requestTimeout,
  statusProblem,
  withHeaders,
  type HttpHandler,
  type HttpResponse,
} from './http-message.ts';
import { answerNodeRequest, brokenConnectionAnswer, type NodeRequestOptions } from './node-request.ts';
import { PlainConnection } from './plain-connection.ts';

export interface HttpDoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly handler: HttpHandler;
  readonly clock: Clock;
  /** Header lines for the answers of the door itself. */
  readonly errorHeaders?: string;
  readonly limits?: Partial<HttpLimits>;
  /** Goes around the answering of every request that came whole, those refused for being too many included. */
  readonly around?: (handler: HttpHandler) => HttpHandler;
}

export interface HttpLimits {
  /** Further ones are closed as they come. Each may hold a body of 256 KiB in memory. */
  readonly connectionsMax: number;
  /** Requests under way on all connections; more are answered 503. */
  readonly requestsMax: number;
  readonly headTimeoutMs: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs: number;
  /** A connection without a request. */
  readonly idleTimeoutMs: number;
  /** How long `stop` waits for requests under way. */
  readonly stopTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  connectionsMax: 1000,
  requestsMax: 2000,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  idleTimeoutMs: 30_000,
  stopTimeoutMs: 10_000,
};

export interface HttpDoor {
  readonly port: number;
  readonly stats: { readonly requests: number; readonly requestsUnderWay: number };
  /** Accepts no more, lets requests under way finish for a limited time, then closes every connection. */
  stop(): Promise<void>;
}

/**
 * The HTTP/1.1 server of the embedded runtime. A connection starts on the short path (plain-connection.ts) and moves
 * to node:http with its first unusual request, so everything delicate (chunks, expectations, malformed bytes, slow
 * heads) is node's work. Rejects when the address cannot be had.
 */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { clock, errorHeaders = '' } = options;
  const limits = { ...defaultHttpLimits, ...options.limits };
  const counts = { requests: 0, underWay: 0 };
  let stopping = false;

  const tooBusy = withHeaders(busy, errorHeaders);
  const timedOut = withHeaders(requestTimeout, errorHeaders);
  const release = (response: HttpResponse): HttpResponse => {
    counts.underWay -= 1;
    return response;
  };
  const answer: HttpHandler = (request) => {
    counts.requests += 1;
    if (counts.underWay >= limits.requestsMax) return Promise.resolve(tooBusy);
    counts.underWay += 1;
    return options.handler(request).then(release);
  };
  const handler = options.around?.(answer) ?? answer;
  const dateLine = createDateLine(clock);
  const server = createNodeServer(limits, { handler, errorHeaders, dateLine, closing: () => stopping });
  const plain = new Set<PlainConnection>();
  acceptPlainFirst(server, (socket, handOver) => {
    plain.add(
      new PlainConnection(socket, {
        handler,
        dateLine,
        monotonicMs: () => clock.monotonicMs(),
        idleTimeoutMs: limits.idleTimeoutMs,
        requestTimeoutMs: limits.requestTimeoutMs,
        timedOut,
        handOver,
        onClose: (connection) => plain.delete(connection),
      }),
    );
  });

  server.listen({ host: options.host, port: options.port, backlog: limits.connectionsMax });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get stats() {
      return { requests: counts.requests, requestsUnderWay: counts.underWay };
    },
    async stop() {
      stopping = true;
      const closed = once(server, 'close');
      server.close();
      for (const connection of plain) connection.close();
      const enough = new AbortController();
      await Promise.race([closed, clock.sleep(limits.stopTimeoutMs, enough.signal)]);
      enough.abort();
      for (const connection of plain) connection.destroy();
      server.closeAllConnections();
      await closed;
    },
  };
}

const busy = withHeaders(statusProblem(503, 'Too many requests are under way.'), 'Retry-After: 1\r\n');

function createNodeServer(limits: HttpLimits, options: NodeRequestOptions): Server {
  const server = createServer({
    maxHeaderSize: headBytesMax,
    headersTimeout: limits.headTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, limits.headTimeoutMs),
    // Its own answer would be empty; answerNodeRequest checks and explains.
    requireHostHeader: false,
    noDelay: true,
  });
  server.maxConnections = limits.connectionsMax;
  // By default node drops headers beyond the 2000th in silence; headBytesMax bounds them.
  server.maxHeadersCount = 0;
  // A client may close its side once it has asked; node would then drop the answer. A property the types leave out.
  Object.assign(server, { httpAllowHalfOpen: true });
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    void answerNodeRequest(request, response, options);
  };
  server.on('request', answer);
  server.on('checkContinue', answer);
  server.on('checkExpectation', answer);
  server.on('clientError', (error: Error, socket: Duplex) => {
    const answer = brokenConnectionAnswer(error, socket, options);
    if (answer === undefined) socket.destroy();
    else socket.end(answer, 'latin1', () => socket.destroy());
  });
  return server;
}

type NodeListener = (this: Server, socket: Socket) => void;

/** Puts itself before node's own listener for connections, and can pass one on to it later. */
function acceptPlainFirst(
  server: Server,
  accept: (socket: Socket, handOver: (socket: Socket, unread: Buffer) => void) => void,
): void {
  const nodeListeners = server.listeners('connection') as NodeListener[];
  server.removeAllListeners('connection');
  const handOver = (socket: Socket, unread: Buffer): void => {
    socket.pause();
    if (unread.length > 0) socket.unshift(unread);
    for (const listener of nodeListeners) listener.call(server, socket);
    socket.resume();
  };
  server.on('connection', (socket: Socket) => {
    accept(socket, handOver);
  });
}
