import { tokensPerRequestMax } from '../../../lib/core/consistency-token.ts';
import type { Add } from '../ledger/counter-ledger.ts';
import { drawValue, noteFailedTry, type Actor, type ActorOptions } from './actor.ts';
import { isNever, isSuccess, type Client } from './client.ts';
import { failuresIn, tokensIn, totalIn } from './counter-answers.ts';

const sharedNames = ['hot', 'hot', 'hot', 'warm', 'cold'];

/**
 * Increments without a key, one by one and in batches, never sent twice; and reads of a counter that nobody else writes
 * to, with the tokens of everything written to it since the last such read.
 */
export class UnkeyedCounters implements Actor {
  readonly pending = false;
  readonly #options: ActorOptions;
  #own = '';
  /** Acknowledged for the own counter and not yet read back. */
  #unread: string[] = [];

  constructor(options: ActorOptions) {
    this.#options = options;
  }

  step(client: Client): Promise<boolean> {
    const { prng } = this.#options;
    const choice = prng.int(0, 9);
    if (choice <= 1 || this.#unread.length >= tokensPerRequestMax) return this.#read(client);
    if (choice <= 3) return this.#sendBatch(client);
    return this.#sendOne(client, choice <= 5 ? this.#ownKey() : this.#sharedKey());
  }

  async #sendOne(client: Client, key: string): Promise<boolean> {
    const { prng, books } = this.#options;
    const add = { key, value: drawValue(prng) };
    books.counters.sending([add]);
    const sync = prng.chance(0.1);
    const path = sync ? '/increment?mode=sync' : '/increment';
    const reply = await client.ask({ method: 'POST', path, body: JSON.stringify(add) }, sync ? 200 : 202);
    if (isSuccess(reply)) {
      this.#acknowledge([add]);
      if (!sync) this.#hold(key, reply.answer.headers['consistency-token'] ?? '');
      return true;
    }
    noteFailedTry(books, reply);
    if (isNever(reply)) books.counters.drop([add]);
    else books.counters.leaveOpen([add]);
    return reply.type === 'answer';
  }

  async #sendBatch(client: Client): Promise<boolean> {
    const { prng, books } = this.#options;
    const adds = Array.from({ length: prng.int(2, 8) }, (): Add => {
      const key = prng.chance(0.3) ? this.#sharedKey() : books.counters.openKey(`many-${prng.int(0, 99)}`);
      return { key, value: drawValue(prng) };
    });
    books.counters.sending(adds);
    const call = {
      method: 'POST',
      path: '/api/v1/increments',
      headers: { Prefer: 'return=representation' },
      body: JSON.stringify({ increments: adds }),
    };
    const reply = await client.ask(call, 202, 207);
    if (isSuccess(reply)) {
      const failures = new Map(failuresIn(reply.answer).map(({ index, ambiguous }) => [index, ambiguous]));
      this.#acknowledge(adds.filter((_, index) => !failures.has(index)));
      books.counters.leaveOpen(adds.filter((_, index) => failures.get(index) === true));
      books.counters.drop(adds.filter((_, index) => failures.get(index) === false));
      for (const [key, token] of Object.entries(tokensIn(reply.answer))) books.tokens.add({ key, token });
      return true;
    }
    noteFailedTry(books, reply);
    if (isNever(reply)) books.counters.drop(adds);
    else books.counters.leaveOpen(adds);
    return reply.type === 'answer';
  }

  /** Nobody else writes to the own counter: a read with its tokens shows all that was acknowledged. */
  async #read(client: Client): Promise<boolean> {
    const { books } = this.#options;
    const key = this.#own;
    if (key === '') return true;
    const tokens = this.#unread;
    const { counters } = books;
    const atLeast = tokens.length > 0 ? counters.acknowledgedSum(key) : counters.seen(key);
    const headers = tokens.length > 0 ? { 'Consistency-Token': tokens.join(', ') } : {};
    const reply = await client.ask({ method: 'GET', path: `/increment/${key}`, headers }, 200, 404);
    if (reply.type !== 'answer') return false;
    if (reply.answer.statusCode === 503) return true;
    this.#unread = [];
    counters.observe(key, totalIn(reply.answer), atLeast);
    return true;
  }

  #acknowledge(adds: readonly Add[]): void {
    this.#options.books.counters.acknowledge(adds);
    this.#options.books.tally.acknowledged += 1;
  }

  #hold(key: string, token: string): void {
    this.#options.books.tokens.add({ key, token });
    if (key === this.#own) this.#unread.push(token);
  }

  #ownKey(): string {
    const { books, name } = this.#options;
    const key = books.counters.openKey(`own-${name}`);
    if (key !== this.#own) this.#unread = [];
    this.#own = key;
    return key;
  }

  #sharedKey(): string {
    return this.#options.books.counters.openKey(this.#options.prng.pick(sharedNames));
  }
}
