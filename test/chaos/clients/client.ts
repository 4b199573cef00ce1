import { systemClock } from '../../../lib/adapters/system/system-clock.ts';
import {
  HttpConnection,
  isUnreachable,
  NoAnswerError,
  type HttpAnswer,
  type HttpCall,
} from '../../support/http-connection.ts';
import type { Ledgers } from '../ledger/ledgers.ts';

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
  /** What became of it is unknown. */
  | { readonly type: 'lost' }
  /** It was never sent. */
  | { readonly type: 'unreachable' };

const readTriesMax = 20;
const readPauseMs = 500;

/** One connection; a request at a time. Every answer that is neither expected nor a 503 is a finding. */
export class Client {
  readonly #url: URL;
  readonly #connection: HttpConnection;
  readonly #ledgers: Pick<Ledgers, 'tally' | 'findings'>;

  constructor(url: URL, ledgers: Pick<Ledgers, 'tally' | 'findings'>) {
    this.#url = url;
    this.#ledgers = ledgers;
    this.#connection = new HttpConnection(url);
  }

  async ask(call: HttpCall, ...expected: readonly number[]): Promise<Reply> {
    const { tally, findings } = this.#ledgers;
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
      if (!(error instanceof NoAnswerError)) throw error;
      tally.requests += 1;
      return { type: 'lost' };
    }
  }

  /**
   * The answer to a read of a server that stays up; a 503 is tried again for ten seconds. undefined: it stays
   * one.
   */
  async read(
    path: string,
    headers: HttpCall['headers'] = {},
    ...expected: readonly number[]
  ): Promise<HttpAnswer | undefined> {
    for (let tries = 1; tries <= readTriesMax; tries += 1) {
      const reply = await this.ask({ method: 'GET', path, headers }, 200, ...expected);
      if (reply.type !== 'answer') throw new Error(`the server is gone during the audit: GET ${path}`);
      if (reply.answer.statusCode !== 503) return reply.answer;
      await systemClock.sleep(readPauseMs);
    }
    return undefined;
  }

  /** Another connection to the same server. */
  another(): Client {
    return new Client(this.#url, this.#ledgers);
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
