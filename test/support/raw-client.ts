import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly statusCode: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection that sends bytes as they are and reads HTTP answers with a content-length. */
export class RawClient {
  readonly socket: Socket;
  /** As latin1. */
  received = '';
  /** 'end': the server closed in good order; 'reset': it did not. */
  closed: 'end' | 'reset' | undefined;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
      this.#wake();
    });
    this.socket.on('end', () => {
      this.#close('end');
    });
    this.socket.on('error', () => {
      this.#close('reset');
    });
    this.socket.on('close', () => {
      this.#close('end');
    });
  }

  send(...parts: readonly (string | Buffer)[]): this {
    for (const part of parts)
      this.socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    return this;
  }

  /** The next answer; `headOnly` for one to a HEAD. Rejects when the connection ends first. */
  async answer({ headOnly = false } = {}): Promise<RawAnswer> {
    for (;;) {
      const end = this.received.indexOf('\r\n\r\n');
      if (end >= 0) {
        const [statusLine = '', ...lines] = this.received.slice(0, end).split('\r\n');
        const headers = Object.fromEntries(
          lines.map((line) => [
            line.slice(0, line.indexOf(':')).toLowerCase(),
            line.slice(line.indexOf(':') + 2),
          ]),
        );
        const length = headOnly ? 0 : Number(headers['content-length'] ?? 0);
        if (this.received.length >= end + 4 + length) {
          const body = Buffer.from(this.received.slice(end + 4, end + 4 + length), 'latin1').toString();
          this.received = this.received.slice(end + 4 + length);
          return { statusCode: Number(statusLine.split(' ')[1]), headers, body };
        }
      }
      if (this.closed !== undefined)
        throw new Error(`closed (${this.closed}) after ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Resolves when the server has closed the connection, to how it did. */
  async end(): Promise<'end' | 'reset'> {
    while (this.closed === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.closed;
  }

  async destroy(): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }

  #close(how: 'end' | 'reset'): void {
    this.closed ??= how;
    this.#wake();
  }
}
