import type { Exchange, HttpAnswer } from './auditor.ts';
import type { AdTruth } from './ad-commits.ts';
import type { Imports } from './ad-imports.ts';
import { parseTrace, type LoggedEvent } from './ad-log.ts';
import { adCallOf, type WriteCall } from './ad-target.ts';
import { askedOf } from './ad-requests.ts';
import { demand } from './demand.ts';

/** One write that a client wanted, with every attempt at it. */
interface Wish {
  readonly call: WriteCall;
  readonly key: string | undefined;
  readonly exchanges: Exchange[];
  /** The first complete answer that came through. */
  complete?: { readonly answer: HttpAnswer; readonly answeredAtMs: number };
}

/** A wish that was answered 422: its key was said to be in use for another request. */
interface Called {
  readonly name: string;
  readonly key: string;
  readonly sentAtMs: number;
}

/** A key is remembered for 24 h; clocks differ by minutes. */
const keyLifeMs = 23 * 3_600_000;

const refusals: ReadonlySet<number> = new Set([404, 409, 412, 507]);

/**
 * One wish, one effect: repeated answers are the first one again, and the log has one event of it (G1, §3).
 */
export class Wishes {
  readonly #byName = new Map<string, Wish>();
  /** By key: the wish that went through with it. */
  readonly #byKey = new Map<string, { readonly name: string; readonly atMs: number }>();
  readonly #called: Called[] = [];
  /** By ad and If-Match: the wish whose change went through. */
  readonly #winners = new Map<string, string>();

  exchanged(exchange: Exchange): void {
    const { request, answer } = exchange;
    const name = parseTrace(request.headers.traceparent)?.wish;
    const call = adCallOf(request);
    if (
      name === undefined ||
      call === undefined ||
      call.call === 'query' ||
      call.call === 'list' ||
      call.call === 'list-ended' ||
      call.call === 'explain' ||
      call.call === 'import' ||
      call.call === 'decide' ||
      call.call === 'explain-decision' ||
      call.call === 'read'
    )
      return;
    const key = request.headers['idempotency-key'];
    const wish: Wish = this.#byName.get(name) ?? { call, key, exchanges: [] };
    this.#byName.set(name, wish);
    wish.exchanges.push(exchange);
    if (answer === undefined) return;
    if (key !== undefined) this.#checkKey(name, key, exchange, answer);
    if ([200, 201, 202, 204].includes(answer.status)) this.#checkRepeated(wish, exchange, answer);
    this.#checkWinner(name, call, exchange, answer);
  }

  #checkKey(name: string, key: string, exchange: Exchange, answer: HttpAnswer): void {
    if (answer.status === 422) this.#called.push({ name, key, sentAtMs: exchange.sentAtMs });
    if (answer.status >= 300) return;
    const now = { name, atMs: exchange.answeredAtMs };
    const owner = this.#byKey.get(key) ?? now;
    const isForgotten = exchange.sentAtMs - owner.atMs > keyLifeMs;
    this.#byKey.set(key, isForgotten ? now : owner);
    demand(isForgotten || owner.name === name, 'G1', 'two requests went through with one key', () => ({
      exchange,
      owner,
    }));
  }

  #checkRepeated(wish: Wish, exchange: Exchange, answer: HttpAnswer): void {
    const { complete, key } = wish;
    if (complete === undefined) {
      wish.complete = { answer, answeredAtMs: exchange.answeredAtMs };
      return;
    }
    if (key === undefined || exchange.sentAtMs - complete.answeredAtMs > keyLifeMs) return;
    const facts = (): Readonly<Record<string, unknown>> => ({ first: complete.answer, exchange });
    demand(sameWords(complete.answer, answer), 'G1', 'a repeated request got another answer', facts);
    const isLater = exchange.sentAtMs > complete.answeredAtMs;
    const isReplay = answer.headers['idempotent-replayed'] === 'true';
    demand(isReplay || !isLater, 'G1', 'a repeated request took its way again', facts);
  }

  /** Of several changes bound to one version of an ad, one goes through. */
  #checkWinner(name: string, call: WriteCall, { request }: Exchange, answer: HttpAnswer): void {
    const tag = request.headers['if-match'];
    if (tag === undefined || tag === '*' || tag.includes(',') || call.call === 'create') return;
    const changed = answer.status === 204 || (answer.status === 200 && answer.headers.etag !== tag);
    if (!changed) return;
    const race = `${call.adId} ${tag}`;
    const winner = this.#winners.get(race) ?? name;
    demand(winner === name, 'G3', 'two changes bound to one version both went through', () => ({
      race,
      winner,
      name,
    }));
    this.#winners.set(race, name);
  }

  /** When everything has settled, each wish is held against what the log has of it. */
  checkAtRest(truth: AdTruth, imports: Pick<Imports, 'has'>): void {
    for (const called of this.#called) {
      const isTaken = [...this.#byName].some(
        ([other, wish]) => other !== called.name && wish.key === called.key && mayHoldKey(wish, called),
      );
      demand(isTaken, 'G8', 'a key was called reused and is not', () => ({ called }));
    }
    for (const [name, wish] of this.#byName) checkWishAtRest(truth, truth.log.ofWish(name), wish);
    for (const { event } of truth.log.records) {
      const wish = parseTrace(event?.traceparent)?.wish;
      demand(
        wish === undefined || this.#byName.has(wish) || imports.has(wish),
        'G8',
        'the log has an event that nobody asked for',
        () => ({ event }),
      );
    }
  }

  get size(): number {
    return this.#byName.size;
  }
}

/** Not if every request of it had been refused by then: a refusal frees the key. */
function mayHoldKey({ exchanges }: Wish, { sentAtMs }: Called): boolean {
  return exchanges.some(
    ({ answer, answeredAtMs }) =>
      answer === undefined || answeredAtMs >= sentAtMs || !isRefusal(answer.status),
  );
}

function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500) || status === 507;
}

function sameWords(a: HttpAnswer, b: HttpAnswer): boolean {
  const names = ['content-type', 'location', 'etag', 'consistency-token', 'preference-applied'];
  return (
    a.status === b.status && a.body === b.body && names.every((name) => a.headers[name] === b.headers[name])
  );
}

function checkWishAtRest({ model }: AdTruth, records: readonly LoggedEvent[], wish: Wish): void {
  const facts = (): Readonly<Record<string, unknown>> => ({ wish, records });
  // The network may have spoilt some of the attempts.
  const asked = wish.exchanges
    .map((exchange) => askedOf(exchange, wish.call))
    .find((sound) => sound !== undefined);
  const isNothing = asked === undefined || (wish.call.call === 'update' && Object.keys(asked).length === 0);
  demand(
    !isNothing || records.length === 0,
    'G8',
    'a request that asks for nothing sound is in the log',
    facts,
  );
  const ids = new Set(records.map(({ event }) => event?.id));
  // What was refused may be tried again under its key, as another event.
  const taken = [...ids].filter((id) => model.outcomes.get(id ?? '')?.status !== 'refused');
  demand(wish.key === undefined || taken.length <= 1 || isLong(wish), 'G1', 'one key made two events', facts);
  demand(ids.size <= wish.exchanges.length, 'G1', 'there are more events than requests', facts);
  for (const { event } of records) {
    if (event === undefined) continue;
    const inLog = event.type === 'AdCreated' ? event.ad : event.type === 'AdUpdated' ? event.patch : {};
    demand(sameFields(inLog, asked ?? {}), 'G1', 'the log has another wish than was sent', facts);
  }
  for (const exchange of wish.exchanges) {
    const isRefused = exchange.answer !== undefined && refusals.has(exchange.answer.status);
    const own = isRefused ? ownRecords(records, wish, exchange) : [];
    const isApplied = own.some(({ event }) => model.outcomes.get(event?.id ?? '')?.status === 'applied');
    demand(!isApplied, 'G3', 'a request was refused and took effect all the same', facts);
  }
  for (const exchange of wish.exchanges) {
    const isCertain = exchange.answer?.body.includes('The change was not logged. Send it again.') === true;
    demand(
      !isCertain || ownRecords(records, wish, exchange).length === 0,
      'G1',
      'a change was called not logged and is in the log',
      facts,
    );
  }
}

/**
 * What this very request put into the log; nothing, if a twin of it in the same container may have been it.
 */
function ownRecords(
  records: readonly LoggedEvent[],
  { exchanges }: Wish,
  { request, containerId }: Exchange,
): readonly LoggedEvent[] {
  const { traceparent } = request.headers;
  const twins = exchanges.filter(
    (other) => other.request.headers.traceparent === traceparent && other.containerId === containerId,
  );
  if (twins.length > 1) return [];
  return records.filter(
    ({ event, record }) => event?.traceparent === traceparent && record.containerId === containerId,
  );
}

/** Its attempts lie too far apart for the key to be remembered. */
function isLong({ exchanges }: Wish): boolean {
  const sent = exchanges.map(({ sentAtMs }) => sentAtMs);
  return Math.max(...sent) - Math.min(...sent) > keyLifeMs;
}

function sameFields(a: object, b: object): boolean {
  const sorted = (fields: object): string =>
    JSON.stringify(Object.entries(fields).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}
