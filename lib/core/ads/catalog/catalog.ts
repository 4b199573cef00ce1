import { assert } from '../../assert.ts';
import { adBytes } from '../ad-content.ts';
import type { AdChange } from '../ad-change.ts';
import type { AdFilter } from '../ad-filter.ts';
import type { Ad } from '../ad.ts';
import { countMatches, readPage, type Scan } from './bitmap-scan.ts';
import { CatalogRow } from './catalog-row.ts';
import type { CatalogRows } from './catalog-rows.ts';
import { appendStep, type CatalogState } from './catalog-state.ts';
import { CountrySlots } from './country-slots.ts';
import { explain, type ConditionLeft } from '../explain.ts';
import { shapeOf } from './filter-shape.ts';
import type { ListFilter } from '../list-filter.ts';
import { lastInstant, Moment, nextInstant } from './moment.ts';
import { orderByInstant, type ByInstant } from './order-by-instant.ts';
import { keyRows, type KeyedRows, type RowChange } from './row-order.ts';
import { blockRowsDefault, SortedRows } from './sorted-rows.ts';
import { Tickets, type SpareWords } from './tickets.ts';
import type { TotalsLimits } from './totals-cache.ts';
import { WeightGroups } from './weight-groups.ts';

export type { AdFilter } from '../ad-filter.ts';

export interface CatalogPage {
  /** Ads as adToJson made them, by `endAt`, then by `id`. */
  readonly items: readonly string[];
  /** The exact number of matches. */
  readonly total: number;
}

export interface CatalogOptions {
  /** Rows per block of the sorted orders, 2 or more; see sorted-rows.ts. */
  readonly blockRowsMax?: number;
  /** What the totals remember, 1 or more of each; see totals-cache.ts. */
  readonly totals?: TotalsLimits;
}

/** What successive catalogs share: names, and caches that no answer depends on. */
interface Lineage {
  readonly moment: Moment;
  readonly countries: CountrySlots;
  readonly blockRowsMax: number;
  readonly spareWords: SpareWords;
}

export const pageLimitMax = 100;

/** Rows that a page of a filtered list reads at most: tens of milliseconds if each has to be parsed. */
export const listedRowsMax = 20_000;

/**
 * All live ads at one version, immutable. `apply` makes the next catalog, which shares all but the changed
 * blocks; the old one answers as before. An ad ends at its `endAt`, whether or not its removal has been
 * applied.
 */
export class Catalog {
  readonly version: number;
  /** Live ads, paused ones too. */
  readonly size: number;
  readonly #state: CatalogState;
  readonly #lineage: Lineage;
  /** Only lotteries need them: made for the first one, then carried along by `apply`. */
  #groups: WeightGroups | undefined;

  private constructor(version: number, state: CatalogState, size: number, lineage: Lineage) {
    this.version = version;
    this.size = size;
    this.#state = state;
    this.#lineage = lineage;
  }

  static empty(options: CatalogOptions = {}): Catalog {
    return Catalog.from([], 0, options);
  }

  /** `ads` in any order, no id twice. */
  static from(ads: readonly Ad[], version: number, options: CatalogOptions = {}): Catalog {
    const countries = new CountrySlots();
    const rows = ads.map((ad) => CatalogRow.of(ad, countries));
    return Catalog.fromRows({ rows, countries }, version, options);
  }

  /**
   * The same from rows, whose countries get further slots from now on. Builds every index, so that the first
   * query finds them.
   */
  static fromRows(
    { rows: given, countries }: Pick<CatalogRows, 'rows' | 'countries'>,
    version: number,
    options: CatalogOptions = {},
  ): Catalog {
    const { blockRowsMax = blockRowsDefault, totals } = options;
    assert(blockRowsMax >= 2, 'blockRowsMax under 2');
    const rows = isById(given) ? given : sortById(given);
    const shown = rows.some(({ paused }) => paused) ? rows.filter(({ paused }) => !paused) : rows;
    const state: CatalogState = {
      byId: SortedRows.from('id', keyRows('id', rows), blockRowsMax),
      byStart: SortedRows.from('start', keyed(orderByInstant(shown, startOf)), blockRowsMax),
      byEnd: SortedRows.from('end', keyed(orderByInstant(shown, endOf)), blockRowsMax),
      mark: Symbol(),
      steps: [],
    };
    for (const block of state.byEnd.blocks) block.indexed(countries);
    const lineage = {
      moment: new Moment(state, countries, totals),
      countries,
      blockRowsMax,
      spareWords: { words: undefined },
    };
    return new Catalog(version, state, rows.length, lineage);
  }

  /** The sum of adBytes over the live ads; reads every ad. */
  get bytes(): number {
    let bytes = 0;
    for (const ad of this.ads()) bytes += adBytes(ad);
    return bytes;
  }

  /** All live ads, by id. Most of them are parsed by this call. */
  *ads(): Generator<Ad, undefined> {
    for (const { rows } of this.#state.byId.blocks) for (const { ad } of rows) yield ad;
  }

  /** How many ads are left after each condition. Reads every row; the last number is the total of a page. */
  explain(filter: AdFilter, atMs: number): readonly ConditionLeft[] {
    const { countries } = this.#lineage;
    const rows = this.#state.byId.blocks.flatMap((block) => block.rows);
    return explain(rows, atMs, (row) => (row.paused ? 'paused' : row.refusingTarget(filter, countries)));
  }

  /** How often the totals of this lineage came from the cache, and how often they were counted. */
  get totalsFacts(): { readonly hits: number; readonly counted: number } {
    return this.#lineage.moment.totals.facts;
  }

  get(id: string): Ad | undefined {
    return this.#state.byId.find(id)?.ad;
  }

  /**
   * The catalog after `changes`, which must continue this version without a gap; a removal must name a live
   * ad. Otherwise throws an AssertionError. This catalog does not change.
   */
  apply(changes: readonly AdChange[]): Catalog {
    if (changes.length === 0) return this;
    const rows = this.#netEffect(changes);
    const shown = rows.filter(({ row }) => !row.paused);
    const shownByEnd = orderByInstant(shown, ({ row }) => endOf(row)).rows;
    const { byId, byStart, byEnd, mark, steps } = this.#state;
    const state: CatalogState = {
      byId: byId.change(rows),
      byStart: byStart.change(orderByInstant(shown, ({ row }) => startOf(row)).rows),
      byEnd: byEnd.change(shownByEnd),
      mark: Symbol(),
      steps: appendStep(steps, { before: mark, changes: shown }),
    };
    let { size } = this;
    for (const { removed } of rows) size += removed ? -1 : 1;
    const next = new Catalog(this.version + changes.length, state, size, this.#lineage);
    next.#groups = this.#groups?.change(shownByEnd);
    return next;
  }

  /** The active ads (not paused, and `startAt` <= `atMs` < `endAt`) that admit the filter. */
  query(
    filter: AdFilter,
    atMs: number,
    page: { readonly offset: number; readonly limit: number },
  ): CatalogPage {
    const { offset, limit } = page;
    assert(Number.isSafeInteger(offset) && offset >= 0, 'offset out of range');
    assert(Number.isInteger(limit) && limit >= 0 && limit <= pageLimitMax, 'limit out of range');
    const { moment, countries } = this.#lineage;
    const { blocks } = this.#state.byEnd;
    const shape = shapeOf(filter, countries);
    moment.moveTo(this.#state, atMs);
    const scan: Scan = { blocks, from: moment.firstNotEnded, atMs, shape, countries };
    // Testing one row against the filter costs about a quarter of reading one block.
    let total = moment.totals.find(shape.key, filter, 4 * blocks.length);
    if (total === undefined) {
      total = countMatches(scan);
      moment.totals.store(shape.key, total);
    }
    const wanted = Math.min(limit, total - offset);
    return { items: wanted > 0 ? readPage(scan, offset, wanted) : [], total };
  }

  /**
   * The rows that would be shown if none were paused: those that have started, have not ended and admit the filter.
   * Reads every row.
   */
  matching(filter: AdFilter, atMs: number): readonly CatalogRow[] {
    const { countries } = this.#lineage;
    return this.#state.byId.blocks.flatMap(({ rows }) =>
      rows.filter((row) => row.isActive(atMs) && row.refusingTarget(filter, countries) === undefined),
    );
  }

  /** Makes what the first lottery would make: the groups of all ads, and their bitmaps. */
  prepareTickets(): void {
    const { countries } = this.#lineage;
    for (const { byEnd } of this.#weightGroups().groups)
      for (const block of byEnd.blocks) block.indexed(countries);
  }

  /** A lottery of the ads that `query` finds, before its first priority. */
  tickets(filter: AdFilter, atMs: number): Tickets {
    const { countries, spareWords } = this.#lineage;
    const { groups } = this.#weightGroups();
    return new Tickets({ groups, shape: shapeOf(filter, countries), countries, atMs }, spareWords);
  }

  /**
   * Live ads that have not ended at `atMs`, scheduled ones too, as JSON, by id from the first after
   * `afterId`. Ended ads that are not removed yet are skipped one by one.
   */
  listById(afterId: string | undefined, limit: number, atMs: number): readonly string[] {
    const { byId } = this.#state;
    let position = byId.search(0, afterId ?? '');
    if (byId.at(position)?.id === afterId) position = { block: position.block, row: position.row + 1 };
    const items: string[] = [];
    byId.takeWhile(
      position,
      (row) => {
        if (items.length < limit && atMs < row.endAt) items.push(row.json);
        return items.length < limit;
      },
      Infinity,
    );
    return items;
  }

  /**
   * The same for the ads of a filter. It reads up to `listedRowsMax` rows; `nextAfterId` is the last one read, unless
   * it was the last of all.
   */
  listMatching(
    filter: ListFilter,
    { afterId, limit }: { readonly afterId: string | undefined; readonly limit: number },
    atMs: number,
  ): { readonly items: readonly string[]; readonly nextAfterId: string | undefined } {
    const { byId } = this.#state;
    const { countries } = this.#lineage;
    let position = byId.search(0, afterId ?? '');
    if (byId.at(position)?.id === afterId) position = { block: position.block, row: position.row + 1 };
    const items: string[] = [];
    const read = byId.takeWhile(
      position,
      (row) => {
        if (items.length === limit) return false;
        if (atMs < row.endAt && row.isListed(filter, atMs, countries)) items.push(row.json);
        return true;
      },
      listedRowsMax,
    );
    const last = read.at(-1)?.id;
    const lastOfAll = byId.blocks.at(-1)?.rows.at(-1)?.id;
    return { items, nextAfterId: last === lastOfAll ? undefined : last };
  }

  /** The last instant at or before `atMs` at which an ad that is not paused starts or ends; 0: none. */
  lastInstant(atMs: number): number {
    return lastInstant(this.#state, atMs) ?? 0;
  }

  /** The first instant after `atMs` at which one of those starts or ends. */
  nextInstant(atMs: number): number | undefined {
    return nextInstant(this.#state, atMs);
  }

  #weightGroups(): WeightGroups {
    return (this.#groups ??= WeightGroups.from(this.#state.byEnd, this.#lineage.blockRowsMax));
  }

  /** The removed and inserted rows, by id; a row is removed before the next version of its ad is inserted. */
  #netEffect(changes: readonly AdChange[]): RowChange[] {
    const net = new Map<string, { readonly wasLive: boolean | undefined; ad: Ad | undefined }>();
    let version = this.version;
    for (const change of changes) {
      assert(change.version === ++version, 'changes do not join');
      const id = change.type === 'put' ? change.ad.id : change.adId;
      const ad = change.type === 'put' ? change.ad : undefined;
      const earlier = net.get(id);
      assert(ad !== undefined || earlier === undefined || earlier.ad !== undefined, 'an ad is removed twice');
      if (earlier === undefined) net.set(id, { wasLive: ad === undefined ? true : undefined, ad });
      else earlier.ad = ad;
    }
    const rows: RowChange[] = [];
    for (const id of [...net.keys()].sort()) {
      const { wasLive, ad } = net.get(id) ?? { wasLive: undefined, ad: undefined };
      const before = this.#state.byId.find(id);
      assert(before !== undefined || wasLive === undefined, 'a removed ad is not there');
      if (before !== undefined) rows.push({ row: before, removed: true });
      if (ad !== undefined) rows.push({ row: CatalogRow.of(ad, this.#lineage.countries), removed: false });
    }
    return rows;
  }
}

function sortById(rows: readonly CatalogRow[]): readonly CatalogRow[] {
  const sorted = rows.toSorted(compareIds);
  assert(isById(sorted), 'an id is there twice');
  return sorted;
}

/** Whether each id is greater than the one before. */
function isById(rows: readonly CatalogRow[]): boolean {
  for (let i = 1; i < rows.length; i++) {
    if ((rows[i - 1] as CatalogRow).id >= (rows[i] as CatalogRow).id) return false;
  }
  return true;
}

/** A stable sort makes the orders by instant from this one, so that equal instants stay sorted by id. */
function compareIds(a: CatalogRow, b: CatalogRow): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function startOf(row: CatalogRow): number {
  return row.startAt;
}

function endOf(row: CatalogRow): number {
  return row.endAt;
}

function keyed({ rows, instants }: ByInstant<CatalogRow>): KeyedRows {
  return { rows, keys: instants };
}
