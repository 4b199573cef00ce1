import type { CatalogRow } from './catalog-row.ts';
import { stepsBetween, type CatalogState, type Step } from './catalog-state.ts';
import type { CountrySlots } from './country-slots.ts';
import { afterEveryId } from './row-order.ts';
import type { RowPosition } from './sorted-rows.ts';
import { TotalsCache, type TotalsLimits } from './totals-cache.ts';

/**
 * The one catalog, and the one interval between start and end instants, that the totals are for. Catalogs of
 * one lineage share it, because nearly every query is about the newest catalog and now. A query about another
 * catalog or another time moves it there and notes the rows in between in the journal of the totals. So an
 * answer never depends on earlier queries.
 */
export class Moment {
  readonly totals: TotalsCache;
  #state: CatalogState;
  #atMs = -Infinity;
  /** The active rows are the same from..until. */
  #fromMs = Infinity;
  #untilMs = -Infinity;
  #firstNotEnded: RowPosition = { block: 0, row: 0 };

  /** `countries`: those of every row. */
  constructor(state: CatalogState, countries: CountrySlots, limits?: TotalsLimits) {
    this.totals = new TotalsCache(countries, limits);
    this.#state = state;
  }

  /** By (end, id), the first row that has not ended. */
  get firstNotEnded(): RowPosition {
    return this.#firstNotEnded;
  }

  moveTo(state: CatalogState, atMs: number): void {
    if (state === this.#state && this.#fromMs <= atMs && atMs < this.#untilMs) return;
    this.#moveToState(state);
    this.#moveInTime(atMs);
    this.#atMs = atMs;
    this.#fromMs = lastInstant(state, atMs) ?? -Infinity;
    this.#untilMs = nextInstant(state, atMs) ?? Infinity;
    this.#firstNotEnded = state.byEnd.search(atMs, afterEveryId);
  }

  #moveToState(state: CatalogState): void {
    const from = this.#state;
    if (state === from) return;
    this.#state = state;
    const forwards = stepsBetween(from, state);
    const backwards = forwards === undefined ? stepsBetween(state, from) : undefined;
    if (forwards !== undefined) for (const step of forwards) this.#note(step, 1);
    else if (backwards !== undefined) for (const step of backwards) this.#note(step, -1);
    else this.totals.forget();
  }

  #note({ changes }: Step, sign: 1 | -1): void {
    for (const { row, removed } of changes) {
      if (row.isActive(this.#atMs)) this.totals.note(row, removed ? (-sign as 1 | -1) : sign);
    }
  }

  /** A row that both started and ended in between is noted twice, which adds up to 0. */
  #moveInTime(atMs: number): void {
    const forwards = atMs >= this.#atMs;
    const [after, until] = forwards ? [this.#atMs, atMs] : [atMs, this.#atMs];
    const { byStart, byEnd } = this.#state;
    const { journalMax } = this.totals;
    const started = byStart.takeWhile(
      byStart.search(after, afterEveryId),
      (row) => row.startAt <= until,
      journalMax,
    );
    const ended = byEnd.takeWhile(byEnd.search(after, afterEveryId), (row) => row.endAt <= until, journalMax);
    if (started.length + ended.length >= journalMax) {
      this.totals.forget();
      return;
    }
    this.#noteAll(started, forwards ? 1 : -1);
    this.#noteAll(ended, forwards ? -1 : 1);
  }

  #noteAll(rows: readonly CatalogRow[], sign: 1 | -1): void {
    for (const row of rows) this.totals.note(row, sign);
  }
}

/** The last start or end at or before the instant; undefined: there is none. */
export function lastInstant({ byStart, byEnd }: CatalogState, atMs: number): number | undefined {
  const start = byStart.before(byStart.search(atMs, afterEveryId))?.startAt;
  const end = byEnd.before(byEnd.search(atMs, afterEveryId))?.endAt;
  return start === undefined || end === undefined ? (start ?? end) : Math.max(start, end);
}

/** The first start or end after the instant; undefined: there is none. */
export function nextInstant({ byStart, byEnd }: CatalogState, atMs: number): number | undefined {
  const start = byStart.at(byStart.search(atMs, afterEveryId))?.startAt;
  const end = byEnd.at(byEnd.search(atMs, afterEveryId))?.endAt;
  return start === undefined || end === undefined ? (start ?? end) : Math.min(start, end);
}
