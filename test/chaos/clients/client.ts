import {
  HttpConnection,
  type HttpAnswer,
  type HttpCall,
} from '../../../lib/embedded/demo/http-connection.ts';
import { isNoAnswer, isUnreachable } from './connection-errors.ts';
import type { Findings } from '../ledger/findings.ts';
import type { Tally } from '../ledger/tally.ts';

export interface Answered {
  readonly type: 'answer';
  readonly answer: HttpAnswer;
  /** A 2xx. */
  readonly success: boolean;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

export type Reply =
  | Answered
  /** Nobody knows what became of it. */
  | { readonly type: 'lost' }
  /** It was never sent. */
  | { readonly type: 'unreachable' };

/** One connection; a request at a time. Whatever is neither expected nor a 503 is a finding. */
export class Client {
  readonly #url: URL;
  readonly #connection: HttpConnection;
  readonly #books: { readonly tally: Tally; readonly findings: Findings };

  constructor(url: URL, books: { readonly tally: Tally; readonly findings: Findings }) {
    this.#url = url;
    this.#books = books;
    this.#connection = new HttpConnection(url);
  }

  async ask(call: HttpCall, ...expected: readonly number[]): Promise<Reply> {
    const { tally, findings } = this.#books;
    const sentAtMs = Date.now();
    try {
      const answer = await this.#connection.ask(call);
      tally.requests += 1;
      if (call.method === 'GET') tally.reads += 1;
      const { statusCode } = answer;
      if (statusCode !== 503 && !expected.includes(statusCode)) {
        findings.add(
          'answer',
          `${call.method} ${call.path} ${call.body ?? ''}: ${statusCode} ${answer.body}`,
        );
      }
      const success = statusCode >= 200 && statusCode < 300;
      return { type: 'answer', answer, success, sentAtMs, answeredAtMs: Date.now() };
    } catch (error) {
      this.#connection.close();
      if (isUnreachable(error)) return { type: 'unreachable' };
      if (!isNoAnswer(error)) throw error;
      tally.requests += 1;
      return { type: 'lost' };
    }
  }

  /** Another connection to the same server. */
  another(): Client {
    return new Client(this.#url, this.#books);
  }

  close(): void {
    this.#connection.close();
  }
}

export function isSuccess(reply: Reply): reply is Answered & { readonly success: true } {
  return reply.type === 'answer' && reply.success;
}

/** A 503 that says that nothing was written. */
export function isRefusal({ statusCode, body }: HttpAnswer): boolean {
  return statusCode === 503 && /Nothing was logged|was not logged|no room left to write/.test(body);
}

/** Certainly not written. */
export function isNever(reply: Reply): boolean {
  return reply.type === 'unreachable' || (reply.type === 'answer' && isRefusal(reply.answer));
}
