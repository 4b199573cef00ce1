import type { Socket } from 'node:net';
import { bodyBytesMax } from '../../api/request/json-body.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from './http-message.ts';
import { readPlainHead, type RequestHead } from './request-head.ts';
import { toResponseBytes } from './response-bytes.ts';

export interface PlainConnectionOptions {
  readonly handler: HttpHandler;
  readonly dateLine: () => string;
  readonly monotonicMs: () => number;
  readonly idleTimeoutMs: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs: number;
  /** For a request that takes longer. */
  readonly timedOut: HttpResponse;
  /** Takes the connection over for good, with the bytes not yet worked on. */
  readonly handOver: (socket: Socket, unread: Buffer) => void;
  readonly onClose: (connection: PlainConnection) => void;
}

const nothing = Buffer.alloc(0);

/**
 * One connection whose requests are plain (request-head.ts), answered one after the other. It exists for speed:
 * node:http alone costs 31 us of processor a request where this costs 15 (Node 24, 2 cores, GET, 1.7 KB answered). So it
 * knows one way to be right; at the first request that looks any different, node:http takes the connection over.
 */
export class PlainConnection {
  readonly #socket: Socket;
  readonly #options: PlainConnectionOptions;
  readonly #sourceIp: string;
  #unread: Buffer = nothing;
  /** The request being read; a body that comes in pieces grows in place, however many there are. */
  #head: RequestHead | undefined;
  /** Spares reading headers that a client repeats with each request. */
  #lastHead: RequestHead | undefined;
  #body: Buffer = nothing;
  #bodyBytes = 0;
  #startedMs = 0;
  #answering = false;
  #closing = false;

  constructor(socket: Socket, options: PlainConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#sourceIp = socket.remoteAddress ?? '';
    socket.setNoDelay(true);
    socket.setTimeout(options.idleTimeoutMs);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  /** Ends the connection as soon as no request is under way. */
  close(): void {
    this.#closing = true;
    if (!this.#answering) this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#closing && !this.#answering) return;
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk]);
    // Bytes behind a request under way wait in the kernel, but for the one chunk that may already be here.
    if (this.#answering) this.#socket.pause();
    else this.#read();
  };

  #read(): void {
    const unread = this.#unread;
    if (this.#head === undefined) {
      const head = readPlainHead(unread, this.#lastHead);
      if (head === undefined || head.contentLength > bodyBytesMax) {
        this.#handOver();
        return;
      }
      this.#head = head;
      this.#lastHead = head;
      const end = head.byteLength + head.contentLength;
      if (unread.length >= end) {
        this.#body = head.contentLength === 0 ? nothing : unread.subarray(head.byteLength, end);
        this.#unread = unread.length === end ? nothing : unread.subarray(end);
        this.#answer(head);
        return;
      }
      this.#startedMs = this.#options.monotonicMs();
      this.#body = Buffer.allocUnsafeSlow(head.contentLength);
      this.#bodyBytes = unread.copy(this.#body, 0, head.byteLength);
      this.#unread = nothing;
      return;
    }
    this.#readMore(this.#head);
  }

  /** The body is not complete, and all that is unread belongs to it, up to its end. */
  #readMore(head: RequestHead): void {
    const taken = this.#unread.copy(this.#body, this.#bodyBytes);
    this.#bodyBytes += taken;
    this.#unread = this.#unread.subarray(taken);
    if (this.#bodyBytes === head.contentLength) this.#answer(head);
    else if (this.#options.monotonicMs() - this.#startedMs > this.#options.requestTimeoutMs) this.#giveUp();
  }

  #answer(head: RequestHead): void {
    this.#answering = true;
    const { method, target, headers } = head;
    const request: HttpRequest = { method, target, headers, body: this.#body, sourceIp: this.#sourceIp };
    void this.#options.handler(request).then((response) => {
      this.#head = undefined;
      this.#body = nothing;
      this.#write(response, method === 'HEAD');
    });
  }

  #write(response: HttpResponse, headOnly: boolean): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const bytes = toResponseBytes(response, {
      headOnly,
      dateLine: this.#options.dateLine(),
      close: this.#closing,
    });
    const flushed = typeof bytes === 'string' ? socket.write(bytes, 'latin1') : socket.write(bytes);
    if (this.#closing) {
      socket.destroySoon();
    } else if (flushed) {
      this.#next();
    } else {
      // A client that does not read gets no further answer until it does, or until it times out.
      socket.once('drain', () => {
        this.#next();
      });
    }
  }

  #next(): void {
    this.#answering = false;
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#unread.length > 0) this.#read();
  }

  #giveUp(): void {
    this.#closing = true;
    this.#write(this.#options.timedOut, false);
  }

  #handOver(): void {
    const socket = this.#socket;
    socket.setTimeout(0);
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.off('error', this.#onError);
    socket.off('close', this.#onClose);
    this.#options.onClose(this);
    this.#options.handOver(socket, this.#unread);
  }

  /** The client has sent all it will; an answer under way still reaches it. */
  readonly #onEnd = (): void => {
    this.close();
  };

  readonly #onTimeout = (): void => {
    if (this.#answering && !this.#socket.writableNeedDrain) return;
    // In the middle of a body: its sender may still be there to read why.
    if (this.#head !== undefined && !this.#answering && !this.#closing) this.#giveUp();
    else this.#socket.destroy();
  };

  readonly #onError = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#options.onClose(this);
  };
}
