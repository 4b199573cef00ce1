import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface FreshSocketHandlerOptions {
  readonly connectionTimeoutMs: number;
  /** From sending the request to the head of the answer. */
  readonly requestTimeoutMs: number;
  /** A connection that was idle for longer is not reused. */
  readonly idleMaxMs: number;
}

/** Connections of one client; more requests wait for a free one. */
const socketsMax = 50;

/**
 * HTTP/1.1 with explicit time-outs that throw, on keep-alive connections. A connection that was idle for long
 * is dropped, not reused.
 *
 * Lambda freezes a process between invocations, and the service closes its idle connections meanwhile. A
 * thawed process may send on such a connection before it notices; the reset is an unknown outcome, which for
 * an append means 503. A new connection costs only a few milliseconds.
 */
export class FreshSocketHandler extends NodeHttpHandler {
  readonly #agents: readonly [HttpAgent, HttpsAgent];
  readonly #idleMaxMs: number;
  /** By wall time, because the monotonic clock of a frozen process may stop. */
  readonly #idleSince = new WeakMap<Duplex, number>();

  constructor(options: FreshSocketHandlerOptions) {
    const httpAgent = new HttpAgent({ keepAlive: true, maxSockets: socketsMax });
    const httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets: socketsMax });
    super({
      httpAgent,
      httpsAgent,
      connectionTimeout: options.connectionTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      throwOnRequestTimeout: true,
      // For an answer that stalls: the request time-out covers only its head.
      socketTimeout: options.requestTimeoutMs,
    });
    this.#agents = [httpAgent, httpsAgent];
    this.#idleMaxMs = options.idleMaxMs;
    for (const agent of this.#agents) {
      agent.on('free', (socket: Duplex) => this.#idleSince.set(socket, Date.now()));
    }
  }

  override async handle(
    ...args: Parameters<NodeHttpHandler['handle']>
  ): ReturnType<NodeHttpHandler['handle']> {
    this.#destroyStaleSockets();
    return super.handle(...args);
  }

  #destroyStaleSockets(): void {
    const oldestMs = Date.now() - this.#idleMaxMs;
    for (const agent of this.#agents) {
      for (const sockets of Object.values(agent.freeSockets)) {
        for (const socket of sockets ?? []) {
          if ((this.#idleSince.get(socket) ?? 0) < oldestMs) socket.destroy();
        }
      }
    }
  }
}
