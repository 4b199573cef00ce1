import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: string;
}

export interface HttpAnswer {
  readonly statusCode: number;
  /** By lower-case name; of several with one name the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** As it came, each byte a character: only a caller that looks at it pays for decoding it. */
export interface RawAnswer {
  readonly statusCode: number;
  readonly text: string;
  /** Where the body begins in the text. */
  readonly bodyAt: number;
}

/** The connection broke or was silent for too long: nobody knows whether the request took effect. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}

/** Whether the error says that no connection was made: the request was never sent. */
export function isUnreachable(error: unknown): boolean {
  // Not instanceof: Node's own errors are of another realm than a suite's Error.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' || code === 'ECONNRESET';
}

const silenceMsMax = 35_000;
const bufferBytes = 65_536;

interface Life {
  readonly socket: Socket;
  readonly reader: AnswerReader;
  onAnswer: ((answer: RawAnswer | Error) => void) | undefined;
  bad: BadAnswerError | undefined;
}

/**
 * A keep-alive connection with one request at a time. The platform's own clients would take more of the
 * processor than the server under load. Answers need a Content-Length, which is what our server sends.
 */
export class HttpConnection {
  readonly #target: { readonly host: string; readonly port: number };
  #life: Life | undefined;

  constructor(url: URL) {
    this.#target = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
  }

  get connected(): boolean {
    return this.#life !== undefined;
  }

  /** Rejects with the system's error. */
  async connect(): Promise<void> {
    if (this.#life !== undefined) return;
    const socket = connect({
      ...this.#target,
      noDelay: true,
      // One buffer for all it ever reads: a new one for each answer would keep the garbage collector busy.
      onread: {
        buffer: Buffer.allocUnsafe(bufferBytes),
        callback: (length, bytes) => {
          this.#read(life, length, bytes as Buffer);
          return true;
        },
      },
    });
    const life: Life = { socket, reader: new AnswerReader(), onAnswer: undefined, bad: undefined };
    await once(socket, 'connect');
    const end = (): void => void socket.destroy();
    socket.setTimeout(silenceMsMax).on('timeout', end).on('end', end).on('error', end);
    socket.on('close', () => {
      this.#end(life);
    });
    this.#life = life;
  }

  /**
   * On a connection; the callback gets the answer, or the error in its place. `headOnly`: the request is a
   * HEAD.
   */
  send(request: Uint8Array | string, onAnswer: (answer: RawAnswer | Error) => void, headOnly = false): void {
    const life = this.#life;
    if (life === undefined) {
      onAnswer(new NoAnswerError('the connection has ended'));
      return;
    }
    life.onAnswer = onAnswer;
    life.reader.headOnly = headOnly;
    life.socket.write(request);
  }

  /**
   * Connects when needed. Rejects with a NoAnswerError, and with the system's error when it cannot connect.
   */
  async ask({ method, path, headers = {}, body = '' }: HttpCall): Promise<HttpAnswer> {
    await this.connect();
    const { host, port } = this.#target;
    let head = `${method} ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name] ?? ''}\r\n`;
    if (body !== '') {
      if (headers['Content-Type'] === undefined) head += 'Content-Type: application/json\r\n';
      head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    }
    const answer = await new Promise<RawAnswer>((resolve, reject) => {
      const settle = (one: RawAnswer | Error): void => {
        if (one instanceof Error) reject(one);
        else resolve(one);
      };
      this.send(`${head}\r\n${body}`, settle, method === 'HEAD');
    });
    return decode(answer);
  }

  close(): void {
    this.#life?.socket.destroy();
    this.#life = undefined;
  }

  #read(life: Life, length: number, bytes: Buffer): void {
    const answer = tryRead(life, bytes, length);
    if (answer === undefined) return;
    const { onAnswer } = life;
    life.onAnswer = undefined;
    if (life.reader.closing) this.close();
    onAnswer?.(answer);
  }

  #end(life: Life): void {
    if (this.#life === life) this.#life = undefined;
    life.onAnswer?.(life.bad ?? new NoAnswerError('the connection ended before the answer'));
  }
}

function tryRead(life: Life, bytes: Buffer, length: number): RawAnswer | undefined {
  try {
    return life.reader.read(bytes, length);
  } catch (error) {
    if (!(error instanceof BadAnswerError)) throw error;
    life.bad = error;
    life.socket.destroy();
    return undefined;
  }
}

function decode({ statusCode, text, bodyAt }: RawAnswer): HttpAnswer {
  const headers: Record<string, string> = {};
  for (const line of text
    .slice(0, bodyAt - 4)
    .split('\r\n')
    .slice(1)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { statusCode, headers, body: Buffer.from(text.slice(bodyAt), 'latin1').toString() };
}

const headBytesMax = 16_384;
const contentLength = /\r\ncontent-length: *(\d+)/i;
const closes = /\r\nconnection: *close/i;

/** Finds the end of each answer on a connection with one request at a time. */
export class AnswerReader {
  /** The server ends the connection after the last answer. */
  closing = false;
  headOnly = false;
  #text = '';
  /** Of the whole answer; undefined: its head is not complete. */
  #length: number | undefined;
  #bodyAt = 0;
  #statusCode = 0;

  /** The answer, once its last byte has been read. Throws a BadAnswerError. */
  read(bytes: Buffer, length: number): RawAnswer | undefined {
    this.#text += bytes.toString('latin1', 0, length);
    this.#length ??= this.#readHead();
    if (this.#length === undefined || this.#text.length < this.#length) return undefined;
    if (this.#text.length > this.#length) throw new BadAnswerError('bytes that were not asked for');
    const text = this.#text;
    this.#text = '';
    this.#length = undefined;
    return { statusCode: this.#statusCode, text, bodyAt: this.#bodyAt };
  }

  #readHead(): number | undefined {
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#text.length > headBytesMax) throw new BadAnswerError('a head without an end');
      return undefined;
    }
    const head = this.#text.slice(0, end);
    const statusCode = Number(head.slice(9, 12));
    if (!head.startsWith('HTTP/1.1 ') || !(statusCode >= 200)) throw new BadAnswerError(head.slice(0, 100));
    const isEmpty = this.headOnly || statusCode === 204 || statusCode === 304;
    const bodyLength = contentLength.exec(head)?.[1];
    if (bodyLength === undefined && !isEmpty) throw new BadAnswerError('an answer without a Content-Length');
    this.closing ||= closes.test(head);
    this.#statusCode = statusCode;
    this.#bodyAt = end + 4;
    return this.#bodyAt + (isEmpty ? 0 : Number(bodyLength));
  }
}
