import type { AdContent } from '../../../lib/core/ads/ad.ts';
import { readImportBody } from './ad-body.ts';
import type { AdTruth } from './ad-commits.ts';
import { parseTrace, type LoggedEvent } from './ad-log.ts';
import { statusOfRefusal } from './ad-refusals.ts';
import type { HttpAnswer, Exchange } from './auditor.ts';
import type { Answered } from './answered.ts';
import { bodyBytesMax } from './ad-requests.ts';
import { demand } from './demand.ts';

/** A key is remembered for 24 h; clocks differ by minutes. */
const keyLifeMs = 23 * 3_600_000;

interface ImportAnswer {
  readonly accepted: number;
  readonly failed?: readonly { readonly index: number; readonly ambiguous: boolean }[];
  readonly ads?: readonly {
    readonly external_id: string;
    readonly result: string;
    readonly id: string | null;
    readonly version: number | null;
    readonly problem?: { readonly status: number };
  }[];
}

/** One import that a client wanted, with every attempt at it. */
interface Import {
  readonly exchanges: Exchange[];
  readonly key: string | undefined;
  complete?: { readonly answer: HttpAnswer; readonly answeredAtMs: number };
}

/**
 * Imports: the log has an event for each ad of each, answers say what the model made of them, and a repeated one is
 * the first again (G1, G3, G7, G8). That no two live ads share an external id is checked with each commit.
 */
export class Imports {
  readonly #byWish = new Map<string, Import>();

  get size(): number {
    return this.#byWish.size;
  }

  has(wish: string): boolean {
    return this.#byWish.has(wish);
  }

  exchanged(exchange: Exchange): void {
    const { request, answer } = exchange;
    const wish = parseTrace(request.headers.traceparent)?.wish;
    if (wish === undefined) return;
    const key = request.headers['idempotency-key'];
    const known: Import = this.#byWish.get(wish) ?? { exchanges: [], key };
    this.#byWish.set(wish, known);
    known.exchanges.push(exchange);
    if (answer === undefined || key === undefined || ![200, 202].includes(answer.status)) return;
    const { complete } = known;
    if (complete === undefined) {
      known.complete = { answer, answeredAtMs: exchange.answeredAtMs };
      return;
    }
    if (exchange.sentAtMs - complete.answeredAtMs > keyLifeMs) return;
    demand(
      answer.status === complete.answer.status && answer.body === complete.answer.body,
      'G1',
      'a repeated import got another answer',
      () => ({ first: complete.answer, exchange }),
    );
  }

  /** Nothing is in the log that no import asked for, and a keyed one is there once. */
  checkAtRest({ log }: AdTruth): void {
    for (const [wish, { exchanges, key }] of this.#byWish) {
      const asked = exchanges.map(askedOf).find((sound) => sound !== undefined) ?? [];
      const records = log.ofWish(wish);
      const ids = new Map<string, Set<string>>();
      for (const { event } of records) {
        const isAsked = asked.some((ad) => isImportOf(ad, event));
        demand(isAsked, 'G1', 'the log has another import than was sent', () => ({ event, asked }));
        if (event?.type !== 'AdImported') continue;
        const { externalId } = event.ad;
        ids.set(externalId, (ids.get(externalId) ?? new Set()).add(event.id));
      }
      const sent = exchanges.map(({ sentAtMs }) => sentAtMs);
      const isLong = Math.max(...sent) - Math.min(...sent) > keyLifeMs;
      const most = key === undefined || isLong ? exchanges.length : 1;
      for (const [externalId, events] of ids)
        demand(events.size <= most, 'G1', 'one ad of an import is in the log too often', () => ({
          externalId,
          records,
        }));
    }
  }
}

/** undefined: the API must refuse it. */
function askedOf({ request }: Pick<Exchange, 'request'>): readonly AdContent[] | undefined {
  const { headers, body = '' } = request;
  if (headers['content-type'] !== 'application/json') return undefined;
  return Buffer.byteLength(body) > bodyBytesMax ? undefined : readImportBody(body);
}

/** Compares the answer to an import with the log and the model. */
export function checkImport(truth: AdTruth, exchange: Answered): void {
  const { answer, request, sentAtMs } = exchange;
  const asked = askedOf(exchange);
  if (asked === undefined) {
    const isRefused = [400, 413, 415].includes(answer.status) || answer.status >= 500;
    demand(isRefused, 'G8', 'a faulty import was not refused', () => ({ exchange }));
    return;
  }
  if (answer.status >= 500) return;
  demand([200, 202, 207].includes(answer.status), 'G8', 'a sound import was refused', () => ({ exchange }));
  const wish = parseTrace(request.headers.traceparent)?.wish ?? '';
  const records = truth.log.ofWish(wish).filter(({ record }) => record.arrivedAtMs > sentAtMs - keyLifeMs);
  const body = JSON.parse(answer.body) as ImportAnswer;
  const facts = (): Readonly<Record<string, unknown>> => ({ exchange, records });
  const failed = new Map((body.failed ?? []).map(({ index, ambiguous }) => [index, ambiguous]));
  demand(body.accepted === asked.length - failed.size, 'G1', 'an import counts other ads', facts);
  demand(failed.size > 0 === (answer.status === 207), 'G1', 'a whole import is called a part', facts);
  const own = asked.map((ad) => records.filter(({ event }) => isImportOf(ad, event)));
  own.forEach((events, index) => {
    const isLogged = events.length > 0 || failed.has(index);
    demand(isLogged, 'G1', 'an ad of an import was acknowledged that is not in the log', facts);
  });
  const token = truth.log.ofToken(answer.headers['consistency-token'] ?? '');
  const first = own.filter((_, index) => !failed.has(index)).map(([one]) => one?.index ?? Infinity);
  const isTokenGood = token !== undefined && token !== 'none' && token.index >= Math.max(...first);
  demand(isTokenGood, 'G7', 'the token of an import stands before an ad of it', facts);
  if (body.ads === undefined) return;
  demand(body.ads.length === asked.length, 'G3', 'an import tells of other ads', facts);
  body.ads.forEach((told, index) => {
    const isNamed = told.external_id === asked[index]?.externalId;
    const isTrue = isNamed && (own[index] ?? []).some((logged) => isOutcome(truth, logged, told));
    demand(isTrue || told.result === 'accepted', 'G3', 'an import tells another outcome', () => ({
      ...facts(),
      told,
      outcomes: own[index]?.map(({ event }) => truth.model.outcomes.get(event?.id ?? '')),
    }));
  });
  const isOpen = body.ads.some(({ result }) => result === 'accepted');
  demand(isOpen === (answer.status === 202), 'G3', 'an import is called decided and is not', facts);
}

type Told = NonNullable<ImportAnswer['ads']>[number];

function isOutcome({ model }: AdTruth, { event }: LoggedEvent, told: Told): boolean {
  const outcome = model.outcomes.get(event?.id ?? '');
  if (outcome === undefined) return false;
  if (outcome.status === 'refused')
    return told.result === 'refused' && told.problem?.status === statusOfRefusal[outcome.reason];
  return told.result === outcome.effect && told.version === outcome.version && told.id === outcome.adId;
}

function isImportOf(ad: AdContent, event: LoggedEvent['event']): boolean {
  return event?.type === 'AdImported' && sameAd(ad, event.ad);
}

function sameAd(a: AdContent, b: AdContent): boolean {
  const sorted = (ad: AdContent): string =>
    JSON.stringify(Object.entries(ad).sort(([x], [y]) => (x < y ? -1 : 1)));
  return sorted(a) === sorted(b);
}
