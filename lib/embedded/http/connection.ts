import type { Socket } from 'node:net';
import { bodyBytesMax } from '../../api/request/json-body.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { bodyTooLarge, ChunkedBody } from './chunked-body.ts';
import {
  incomplete,
  requestIdLine,
  requestTimeout,
  toResponseBytes,
  varyLine,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from './http-message.ts';
import { KnownSections } from './known-sections.ts';
import { isHead, readRequestHead, type RequestHead } from './request-head.ts';

/** Decides which requests of browsers are answered, and which pages may read the answers. */
export interface BrowserRules {
  /** The answer that refuses the request; undefined: it is allowed. */
  refuse(request: BrowserRequest): HttpResponse | undefined;
  /** The header lines for browsers, Vary among them. `request` is undefined when it could not be read. */
  linesFor(request: BrowserRequest | undefined, vary: string | undefined): string;
}

export type BrowserRequest = Pick<RequestHead, 'host' | 'origin'>;

export interface ConnectionOptions {
  readonly handler: HttpHandler;
  readonly browserRules: BrowserRules | undefined;
  readonly dateLine: () => string;
  /** Makes the id of a request that brings none. */
  readonly nextRequestId: () => string;
  readonly monotonicMs: () => number;
  readonly headTimeoutMs: number;
  /**
   * From the first byte of a request to the last of its body; also for a client that does not read its
   * answer.
   */
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly onClose: (connection: Connection) => void;
}

interface Writing {
  /** undefined: the request could not be read. */
  readonly head: RequestHead | undefined;
  readonly requestId: string;
  readonly headOnly: boolean;
  /** Header lines that say whether the connection is kept. */
  readonly lines: string;
}

const nothing = Buffer.alloc(0);
const continueBytes = 'HTTP/1.1 100 Continue\r\n\r\n';
const tooLarge = bodyTooLarge(bodyBytesMax);

/**
 * Bytes that are read and discarded after the last answer. To close with unread bytes would reset the
 * connection, and the client could lose the answer (RFC 9112, 9.6). A body of some megabytes is refused in
 * this way.
 */
const drainedBytesMax = 8 * 1024 * 1024;
const drainMs = 2000;

/** A client may reuse the connection for the announced time; the server waits a second longer. */
const keepAliveGraceMs = 1000;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/**
 * One connection of HTTP/1.1. Its requests are answered one after the other; bytes after a request under way
 * wait. We wrote it for its speed: a request costs 15 us of processor time here and 31 us with node:http
 * (Node 24, 2 cores, GET, 1.7 KB answered). It is strict: it refuses a request that RFC 9112 does not allow
 * and reads nothing after it.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #sourceIp: string;
  readonly #keepLines: string;
  readonly #unread = new ByteBuffer();
  /** How many of the unread bytes have been searched for the end of a head. */
  #looked = 0;
  #state: 'head' | 'body' | 'answer' | 'drain' = 'head';
  #head: RequestHead | undefined;
  /** A client repeats most headers with each request. */
  readonly #sections = new KnownSections();
  /** A body that arrives in pieces is filled in place. */
  #body: Buffer = nothing;
  #bodyBytes = 0;
  #chunks: ChunkedBody | undefined;
  /** When the first byte of an incomplete request arrived; later, when the draining began. */
  #sinceMs: number | undefined;
  #drainedBytes = 0;
  #timeoutMs: number;
  /** The client will send nothing more. */
  #ended = false;
  #stopping = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#sourceIp = socket.remoteAddress ?? '';
    this.#timeoutMs = options.idleTimeoutMs;
    this.#keepLines = keepAliveLines(options.idleTimeoutMs);
    socket.setTimeout(options.idleTimeoutMs);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
  }

  /** Ends the connection as soon as no request is under way. */
  close(): void {
    this.#stopping = true;
    if (this.#state === 'head') this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'drain') {
      this.#drain(chunk);
      return;
    }
    this.#unread.append(chunk);
    // Bytes after a request under way wait in the kernel, except for one chunk that may already be here.
    if (this.#state === 'answer') this.#socket.pause();
    else this.#read();
  };

  #read(): void {
    if (this.#state === 'body') {
      this.#readBody();
      return;
    }
    const { bytes } = this.#unread;
    const empty = emptyLinesLength(bytes);
    if (empty > 0) {
      // Old clients send one after a body (RFC 9112, 2.2).
      this.#unread.take(empty);
      this.#looked = 0;
    }
    const { length } = this.#unread.bytes;
    if (length === 0 && (this.#ended || empty === 0)) {
      if (this.#ended) this.#drainAndClose();
      return;
    }
    if (length === 0 || (length === 1 && this.#unread.bytes[0] === carriageReturn)) {
      this.#waitForMore(this.#options.headTimeoutMs);
      return;
    }
    const head = readRequestHead(this.#unread.bytes, this.#looked, this.#sections);
    if (head === undefined) {
      this.#looked = length;
      this.#waitForMore(this.#options.headTimeoutMs);
    } else if ('answer' in head) {
      this.#refuse(head.answer, head.headOnly);
    } else {
      this.#looked = 0;
      this.#head = head;
      this.#beginBody(head);
    }
  }

  #beginBody(head: RequestHead): void {
    const { contentLength, chunked, expectsContinue } = head.section;
    if (contentLength > bodyBytesMax) {
      this.#refuse(tooLarge, head.method === 'HEAD');
      return;
    }
    const end = head.byteLength + contentLength;
    if (!chunked && this.#unread.bytes.length >= end) {
      const whole = this.#unread.take(end);
      this.#answer(head, contentLength === 0 ? nothing : whole.subarray(head.byteLength));
      return;
    }
    this.#unread.take(head.byteLength);
    this.#state = 'body';
    if (chunked) this.#chunks = new ChunkedBody(bodyBytesMax);
    else this.#body = Buffer.allocUnsafeSlow(contentLength);
    if (expectsContinue && this.#unread.bytes.length === 0) this.#socket.write(continueBytes, 'latin1');
    this.#readBody();
  }

  #readBody(): void {
    const head = this.#head;
    if (head === undefined) return;
    const body = this.#chunks === undefined ? this.#readFixed() : this.#chunks.read(this.#unread);
    if (body === undefined) {
      this.#waitForMore(this.#options.requestTimeoutMs);
    } else if ('statusCode' in body) {
      this.#refuse(body, head.method === 'HEAD');
    } else {
      this.#chunks = undefined;
      this.#body = nothing;
      this.#bodyBytes = 0;
      this.#answer(head, body);
    }
  }

  #readFixed(): Buffer | undefined {
    const missing = this.#body.length - this.#bodyBytes;
    const piece = this.#unread.take(Math.min(missing, this.#unread.bytes.length));
    this.#bodyBytes += piece.copy(this.#body, this.#bodyBytes);
    return this.#bodyBytes === this.#body.length ? this.#body : undefined;
  }

  /** The request is not complete. */
  #waitForMore(timeoutMs: number): void {
    if (this.#ended) {
      this.#refuse(incomplete);
      return;
    }
    const nowMs = this.#options.monotonicMs();
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#sinceMs > timeoutMs) this.#refuse(requestTimeout);
    else this.#setTimeout(timeoutMs);
  }

  #answer(head: RequestHead, body: Buffer): void {
    this.#state = 'answer';
    this.#sinceMs = undefined;
    this.#setTimeout(this.#options.idleTimeoutMs);
    const { method, target, headers } = head;
    const requestId = this.#requestIdOf(head);
    const request: HttpRequest = { method, target, headers, body, sourceIp: this.#sourceIp, requestId };
    const refusal = this.#options.browserRules?.refuse(head);
    // Always asynchronous: a thousand requests in one piece would otherwise nest a thousand calls.
    const response = refusal === undefined ? this.#options.handler(request) : Promise.resolve(refusal);
    void response.then((response) => {
      this.#respond(response, head, requestId);
    });
  }

  #requestIdOf(head: RequestHead | undefined): string {
    return head?.section.requestId ?? this.#options.nextRequestId();
  }

  #respond(response: HttpResponse, head: RequestHead, requestId: string): void {
    const socket = this.#socket;
    this.#head = undefined;
    if (socket.destroyed) return;
    const isLast =
      this.#stopping || !head.section.keepAlive || (this.#ended && this.#unread.bytes.length === 0);
    const lines = isLast ? closeLine : this.#keepLines;
    const flushed = this.#write(response, { head, requestId, headOnly: head.method === 'HEAD', lines });
    if (isLast) {
      this.#drainAndClose();
    } else if (flushed) {
      this.#next();
    } else {
      // A client that does not read its answer gets no further one until it reads, or until it times out.
      this.#setTimeout(this.#options.requestTimeoutMs);
      socket.once('drain', () => {
        this.#setTimeout(this.#options.idleTimeoutMs);
        this.#next();
      });
    }
  }

  /** Also for an incomplete head. */
  #asksHead(): boolean {
    if (this.#head !== undefined) return this.#head.method === 'HEAD';
    return isHead(this.#unread.bytes.toString('latin1', 0, 'HEAD '.length));
  }

  /** Answers a request that cannot be read to its end; the rest of the connection is discarded. */
  #refuse(response: HttpResponse, headOnly = this.#asksHead()): void {
    const head = this.#head;
    this.#write(response, { head, requestId: this.#requestIdOf(head), headOnly, lines: closeLine });
    this.#drainAndClose();
  }

  #write(response: HttpResponse, { head, requestId, headOnly, lines }: Writing): boolean {
    const { browserRules, dateLine } = this.#options;
    const browserLines =
      response.hasOwnOrigin === true || browserRules === undefined
        ? varyLine(response.vary)
        : browserRules.linesFor(head, response.vary);
    const headerLines = response.headerLines + browserLines + requestIdLine(requestId) + dateLine() + lines;
    const bytes = toResponseBytes(response, { headOnly, headerLines });
    return typeof bytes === 'string' ? this.#socket.write(bytes, 'latin1') : this.#socket.write(bytes);
  }

  #next(): void {
    this.#state = 'head';
    const socket = this.#socket;
    if (socket.isPaused()) socket.resume();
    if (this.#stopping) this.#drainAndClose();
    else if (this.#unread.bytes.length > 0 || this.#ended) this.#read();
  }

  #drainAndClose(): void {
    const socket = this.#socket;
    this.#state = 'drain';
    this.#sinceMs = undefined;
    this.#unread.clear();
    if (this.#ended) {
      socket.destroySoon();
      return;
    }
    this.#setTimeout(this.#options.requestTimeoutMs);
    socket.end(() => {
      this.#sinceMs = this.#options.monotonicMs();
      this.#setTimeout(drainMs);
    });
    if (socket.isPaused()) socket.resume();
  }

  #drain(chunk: Buffer): void {
    this.#drainedBytes += chunk.length;
    const tooLong = this.#sinceMs !== undefined && this.#options.monotonicMs() - this.#sinceMs > drainMs;
    if (tooLong || this.#drainedBytes > drainedBytesMax) this.#socket.destroy();
  }

  #setTimeout(timeoutMs: number): void {
    if (timeoutMs === this.#timeoutMs) return;
    this.#timeoutMs = timeoutMs;
    this.#socket.setTimeout(timeoutMs);
  }

  /** The client will send nothing more; every complete request of it is still answered. */
  readonly #onEnd = (): void => {
    this.#ended = true;
    if (this.#state === 'drain') this.#socket.destroySoon();
    else if (this.#state !== 'answer') this.#read();
  };

  readonly #onTimeout = (): void => {
    if (this.#state === 'answer' && !this.#socket.writableNeedDrain) return;
    // In the middle of a request: the client may still read the reason.
    const isWaited = this.#state === 'body' || (this.#state === 'head' && this.#unread.bytes.length > 0);
    if (isWaited) this.#refuse(requestTimeout);
    else this.#socket.destroy();
  };

  readonly #onError = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    this.#options.onClose(this);
  };
}

const closeLine = 'Connection: close\r\n';
const keepLine = 'Connection: keep-alive\r\n';

/** How long the server keeps a connection without a request if it announces `keepAliveSeconds` to clients. */
export function idleTimeoutMs(keepAliveSeconds: number): number {
  return keepAliveSeconds * 1000 + keepAliveGraceMs;
}

function keepAliveLines(idleTimeoutMs: number): string {
  const seconds = Math.floor((idleTimeoutMs - keepAliveGraceMs) / 1000);
  return seconds > 0 ? `${keepLine}Keep-Alive: timeout=${seconds}\r\n` : keepLine;
}

function emptyLinesLength(bytes: Buffer): number {
  let length = 0;
  while (bytes[length] === carriageReturn && bytes[length + 1] === lineFeed) length += 2;
  return length;
}
