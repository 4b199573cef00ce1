import type { HttpCall } from '../../support/http-connection.ts';
import type { Add } from '../../load/ledger/counter-ledger.ts';
import { drawValue, noteFailedTry, Actor } from './actor.ts';
import { isSuccess, type Answered, type Client, type Reply } from './client.ts';
import { tokensIn, totalIn } from './answers.ts';

interface KeyedWrite {
  readonly call: HttpCall;
  readonly adds: readonly Add[];
  /** `mode=sync` to the own counter: the total that it must answer. */
  readonly total?: bigint;
}

/** Acknowledged writes remembered, to be sent again. */
const doneMax = 50;

/**
 * Increments with an Idempotency-Key: one by one, in batches, and `mode=sync`; each sent again until it is
 * answered, by whatever process; some by two connections at once, some again long after they were
 * acknowledged.
 */
export class KeyedCounters extends Actor {
  #pending: KeyedWrite | undefined;
  readonly #done: KeyedWrite[] = [];
  #count = 0;

  override get pending(): boolean {
    return this.#pending !== undefined;
  }

  async step(client: Client): Promise<boolean> {
    const { prng, ledgers } = this;
    if (this.#pending === undefined && this.#done.length > 0 && prng.chance(0.1)) {
      return this.#repeat(client, prng.pick(this.#done));
    }
    if (this.#pending === undefined) {
      this.#pending = this.#draw();
      ledgers.counters.sending(this.#pending.adds);
    }
    const write = this.#pending;
    const replies = prng.chance(0.1) ? await askTwice(client, write.call) : [await ask(client, write.call)];
    for (const reply of replies) this.#check(write, reply);
    if (replies.some(isDone)) this.#acknowledge(write, replies.find(isDone));
    else for (const reply of replies) noteFailedTry(ledgers, reply);
    return replies.every(({ type }) => type === 'answer');
  }

  #draw(): KeyedWrite {
    const { prng, name, ledgers } = this;
    this.#count += 1;
    const headers = { 'Idempotency-Key': `${name}-${this.#count}` };
    const kind = prng.int(0, 9);
    if (kind <= 1) {
      const add = { key: `sync-${name}`, value: drawValue(prng) };
      const total = ledgers.counters.acknowledgedSum(add.key) + BigInt(add.value);
      return { adds: [add], total, call: post('/increment?mode=sync', headers, add) };
    }
    const adds = Array.from({ length: kind <= 5 ? 1 : prng.int(1, 20) }, () => ({
      key: prng.chance(0.4) ? 'keyed-hot' : `keyed-${prng.int(0, 29)}`,
      value: drawValue(prng),
    }));
    const [first] = adds;
    if (kind > 5) {
      const preferring = { ...headers, Prefer: 'return=representation' };
      return { adds, call: post('/api/v1/increments', preferring, { increments: adds }) };
    }
    return { adds, call: post(kind === 2 ? '/increment?mode=sync' : '/increment', headers, first) };
  }

  /** What has been acknowledged gets the same answer again, and nothing is counted. */
  async #repeat(client: Client, write: KeyedWrite): Promise<boolean> {
    const { findings } = this.ledgers;
    const reply = await ask(client, write.call);
    if (reply.type !== 'answer') return false;
    this.#check(write, reply);
    const { statusCode, headers } = reply.answer;
    if (statusCode !== 503 && headers['idempotent-replayed'] !== 'true') {
      findings.add('double', `${JSON.stringify(write.call)} was acknowledged, and is done again`);
    }
    return true;
  }

  #check({ call, total }: KeyedWrite, reply: Reply): void {
    if (total === undefined || !isDone(reply)) return;
    const answered = totalIn(reply.answer);
    if (answered === total) return;
    const kind = answered < total ? 'lost' : 'double';
    this.ledgers.findings.add(kind, `${JSON.stringify(call)} answers ${answered}, expected ${total}`);
  }

  #acknowledge(write: KeyedWrite, reply: Reply | undefined): void {
    const { ledgers, prng } = this;
    ledgers.counters.acknowledge(write.adds);
    ledgers.tally.acknowledged += 1;
    this.#pending = undefined;
    if (this.#done.length < doneMax) this.#done.push(write);
    else this.#done[prng.int(0, doneMax - 1)] = write;
    if (reply?.type !== 'answer') return;
    const [first] = write.adds;
    const token = reply.answer.headers['consistency-token'];
    if (write.adds.length === 1 && first !== undefined && token !== undefined) {
      ledgers.tokens.add({ key: first.key, token });
    } else if (reply.answer.statusCode === 202) {
      for (const [key, one] of Object.entries(tokensIn(reply.answer)))
        ledgers.tokens.add({ key, token: one });
    }
  }
}

function post(path: string, headers: Readonly<Record<string, string>>, body: unknown): HttpCall {
  return { method: 'POST', path, headers, body: JSON.stringify(body) };
}

function ask(client: Client, call: HttpCall): Promise<Reply> {
  return client.ask(call, call.path.includes('mode=sync') ? 200 : 202, 207);
}

async function askTwice(client: Client, call: HttpCall): Promise<Reply[]> {
  const second = client.another();
  const replies = await Promise.all([ask(client, call), ask(second, call)]);
  second.close();
  return replies;
}

/** A 207 is not: the whole request is sent again. */
function isDone(reply: Reply): reply is Answered & { readonly success: true } {
  return isSuccess(reply) && reply.answer.statusCode !== 207;
}
