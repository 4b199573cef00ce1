import { connect, type Socket } from 'node:net';
import { AnswerReader, type Answer } from './answer-reader.ts';
import type { LoadRequest } from './request-pool.ts';

export interface ConnectionEvents {
  /** Connected, or answered: it can take the next request. */
  onIdle(connection: LoadConnection): void;
  /** undefined: none came, and nobody knows what became of the request. */
  onAnswer(request: LoadRequest, sinceMs: number, answer: Answer | undefined): void;
  /** It could not connect, too often in a row. */
  onGivenUp(cause: unknown): void;
}

const bufferBytes = 65_536;
const refusalsMax = 5;
const reconnectAfterMs = 100;

/**
 * A keep-alive connection with one request at a time; it connects again after whatever ends it. Not the client: load is
 * made of bytes prepared beforehand, as what a generator does for each request lowers the rate it can ask of a server on
 * the same cores. What is read before and after the load goes through the client.
 */
export class LoadConnection {
  /** Since when it could have taken a request. */
  idleSinceMs = 0;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  #reader = new AnswerReader();
  #request: LoadRequest | undefined;
  #sinceMs = 0;
  #refusals = 0;
  #closed = false;

  constructor(url: URL, events: ConnectionEvents) {
    this.#target = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
    this.#events = events;
    this.#connect();
  }

  /** Its latency counts from `sinceMs`. */
  send(request: LoadRequest, sinceMs: number): void {
    this.#request = request;
    this.#sinceMs = sinceMs;
    this.#socket?.write(request.bytes);
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #connect(): void {
    this.#reader = new AnswerReader();
    const socket = connect({
      ...this.#target,
      noDelay: true,
      // One buffer for all it ever reads: a new one for each answer would keep the collector busy.
      onread: {
        buffer: Buffer.allocUnsafe(bufferBytes),
        callback: (length, bytes) => this.#read(length, bytes as Buffer),
      },
    });
    this.#socket = socket;
    let cause: unknown;
    let connected = false;
    socket.on('connect', () => {
      connected = true;
      this.#refusals = 0;
      this.#becomeIdle();
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', (error) => (cause = error));
    socket.on('close', () => {
      this.#ended(connected, cause);
    });
  }

  #read(length: number, bytes: Buffer): boolean {
    const request = this.#request;
    const answer = request === undefined ? undefined : this.#reader.read(bytes, length);
    if (request === undefined || answer === undefined) return true;
    this.#request = undefined;
    this.#events.onAnswer(request, this.#sinceMs, answer);
    if (this.#reader.closing) this.#socket?.destroy();
    else this.#becomeIdle();
    return true;
  }

  #becomeIdle(): void {
    this.idleSinceMs = performance.now();
    this.#events.onIdle(this);
  }

  #ended(connected: boolean, cause: unknown): void {
    const request = this.#request;
    this.#request = undefined;
    if (request !== undefined) this.#events.onAnswer(request, this.#sinceMs, undefined);
    if (this.#closed) return;
    if (!connected) this.#refusals += 1;
    if (this.#refusals > refusalsMax) this.#events.onGivenUp(cause);
    else
      setTimeout(
        () => {
          if (!this.#closed) this.#connect();
        },
        connected ? 0 : reconnectAfterMs,
      );
  }
}
