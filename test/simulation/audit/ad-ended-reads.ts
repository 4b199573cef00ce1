import type { AdTruth } from './ad-commits.ts';
import { byEnd, keptUntilMs } from './ad-ended.ts';
import type { AdFate } from './ad-history.ts';
import type { ModelAd } from './ad-model.ts';
import { checkPatience, checkTokenOf, checkTokensMet, newestTokenVersion } from './ad-reads.ts';
import { showAd, showEnded } from './ad-show.ts';
import type { AdCall } from './ad-target.ts';
import type { Answered } from './answered.ts';
import { demand } from './demand.ts';

type ListCall = Extract<AdCall, { readonly call: 'list-ended' }>;

/** Clocks of containers differ from each other by so much at most, milliseconds. */
const clocksMs = 10 * 60_000;

/** Holds reads that ask for ads that have ended against the model: by id, and the list of them. */
export class EndedReads {
  readonly #truth: AdTruth;
  /** A cursor stands for the ad its page ended with. */
  readonly #cursors = new Map<string, ModelAd>();
  checked = 0;

  constructor(truth: AdTruth) {
    this.#truth = truth;
  }

  /** A read by id: what became of the ad while the read was under way, at the instant of the container. */
  checkRead(exchange: Answered, adId: string): void {
    const { answer, request, sentAtMs, answeredAtMs, containerNowMs } = exchange;
    const { status } = answer;
    if (status !== 200 && status !== 304 && status !== 404) return;
    this.checked += 1;
    const { history } = this.#truth;
    const span = history.during(sentAtMs, answeredAtMs);
    checkTokensMet(this.#truth, exchange, span.to);
    const from = Math.max(span.from, newestTokenVersion(this.#truth, exchange));
    const fates = history.fatesDuring(adId, { from, to: span.to });
    const facts = (): Readonly<Record<string, unknown>> => ({ adId, from, to: span.to, fates, exchange });
    if (status === 404) {
      const isTrue = fates.some((fate) => !this.#isKept(fate, containerNowMs));
      demand(isTrue, 'G3', '404 for an ad that was live or kept all the time', facts);
      checkPatience(this.#truth, exchange, adId);
      return;
    }
    const { containerStartedMs = containerNowMs } = exchange;
    const shown = fates.flatMap((fate) => this.#shown(fate, containerNowMs, containerStartedMs));
    const found = shown.find(({ tag }) => tag === answer.headers.etag);
    demand(found !== undefined, 'G3', 'an ad is shown as it was not at that time', facts);
    if (status === 200 && request.method === 'GET')
      demand(answer.body === found.body, 'G3', 'an ad is shown with other words', facts);
    if (status === 304) {
      const isAsked = request.headers['if-none-match']?.includes(found.tag) === true;
      demand(isAsked, 'G3', '304 for another version', facts);
    }
  }

  /** A stage that keeps nothing removes the ad whole, also for a container whose clock is behind its end. */
  #over({ ad, ended }: AdFate): ModelAd | undefined {
    return ad ?? (this.#truth.endedDays > 0 ? ended : undefined);
  }

  #isKept(fate: AdFate, nowMs: number): boolean {
    if (fate.ad !== undefined && nowMs < fate.ad.endAt) return true;
    const over = this.#over(fate);
    return over !== undefined && nowMs < keptUntilMs(over, this.#truth.endedDays);
  }

  /** The time may end while the container looks the ad up. */
  #shown(
    fate: AdFate,
    nowMs: number,
    startedMs: number,
  ): readonly { readonly tag: string; readonly body: string }[] {
    const { ad } = fate;
    if (ad !== undefined && nowMs < ad.endAt) return [{ tag: `"${ad.version}"`, body: showAd(ad) }];
    const over = this.#over(fate);
    if (over === undefined || startedMs >= keptUntilMs(over, this.#truth.endedDays)) return [];
    return [{ tag: `"${over.version}-ended"`, body: showEnded(over) }];
  }

  /**
   * A page: it has every ad that had ended at the version it names, in order and as it was; and besides at most
   * some that ended before the answer.
   */
  check(exchange: Answered, { cursor: asked, limit }: ListCall): void {
    const { request, answer, sentAtMs, answeredAtMs, containerNowMs } = exchange;
    if (answer.status !== 200 || request.method !== 'GET') return;
    this.checked += 1;
    const { history, endedDays } = this.#truth;
    const version = Number(answer.headers['catalog-version']);
    const page = pageOf(exchange);
    const facts = (): Readonly<Record<string, unknown>> => ({ version, page, exchange });
    demand(history.isCommitted(version), 'G3', 'a list of a version that never was', facts);
    demand(version >= history.versionBefore(sentAtMs), 'I7', 'a list lacks a change before it', facts);
    checkTokenOf(this.#truth, exchange, version);
    checkTokensMet(this.#truth, exchange, version);
    const after = asked === undefined ? undefined : this.#cursors.get(asked);
    // A cursor of an answer that got lost: nobody can know it.
    if (asked !== undefined && after === undefined) return;
    const known = history.endedAt(history.versionAt(answeredAtMs)).toSorted(byEnd);
    const ads = page.lines.map((line) => known.find((ad) => showEnded(ad) === line));
    const listed = ads.filter((ad) => ad !== undefined);
    demand(listed.length === ads.length, 'G3', 'a list has what is no ad that has ended', facts);
    const isSorted = [...(after === undefined ? [] : [after]), ...listed].every(
      (ad, index, all) => index === 0 || byEnd(all[index - 1] ?? ad, ad) < 0,
    );
    demand(isSorted, 'G3', 'a list of ended ads in another order', facts);
    const last = listed.at(-1);
    const isFull = listed.length === limit;
    demand(listed.length <= limit && (page.cursor === null || isFull), 'G3', 'a page of another size', facts);
    const rest = history.endedAt(version).filter((ad) => after === undefined || byEnd(after, ad) < 0);
    // Two clocks decide when the time of an ad is over: the container's, and the store's, which removes it.
    const due = rest.filter((ad) => keptUntilMs(ad, endedDays) > containerNowMs + clocksMs);
    const wanted =
      page.cursor === null || last === undefined ? due : due.filter((ad) => byEnd(ad, last) <= 0);
    const missing = wanted.filter((ad) => !listed.some(({ id }) => id === ad.id));
    demand(missing.length === 0, 'G3', 'a list lacks an ad that has ended', () => ({ missing, ...facts() }));
    const late = listed.filter((ad) => keptUntilMs(ad, endedDays) <= containerNowMs - clocksMs);
    demand(late.length === 0, 'G3', 'a list has an ad whose time is over', () => ({ late, ...facts() }));
    if (page.cursor !== null && last !== undefined) this.#cursors.set(page.cursor, last);
  }
}

/** The ads of a page, each as its JSON, and its cursor. */
function pageOf({ request, answer }: Answered): {
  readonly lines: readonly string[];
  readonly cursor: string | null;
} {
  if (request.headers['accept'] === 'application/x-ndjson')
    return { lines: answer.body.split('\n').slice(0, -1), cursor: answer.headers['next-cursor'] ?? null };
  const { ads, next_cursor: cursor } = JSON.parse(answer.body) as {
    readonly ads: readonly unknown[];
    readonly next_cursor: string | null;
  };
  return { lines: ads.map((ad) => JSON.stringify(ad)), cursor };
}
