import { tokensPerRequestMax } from '../../../lib/core/consistency-token.ts';
import type { Add } from '../../load/ledger/counter-ledger.ts';
import { drawValue, noteFailedTry, Actor } from './actor.ts';
import { isNever, isSuccess, type Client } from './client.ts';
import { failuresIn, tokensIn, totalIn } from './answers.ts';

const sharedNames = ['hot', 'hot', 'hot', 'warm', 'cold'];

/**
 * Increments without a key, one by one and in batches, never sent twice; and reads of a counter that nobody
 * else writes to, with the tokens of everything written to it since the last such read.
 */
export class UnkeyedCounters extends Actor {
  #own = '';
  /** Acknowledged for the own counter and not yet read back. */
  #unread: string[] = [];

  step(client: Client): Promise<boolean> {
    const { prng } = this;
    const choice = prng.int(0, 9);
    if (choice <= 1 || this.#unread.length >= tokensPerRequestMax) return this.#read(client);
    if (choice <= 3) return this.#sendBatch(client);
    return this.#sendOne(client, choice <= 5 ? this.#ownKey() : this.#sharedKey());
  }

  async #sendOne(client: Client, key: string): Promise<boolean> {
    const { prng, ledgers } = this;
    const add = { key, value: drawValue(prng) };
    ledgers.counters.sending([add]);
    const sync = prng.chance(0.1);
    const path = sync ? '/increment?mode=sync' : '/increment';
    const reply = await client.ask({ method: 'POST', path, body: JSON.stringify(add) }, sync ? 200 : 202);
    if (isSuccess(reply)) {
      this.#acknowledge([add]);
      if (!sync) this.#hold(key, reply.answer.headers['consistency-token'] ?? '');
      return true;
    }
    noteFailedTry(ledgers, reply);
    if (isNever(reply)) ledgers.counters.drop([add]);
    else ledgers.counters.leaveOpen([add]);
    return reply.type === 'answer';
  }

  async #sendBatch(client: Client): Promise<boolean> {
    const { prng, ledgers } = this;
    const adds = Array.from({ length: prng.int(2, 8) }, (): Add => {
      const key = prng.chance(0.3) ? this.#sharedKey() : ledgers.counters.openKey(`many-${prng.int(0, 99)}`);
      return { key, value: drawValue(prng) };
    });
    ledgers.counters.sending(adds);
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
      ledgers.counters.leaveOpen(adds.filter((_, index) => failures.get(index) === true));
      ledgers.counters.drop(adds.filter((_, index) => failures.get(index) === false));
      for (const [key, token] of Object.entries(tokensIn(reply.answer))) ledgers.tokens.add({ key, token });
      return true;
    }
    noteFailedTry(ledgers, reply);
    if (isNever(reply)) ledgers.counters.drop(adds);
    else ledgers.counters.leaveOpen(adds);
    return reply.type === 'answer';
  }

  /** Nobody else writes to the own counter: a read with its tokens shows all that was acknowledged. */
  async #read(client: Client): Promise<boolean> {
    const { ledgers } = this;
    const key = this.#own;
    if (key === '') return true;
    const tokens = this.#unread;
    const { counters } = ledgers;
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
    this.ledgers.counters.acknowledge(adds);
    this.ledgers.tally.acknowledged += 1;
  }

  #hold(key: string, token: string): void {
    this.ledgers.tokens.add({ key, token });
    if (key === this.#own) this.#unread.push(token);
  }

  #ownKey(): string {
    const { ledgers, name } = this;
    const key = ledgers.counters.openKey(`own-${name}`);
    if (key !== this.#own) this.#unread = [];
    this.#own = key;
    return key;
  }

  #sharedKey(): string {
    return this.ledgers.counters.openKey(this.prng.pick(sharedNames));
  }
}
