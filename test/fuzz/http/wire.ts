import { connect, type Socket } from 'node:net';
import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import { parseAnswer, type Answer } from './answer-parser.ts';

export interface Sending {
  /** In this order, each as a write of its own. */
  readonly parts: readonly Buffer[];
  readonly pauseMs: number;
  /** Answers to wait for, and which of them are to a HEAD. */
  readonly headOnly: readonly boolean[];
  /** What the client does once it has sent all: nothing, say that it is done, or go away. */
  readonly then: 'wait' | 'end' | 'reset';
  /** Longest wait from the last byte sent. */
  readonly timeoutMs: number;
}

export interface Exchange {
  readonly answers: readonly Answer[];
  /** How it ended: all answers are here, the server closed before that, or nothing came in time. */
  readonly end: 'answered' | 'closed' | 'timeout';
  /** What is wrong with the bytes that came; undefined: nothing. */
  readonly fault: string | undefined;
}

/** A connection that sends bytes as they are; it may be used again while the server keeps it. */
export class Wire {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(url: URL) {
    this.#socket = connect({
      host: url.hostname,
      port: Number(url.port),
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    const close = (): void => {
      this.#closed = true;
      this.#wake();
    };
    this.#socket.on('end', close).on('error', close).on('close', close);
  }

  /** Ready for another request. */
  get usable(): boolean {
    return !this.#closed && this.#socket.writable;
  }

  async exchange(sending: Sending): Promise<Exchange> {
    for (const [index, part] of sending.parts.entries()) {
      if (index > 0 && sending.pauseMs > 0) await systemClock.sleep(sending.pauseMs);
      if (this.usable) this.#socket.write(part);
    }
    if (sending.then === 'reset') {
      this.#socket.resetAndDestroy();
      return { answers: [], end: 'closed', fault: undefined };
    }
    if (sending.then === 'end') this.#socket.end();
    return this.#answers(sending.headOnly, sending.timeoutMs);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #answers(headOnly: readonly boolean[], timeoutMs: number): Promise<Exchange> {
    const untilMs = performance.now() + timeoutMs;
    const answers: Answer[] = [];
    for (const isHead of headOnly) {
      for (;;) {
        const parsed = parseAnswer(this.#received, isHead);
        if (parsed.type === 'faulty') return { answers, end: 'closed', fault: parsed.message };
        if (parsed.type === 'answer') {
          answers.push(parsed.answer);
          this.#received = parsed.rest;
          break;
        }
        if (this.#closed) return { answers, end: 'closed', fault: this.#leftover() };
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) return { answers, end: 'timeout', fault: undefined };
        await this.#change(leftMs);
      }
    }
    return { answers, end: 'answered', fault: this.#leftover() };
  }

  /** Bytes that belong to no answer: the start of one that was cut off, or of one that nobody asked for. */
  #leftover(): string | undefined {
    if (this.#received.length === 0) return undefined;
    return `${this.#received.length} bytes too many: ${JSON.stringify(this.#received.toString('latin1', 0, 80))}`;
  }

  async #change(timeoutMs: number): Promise<void> {
    const enough = new AbortController();
    const changed = new Promise<void>((resolve) => (this.#wake = resolve));
    await Promise.race([changed, systemClock.sleep(timeoutMs, enough.signal)]);
    enough.abort();
  }
}
