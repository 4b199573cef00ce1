import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HttpAnswer {
  readonly statusCode: number;
  /** By lower-case name; of several with one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

/** The connection broke or was silent for too long: nobody knows whether the request took effect. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const silenceMsMax = 35_000;

/**
 * A keep-alive connection that asks one thing after another. node:http's client would take more of the processor than the
 * server that the demo measures. Connects when needed; it reads answers with a Content-Length only, which is what our
 * server sends.
 */
export class HttpConnection {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #onBytes: () => void = () => undefined;

  constructor(url: URL) {
    this.#host = url.hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(url.port);
  }

  /** Rejects with a NoAnswerError, and with the system's error when it cannot connect. One call at a time. */
  async ask({ method, path, headers = {}, body = '' }: HttpCall): Promise<HttpAnswer> {
    const socket = (this.#socket ??= await this.#connect());
    let head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}:${this.#port}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name] ?? ''}\r\n`;
    if (body !== '') {
      if (headers['Content-Type'] === undefined) head += 'Content-Type: application/json\r\n';
      head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    }
    socket.write(`${head}\r\n${body}`);
    for (;;) {
      const answer = this.#takeAnswer(method === 'HEAD');
      if (answer !== undefined) {
        if (answer.headers['connection'] === 'close') this.close();
        return answer;
      }
      if (socket.destroyed) {
        this.close();
        throw new NoAnswerError(`the connection ended before ${method} ${path} was answered`);
      }
      await new Promise<void>((resolve) => (this.#onBytes = resolve));
    }
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
    this.#received = Buffer.alloc(0);
  }

  async #connect(): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    await once(socket, 'connect');
    socket.setTimeout(silenceMsMax);
    const wake = (): void => {
      this.#onBytes();
    };
    const end = (): void => {
      socket.destroy();
    };
    socket.on('data', (bytes: Buffer) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
      wake();
    });
    socket.on('timeout', end).on('end', end).on('error', end).on('close', wake);
    return socket;
  }

  #takeAnswer(headOnly: boolean): HttpAnswer | undefined {
    const bytes = this.#received;
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const start = end + 4;
    const length = headOnly ? 0 : Number(headers['content-length'] ?? 0);
    if (bytes.length < start + length) return undefined;
    this.#received = bytes.subarray(start + length);
    return {
      statusCode: Number(statusLine.slice(9, 12)),
      headers,
      body: bytes.toString('utf8', start, start + length),
    };
  }
}
