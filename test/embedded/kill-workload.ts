import {
  HttpConnection,
  NoAnswerError,
  type HttpAnswer,
  type HttpCall,
} from '../../lib/embedded/demo/http-connection.ts';
import type { Prng } from '../support/prng.ts';

/** What the client knows of one counter: the total lies between the two. */
export interface Expected {
  acknowledged: number;
  /** Acknowledged, and sent without a key and never answered: counted at most once. */
  sent: number;
}

interface KeyedCall {
  readonly call: HttpCall;
  readonly adds: readonly { readonly key: string; readonly value: number }[];
}

const counterKeys = ['hot', 'warm', 'cold', 'sync'];

/**
 * A client that writes through many connections until the server is gone, and remembers what it was told. What it sends
 * with an Idempotency-Key it sends again in the next round until it is answered.
 */
export class KillWorkload {
  readonly counters = new Map<string, Expected>();
  /** Ids of acknowledged ads. */
  readonly ads = new Set<string>();
  adsSent = 0;
  acknowledged = 0;
  unanswered = 0;
  readonly #random: Prng;
  #unanswered: KeyedCall[] = [];
  #names = 0;

  constructor(random: Prng) {
    this.#random = random;
  }

  /** Resolves when the server no longer answers on any connection. */
  async run(url: URL, connections: number): Promise<void> {
    const again = this.#unanswered;
    this.#unanswered = [];
    await Promise.all(
      Array.from({ length: connections }, async () => {
        const connection = new HttpConnection(url);
        for (;;) {
          const keyed = again.pop();
          const alive =
            keyed !== undefined ? await this.#sendKeyed(connection, keyed) : await this.#sendNext(connection);
          if (!alive) break;
        }
        connection.close();
      }),
    );
    this.#unanswered.push(...again);
  }

  /** Sends what is still unanswered; the server is to stay up. */
  async settle(url: URL): Promise<void> {
    const connection = new HttpConnection(url);
    for (let keyed = this.#unanswered.pop(); keyed !== undefined; keyed = this.#unanswered.pop()) {
      if (!(await this.#sendKeyed(connection, keyed))) throw new Error('the server is gone');
    }
    connection.close();
  }

  async #sendNext(connection: HttpConnection): Promise<boolean> {
    const choice = this.#random.int(0, 9);
    if (choice === 0) return this.#sendAd(connection);
    const key = this.#random.pick(counterKeys);
    const value = this.#random.int(1, 1000);
    if (choice <= 4) return this.#sendUnkeyed(connection, key, value);
    const adds = Array.from({ length: this.#random.int(1, 5) }, () => ({
      key: this.#random.pick(counterKeys),
      value: this.#random.int(1, 1000),
    }));
    const [first] = adds;
    const single = first !== undefined && choice <= 7;
    return this.#sendKeyed(connection, {
      adds: single ? [first] : adds,
      call: {
        method: 'POST',
        path: single ? (first.key === 'sync' ? '/increment?mode=sync' : '/increment') : '/api/v1/increments',
        headers: { 'Idempotency-Key': `call-${this.#nextName()}` },
        body: JSON.stringify(single ? first : { increments: adds }),
      },
    });
  }

  async #sendUnkeyed(connection: HttpConnection, key: string, value: number): Promise<boolean> {
    const expected = this.#counter(key);
    expected.sent += value;
    const path = key === 'sync' ? '/increment?mode=sync' : '/increment';
    const answer = await this.#ask(connection, {
      method: 'POST',
      path,
      body: JSON.stringify({ key, value }),
    });
    if (answer?.statusCode === 202 || answer?.statusCode === 200) expected.acknowledged += value;
    return answer !== undefined;
  }

  async #sendKeyed(connection: HttpConnection, keyed: KeyedCall): Promise<boolean> {
    const answer = await this.#ask(connection, keyed.call);
    if (answer?.statusCode !== 202 && answer?.statusCode !== 200) {
      this.#unanswered.push(keyed);
      return answer !== undefined;
    }
    for (const { key, value } of keyed.adds) {
      this.#counter(key).sent += value;
      this.#counter(key).acknowledged += value;
    }
    return true;
  }

  async #sendAd(connection: HttpConnection): Promise<boolean> {
    this.adsSent += 1;
    const answer = await this.#ask(connection, {
      method: 'POST',
      path: '/api/v1/ad',
      body: JSON.stringify({
        title: `ad number ${this.#nextName()}`,
        content: 'x',
        start_at: '2026-01-01T00:00:00Z',
        end_at: '2100-01-01T00:00:00Z',
      }),
    });
    if (answer?.statusCode === 202) this.ads.add((JSON.parse(answer.body) as { id: string }).id);
    return answer !== undefined;
  }

  /** undefined: the server is gone. */
  async #ask(connection: HttpConnection, call: HttpCall): Promise<HttpAnswer | undefined> {
    try {
      const answer = await connection.ask(call);
      if (answer.statusCode < 300) this.acknowledged += 1;
      else if (answer.statusCode !== 503)
        throw new Error(`${call.path}: ${answer.statusCode} ${answer.body}`);
      return answer;
    } catch (error) {
      if (!isGone(error)) throw error;
      this.unanswered += 1;
      return undefined;
    }
  }

  #counter(key: string): Expected {
    const expected = this.counters.get(key) ?? { acknowledged: 0, sent: 0 };
    this.counters.set(key, expected);
    return expected;
  }

  #nextName(): number {
    this.#names += 1;
    return this.#names;
  }
}

function isGone(error: unknown): boolean {
  if (error instanceof NoAnswerError) return true;
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' || code === 'ECONNRESET';
}
