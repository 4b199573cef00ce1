import type { Exchange, HttpAnswer } from './auditor.ts';
import type { LedgerRecord } from './counter-ledger.ts';
import { parseCounterToken } from './counter-reads.ts';
import type { CounterTruth } from './counter-writes.ts';
import { demand } from './demand.ts';

/** The results of a request's increments in an answer, by their index in the request. */
type Word = 'taken' | 'not-taken' | 'unknown';

interface Attempt {
  readonly exchange: Exchange;
  readonly words: readonly Word[];
}

/** One thing a client wanted, and every time it asked for it. */
interface Wish {
  readonly id: string;
  readonly idempotencyKey: string | undefined;
  readonly sync: boolean;
  /** By counter: what its increments add up to, and their places in the request. */
  readonly sums: ReadonlyMap<string, { readonly value: bigint; readonly places: readonly number[] }>;
  readonly attempts: Attempt[];
}

/**
 * A key lives for a day, less what clocks of two containers may be apart: after that it may stand for a new
 * request.
 */
const keyLifeMs = 24 * 3_600_000 - 15 * 60_000;

/** Increments as clients asked for them, against what came of them: G1, G8 and I3. */
export class IncrementRequests {
  readonly #wishes = new Map<string, Wish>();

  get size(): number {
    return this.#wishes.size;
  }

  exchanged(exchange: Exchange): void {
    const { request } = exchange;
    const [path = '', query = ''] = request.target.split('?');
    if (request.method !== 'POST' || (path !== '/increment' && path !== '/api/v1/increments')) return;
    const increments = incrementsIn(request.body);
    const status = exchange.answer?.status;
    demand(
      status === undefined || status >= 400 || (increments?.every(isSound) ?? false),
      'G8',
      'a faulty request was not refused',
      () => ({ exchange }),
    );
    const id = request.headers['traceparent']?.split('-')[1];
    if (id === undefined) return;
    const wish = this.#wishes.get(id) ?? {
      ...{ id, sync: query === 'mode=sync', attempts: [] },
      idempotencyKey: request.headers['idempotency-key'],
      sums: sumByCounter(increments ?? []),
    };
    // A mangled first try says nothing of what the client wants; nothing may come of it either.
    const isFirstGood = wish.sums.size === 0 && increments !== undefined;
    const known = isFirstGood ? { ...wish, sums: sumByCounter(increments) } : wish;
    this.#wishes.set(id, known);
    known.attempts.push({ exchange, words: wordsOf(exchange.answer, increments?.length ?? 0) });
  }

  /** Once all is quiet. */
  check(truth: CounterTruth): void {
    const logged = recordsByWish(truth);
    const synced = syncByValue(truth);
    const byKey = new Map<string, { wish: Wish; sinceMs: number }[]>();
    for (const wish of this.#wishes.values()) {
      const effects = wish.sync ? syncEffects(wish, synced) : logEffects(wish, logged.get(wish.id) ?? []);
      checkWish(wish, effects);
      if (wish.idempotencyKey === undefined || effects.size === 0) continue;
      const users = byKey.get(wish.idempotencyKey) ?? [];
      users.push({ wish, sinceMs: Math.min(...wish.attempts.map(({ exchange }) => exchange.sentAtMs)) });
      byKey.set(wish.idempotencyKey, users);
    }
    for (const [key, users] of byKey) checkKey(key, users);
    checkUnasked(this.#wishes, truth);
  }
}

/** How often something came of the wish, by counter. */
type Effects = ReadonlyMap<string, number>;

function checkWish(wish: Wish, effects: Effects): void {
  const { attempts, sums, idempotencyKey } = wish;
  for (const [counter, { places }] of sums) {
    const times = effects.get(counter) ?? 0;
    const wordsFor = attempts.flatMap(({ words }) => places.map((place) => words[place] ?? 'not-taken'));
    const facts = (): Record<string, unknown> => ({
      ...{ wish: wish.id, idempotencyKey, counter, times, sync: wish.sync },
      answers: attempts.map(({ exchange }) => `${exchange.id}: ${exchange.answer?.status ?? 'none'}`),
    });
    demand(times <= lives(wish), 'G1', 'a request took effect more than once', facts);
    demand(times > 0 || !wordsFor.includes('taken'), 'I3', 'an acknowledged increment is nowhere', facts);
    const surelyNot = wordsFor.every((word) => word === 'not-taken');
    demand(times === 0 || !surelyNot, 'G8', 'something came of a request that was refused', facts);
  }
}

/** How often the wish may have had an effect: once in each life of its key. */
function lives({ attempts }: Wish): number {
  const sent = attempts.map(({ exchange }) => exchange.sentAtMs).sort((a, b) => a - b);
  let count = 0;
  let sinceMs = -Infinity;
  for (const sentAtMs of sent) {
    if (sentAtMs - sinceMs <= keyLifeMs) continue;
    count += 1;
    sinceMs = sentAtMs;
  }
  return count;
}

/** Of all that use one key within its life, one request may have an effect. */
function checkKey(key: string, users: readonly { readonly wish: Wish; readonly sinceMs: number }[]): void {
  const ordered = [...users].sort((a, b) => a.sinceMs - b.sinceMs);
  ordered.forEach(({ wish, sinceMs }, i) => {
    const before = ordered[i - 1];
    demand(
      before === undefined || sinceMs - before.sinceMs > keyLifeMs,
      'G1',
      'two requests with one key both took effect',
      () => ({ key, wishes: [before?.wish.id, wish.id] }),
    );
  });
}

/** The log holds nothing that nobody asked for. */
function checkUnasked(wishes: ReadonlyMap<string, Wish>, { ledger }: CounterTruth): void {
  for (const { event } of ledger.records) {
    const id = event?.traceparent?.split('-')[1];
    if (event === undefined || id === undefined || !wishes.has(id)) continue;
    const sum = wishes.get(id)?.sums.get(event.key);
    demand(
      sum?.value === event.value && sum.places.length === event.count,
      'G1',
      'an event is not what was asked for',
      () => ({ wish: id, event, sum }),
    );
  }
}

function recordsByWish({ ledger }: CounterTruth): ReadonlyMap<string, readonly LedgerRecord[]> {
  const byWish = new Map<string, LedgerRecord[]>();
  for (const entry of ledger.records) {
    const id = entry.event?.traceparent?.split('-')[1];
    if (id === undefined) continue;
    const records = byWish.get(id) ?? [];
    records.push(entry);
    byWish.set(id, records);
  }
  return byWish;
}

/** Copies of one event count as one. */
function logEffects(wish: Wish, records: readonly LedgerRecord[]): Effects {
  const ids = new Map<string, Set<string>>();
  for (const { event } of records) {
    if (event === undefined) continue;
    ids.set(event.key, (ids.get(event.key) ?? new Set()).add(event.id));
  }
  return new Map(Array.from(ids, ([counter, found]) => [counter, found.size]));
}

function syncByValue({ syncAdditions }: CounterTruth): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { counter, value } of syncAdditions) {
    const name = `${value} ${counter}`;
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return times;
}

/** The value of such a request is one of a kind. */
function syncEffects({ sums }: Wish, synced: ReadonlyMap<string, number>): Effects {
  const effects = new Map<string, number>();
  for (const [counter, { value }] of sums) {
    const times = synced.get(`${value} ${counter}`);
    if (times !== undefined) effects.set(counter, times);
  }
  return effects;
}

function wordsOf(answer: HttpAnswer | undefined, count: number): readonly Word[] {
  const all = (word: Word): readonly Word[] => new Array<Word>(count).fill(word);
  if (answer === undefined) return all('unknown');
  if (answer.status === 207) {
    const { failed } = JSON.parse(answer.body) as { failed: { index: number; ambiguous: boolean }[] };
    const words = new Array<Word>(count).fill('taken');
    for (const { index, ambiguous } of failed) words[index] = ambiguous ? 'unknown' : 'not-taken';
    return words;
  }
  if (answer.status < 300) return all('taken');
  if (answer.status < 500) return all('not-taken');
  const isCertain = answer.body.includes('Nothing was logged');
  return all(isCertain ? 'not-taken' : 'unknown');
}

/** undefined: the body is not what a client of ours sends. */
function incrementsIn(body: string | undefined): readonly { key: string; value: number }[] | undefined {
  try {
    const json = JSON.parse(body ?? '') as {
      increments?: { key: string; value: number }[];
      key: string;
      value: number;
    };
    const increments = json.increments ?? [json];
    return increments.length > 0 && increments.length <= 500 ? increments : undefined;
  } catch {
    return undefined;
  }
}

function isSound(increment: unknown): boolean {
  if (typeof increment !== 'object' || increment === null) return false;
  const { key, value, ...others } = increment as Record<string, unknown>;
  const isKey = typeof key === 'string' && /^\P{Cc}{1,256}$/u.test(key);
  return isKey && Number.isSafeInteger(value) && Number(value) >= 1 && Object.keys(others).length === 0;
}

function sumByCounter(increments: readonly { key: string; value: number }[]): Wish['sums'] {
  const sums = new Map<string, { value: bigint; places: number[] }>();
  increments.forEach(({ key, value }, place) => {
    const sum = sums.get(key) ?? { value: 0n, places: [] };
    sum.value += BigInt(value);
    sum.places.push(place);
    sums.set(key, sum);
  });
  return sums;
}

/** The token of an accepted increment names the record that holds it. */
export function checkAcceptedToken({ ledger }: CounterTruth, { request, answer, id }: Exchange): void {
  const token = answer?.headers['consistency-token'];
  if (answer?.status !== 202 || token === undefined || request.target !== '/increment') return;
  const position = parseCounterToken(token);
  const entry = position === undefined ? undefined : ledger.at(position);
  demand(
    entry?.event !== undefined && entry.record.partitionKey === position?.partitionKey,
    'G7',
    'a token names no record',
    () => ({
      ...{ exchange: id, token },
    }),
  );
}
