import type { StageSettings } from '../../../lib/stages.ts';
import type { Exchange, HttpAnswer } from './auditor.ts';
import type { AdTruth } from './ad-commits.ts';
import type { ModelAd } from './ad-model.ts';
import { showAd, showList, showPage } from './ad-show.ts';
import type { AdCall } from './ad-target.ts';
import { EntityTagBook } from './ad-tags.ts';
import type { Answered } from './answered.ts';
import { demand } from './demand.ts';

type CatalogCall = Extract<AdCall, { call: 'query' | 'list' | 'explain' }>;

interface Served {
  readonly answeredAtMs: number;
  /** The highest version that the container has answered with so far. */
  readonly version: number;
}

/** A monotonic clock that is read in pieces may be this much off. */
const roundingMs = 2;

/**
 * Holds every answer from a catalog against the model at the version the answer names and the container's
 * instant.
 */
export class CatalogReads {
  readonly #truth: AdTruth;
  readonly #settings: StageSettings;
  readonly #served = new Map<string, Served[]>();
  readonly #tags = new EntityTagBook();
  /** A cursor stands for the id its page ended with. */
  readonly #cursors = new Map<string, string>();
  pagesChecked = 0;
  strongChecked = 0;

  constructor(truth: AdTruth, settings: StageSettings) {
    this.#truth = truth;
    this.#settings = settings;
  }

  check(exchange: Answered, call: CatalogCall): void {
    const { status } = exchange.answer;
    if (status !== 200 && status !== 304) return;
    this.pagesChecked += 1;
    const version = this.checkVersion(exchange);
    checkTokenOf(this.#truth, exchange, version);
    if (call.call === 'query') this.#checkQuery(exchange, call, version);
    else if (call.call === 'explain') this.#checkExplained(exchange, call, version);
    else this.#checkList(exchange, call, version);
  }

  /** Returns the version of the catalog that an answer is from, once it is known to be new enough. */
  checkVersion(exchange: Answered): number {
    const version = this.versionOf(exchange);
    this.#checkOrder(exchange, version);
    this.#checkFreshness(exchange, version);
    checkTokensMet(this.#truth, exchange, version);
    return version;
  }

  versionOf(exchange: Answered): number {
    const version = Number(exchange.answer.headers['catalog-version']);
    const facts = (): Readonly<Record<string, unknown>> => ({ version, exchange });
    demand(this.#truth.history.isCommitted(version), 'G3', 'a catalog of a version that never was', facts);
    return version;
  }

  /**
   * No container goes back: what it answered before this request was sent, this request is not shown less
   * than.
   */
  #checkOrder({ containerId, sentAtMs, answeredAtMs }: Answered, version: number): void {
    const served = this.#served.get(containerId) ?? [];
    this.#served.set(containerId, served);
    const before = served.findLast((answer) => answer.answeredAtMs <= sentAtMs)?.version ?? 0;
    demand(version >= before, 'G3', 'a container goes back', () => ({ containerId, before, version }));
    served.push({ answeredAtMs, version: Math.max(version, served.at(-1)?.version ?? 0) });
  }

  /** The catalog is as fresh as the answer says: the stage's staleness, or what `Catalog-Stale-Ms` admits. */
  #checkFreshness({ request, sentAtMs, answer }: Answered, version: number): void {
    const { maxStalenessMs, staleServeMaxMs } = this.#settings.reader;
    if (isStrong(request)) this.#checkStrong({ sentAtMs, answer }, version);
    const admitted = answer.headers['catalog-stale-ms'];
    const staleMs = admitted === undefined ? maxStalenessMs : Number(admitted);
    demand(staleMs <= staleServeMaxMs + roundingMs, 'I7', 'a catalog too old to serve was served', () => ({
      staleMs,
    }));
    const wanted = this.#truth.history.versionBefore(sentAtMs - staleMs - roundingMs);
    demand(version >= wanted, 'I7', 'a catalog is staler than the answer says', () => ({
      version,
      wanted,
      staleMs,
      sentAtMs,
    }));
  }

  /** A strong read shows every change that was applied when it began, whatever else the stage allows. */
  #checkStrong({ sentAtMs, answer }: Pick<Answered, 'sentAtMs' | 'answer'>, version: number): void {
    this.strongChecked += 1;
    const wanted = this.#truth.history.versionBefore(sentAtMs);
    const { 'catalog-stale-ms': admitted, 'cache-control': caching = '' } = answer.headers;
    const facts = () => ({ version, wanted, admitted, caching, sentAtMs });
    demand(version >= wanted, 'I7', 'a strong read lacks a change that was applied before it', facts);
    demand(admitted === undefined, 'I7', 'a strong read is answered from a stale catalog', facts);
    demand(/no-cache|no-store/.test(caching), 'I7', 'a cache may answer a strong read', facts);
  }

  #checkQuery(exchange: Answered, { page }: CatalogCall & { call: 'query' }, version: number): void {
    const { request, answer, containerNowMs } = exchange;
    const live = this.#truth.history.liveAt(version);
    const wanted = showPage(live, containerNowMs, page);
    const facts = (): Readonly<Record<string, unknown>> => ({
      target: request.target,
      version,
      containerNowMs,
      wanted,
      found: answer.body,
    });
    checkLifetime(answer, live, containerNowMs);
    if (answer.status === 200 && answer.body !== '') {
      const { ads } = JSON.parse(answer.body) as {
        ads: { start_at: string; end_at: string; status?: string }[];
      };
      const isOnTime = ads.every(
        (ad) => Date.parse(ad.start_at) <= containerNowMs && containerNowMs < Date.parse(ad.end_at),
      );
      demand(isOnTime, 'G4', 'an ad is served before its start or after its end', facts);
      const isPaused = ads.some(({ status }) => status === 'paused');
      demand(!isPaused, 'G4', 'a paused ad is served', facts);
    }
    this.#tags.check(exchange, wanted);
    if (answer.status === 200 && request.method === 'GET')
      demand(answer.body === wanted, 'G3', 'a page differs from the ads at its version and instant', facts);
  }

  /** What is left at the end is the total of the page that the same container would show at that instant. */
  #checkExplained(
    { request, answer }: Answered,
    { page }: CatalogCall & { call: 'explain' },
    version: number,
  ): void {
    if (request.method !== 'GET') return;
    const live = this.#truth.history.liveAt(version);
    const found = JSON.parse(answer.body) as {
      readonly at: string;
      readonly live: number;
      readonly conditions: readonly { readonly left: number }[];
    };
    const { total } = JSON.parse(showPage(live, Date.parse(found.at), page)) as { total: number };
    const lefts = [found.live, ...found.conditions.map(({ left }) => left)];
    const isFalling = lefts.every((left, index) => index === 0 || left <= (lefts[index - 1] ?? 0));
    const isRight = found.live === live.length && lefts.at(-1) === total && isFalling;
    demand(isRight, 'G3', 'an explanation that does not fit its page', () => ({
      request,
      version,
      total,
      found,
    }));
  }

  #checkList(exchange: Answered, call: CatalogCall & { call: 'list' }, version: number): void {
    const { request, answer, containerNowMs } = exchange;
    if (request.method !== 'GET') return;
    const afterId = call.cursor === undefined ? undefined : this.#cursors.get(call.cursor);
    // A cursor of an answer that got lost: nobody can know it.
    if (call.cursor !== undefined && afterId === undefined) return;
    const wanted = showList(this.#truth.history.liveAt(version), containerNowMs, {
      afterId,
      limit: call.limit,
    });
    const inLines = request.headers['accept'] === 'application/x-ndjson';
    const cursor = inLines
      ? (answer.headers['next-cursor'] ?? null)
      : (JSON.parse(answer.body) as { next_cursor: string | null }).next_cursor;
    const lines = (JSON.parse(wanted.ads) as unknown[]).map((ad) => `${JSON.stringify(ad)}\n`);
    const body = inLines ? lines.join('') : `{"ads":${wanted.ads},"next_cursor":${JSON.stringify(cursor)}}`;
    const isRight = answer.body === body && (cursor === null) === (wanted.nextAfterId === undefined);
    demand(isRight, 'G3', 'a list differs from the ads at its version and instant', () => ({
      target: request.target,
      version,
      wanted,
      found: answer.body,
    }));
    if (cursor !== null && wanted.nextAfterId !== undefined) this.#cursors.set(cursor, wanted.nextAfterId);
  }
}

function isStrong({ target }: Exchange['request']): boolean {
  return /[?&]consistency=strong(?:&|$)/.test(target);
}

/** A cache may keep the answer no longer than until the next start or end of an ad. */
function checkLifetime(
  { headers }: HttpAnswer,
  live: readonly Pick<ModelAd, 'startAt' | 'endAt' | 'status'>[],
  nowMs: number,
): void {
  const caching = headers['cache-control'] ?? '';
  const maxAge = caching.includes('no-cache') ? 0 : Number(/max-age=(\d+)/.exec(caching)?.[1]);
  const instants = live
    .filter(({ status }) => status !== 'paused')
    .flatMap(({ startAt, endAt }) => [startAt, endAt])
    .filter((instant) => instant > nowMs);
  const next = Math.min(...instants);
  demand(nowMs + maxAge * 1000 <= next, 'G4', 'a cache may keep an answer past a start or an end', () => ({
    maxAge,
    nowMs,
    next,
  }));
}

/** The token of an answer stands for what the answer shows. */
export function checkTokenOf({ log }: AdTruth, { answer }: Answered, version: number): void {
  const token = answer.headers['consistency-token'] ?? '';
  const logged = log.ofToken(token);
  const of = logged === 'none' ? 0 : logged?.versionAfter;
  demand(of === version, 'G7', 'the token of a catalog is not of its version', () => ({
    token,
    of,
    version,
  }));
}

/** What the request's tokens stand for is in the version that answered. */
export function checkTokensMet({ log }: AdTruth, exchange: Answered, version: number): void {
  for (const token of tokensOf(exchange)) {
    const logged = log.ofToken(token);
    if (logged === undefined || logged === 'none') continue;
    const { versionAfter } = logged;
    demand(
      versionAfter !== undefined && versionAfter <= version,
      'G7',
      'an answer lacks a write whose token it was shown',
      () => ({
        token,
        versionAfter,
        version,
        exchange,
      }),
    );
  }
}

export function tokensOf({ request }: Exchange): readonly string[] {
  const text = request.headers['consistency-token'];
  return text === undefined ? [] : text.split(',').map((token) => token.trim());
}

/** Holds a read by id against what the ad was while the read was under way. */
export function checkRead(truth: AdTruth, exchange: Answered, adId: string): void {
  const { answer, request, sentAtMs, answeredAtMs, containerNowMs } = exchange;
  const { status } = answer;
  if (status !== 200 && status !== 304 && status !== 404) return;
  const span = truth.history.during(sentAtMs, answeredAtMs);
  checkTokensMet(truth, exchange, span.to);
  const from = Math.max(span.from, newestTokenVersion(truth, exchange));
  const states = truth.history.adDuring(adId, { from, to: span.to });
  const facts = (): Readonly<Record<string, unknown>> => ({ adId, from, to: span.to, states, exchange });
  if (status === 404) {
    const isTrue = states.some((ad) => ad === undefined || ad.endAt <= containerNowMs);
    demand(isTrue, 'G3', '404 for an ad that was live all the time', facts);
    checkPatience(truth, exchange, adId);
    return;
  }
  const shown = states.find((ad) => ad !== undefined && answer.headers.etag === `"${ad.version}"`);
  demand(shown !== undefined, 'G3', 'an ad is shown as it was not at that time', facts);
  demand(containerNowMs < shown.endAt, 'G4', 'an ad is shown after its end', facts);
  if (status === 200 && request.method === 'GET')
    demand(answer.body === showAd(shown), 'G3', 'an ad is shown with other words', facts);
  if (status === 304)
    demand(
      request.headers['if-none-match']?.includes(`"${shown.version}"`) === true,
      'G3',
      '304 for another version',
      facts,
    );
}

/**
 * An id made by the container's clock within the last seconds may be on its way: unknown is not yet "not
 * found".
 */
const youngMs = 10_000;

export function checkPatience({ log, model }: AdTruth, exchange: Answered, adId: string): void {
  const { containerStartedMs = exchange.containerNowMs, containerNowMs, sentAtMs } = exchange;
  const creation = log.unsettledCreation(adId);
  if (creation?.event === undefined || creation.record.arrivedAtMs >= sentAtMs) return;
  // The log may have it twice; by the first it is known.
  if (model.outcomes.has(creation.event.id)) return;
  const madeAtMs = Number.parseInt(adId.replaceAll('-', '').slice(0, 12), 16);
  demand(
    Math.max(containerStartedMs, containerNowMs) - madeAtMs >= youngMs,
    'G7',
    '404 for an ad that is on its way from the log',
    () => ({ adId, madeAtMs, containerNowMs, exchange }),
  );
}

export function newestTokenVersion({ log }: AdTruth, exchange: Answered): number {
  const versions = tokensOf(exchange).map((token) => {
    const logged = log.ofToken(token);
    return logged === undefined || logged === 'none' ? 0 : (logged.versionAfter ?? 0);
  });
  return Math.max(0, ...versions);
}
