import { assert } from '../assert.ts';
import type { AdChange } from './ad-change.ts';
import type { AdFilter } from './ad-filter.ts';
import type { Ad } from './ad.ts';
import { countMatches, prepareBlocks, readPage, type Scan } from './bitmap-scan.ts';
import { CatalogRow } from './catalog-row.ts';
import { appendStep, type CatalogState } from './catalog-state.ts';
import { CountrySlots } from './country-slots.ts';
import { shapeOf } from './filter-shape.ts';
import { lastInstant, Moment, nextInstant } from './moment.ts';
import { orderByInstant } from './order-by-instant.ts';
import { blockRowsDefault, SortedRows } from './sorted-rows.ts';

export type { AdFilter } from './ad-filter.ts';

export interface CatalogPage {
  /** Ads as adToJson made them, by `endAt`, then by `id`. */
  readonly items: readonly string[];
  /** The exact number of matches. */
  readonly total: number;
}

export interface CatalogOptions {
  /** Rows per block of the sorted orders, 2 or more; see sorted-rows.ts. */
  readonly blockRowsMax?: number;
}

/** What successive catalogs share: caches, which no answer depends on, and names. */
interface Lineage {
  readonly moment: Moment;
  readonly countries: CountrySlots;
}

interface Size {
  readonly size: number;
  readonly bytes: number;
}

export const pageLimitMax = 100;

/**
 * All live ads at one version, immutable: `apply` makes the next one, sharing all but the blocks that changed, and the
 * old one goes on answering as before. An ad ends at its end, whether or not its removal has been applied.
 */
export class Catalog {
  readonly version: number;
  /** Live ads. */
  readonly size: number;
  /** The sum of adBytes over the live ads. */
  readonly bytes: number;
  readonly #state: CatalogState;
  readonly #lineage: Lineage;

  private constructor(version: number, state: CatalogState, { size, bytes }: Size, lineage: Lineage) {
    this.version = version;
    this.size = size;
    this.bytes = bytes;
    this.#state = state;
    this.#lineage = lineage;
  }

  static empty(options: CatalogOptions = {}): Catalog {
    return Catalog.from([], 0, options);
  }

  /** `ads` in any order, no id twice. Builds every index, so that the first query finds them. */
  static from(ads: readonly Ad[], version: number, options: CatalogOptions = {}): Catalog {
    const { blockRowsMax = blockRowsDefault } = options;
    assert(blockRowsMax >= 2, 'blockRowsMax under 2');
    const countries = new CountrySlots();
    const rows = sortById(ads.map((ad) => newRow(ad, countries)));
    rows.forEach((row, i) => {
      assert(i === 0 || rows[i - 1]?.ad.id !== row.ad.id, 'an id is there twice');
    });
    const state: CatalogState = {
      byId: SortedRows.from('id', rows, blockRowsMax),
      byStart: SortedRows.from('start', sortByStart(rows), blockRowsMax),
      byEnd: SortedRows.from('end', sortByEnd(rows), blockRowsMax),
      mark: Symbol(),
      steps: [],
    };
    prepareBlocks(state.byEnd.blocks, countries);
    const lineage = { moment: new Moment(state), countries };
    return new Catalog(version, state, { size: rows.length, bytes: sumBytes(rows) }, lineage);
  }

  /** How the totals of this catalog and its kin were found. */
  get totalsFacts(): { readonly hits: number; readonly counted: number } {
    return this.#lineage.moment.totals.facts;
  }

  get(id: string): Ad | undefined {
    return this.#row(id)?.ad;
  }

  /**
   * The catalog after `changes`, which continue this version without a gap; a removal names a live ad. Throws an
   * AssertionError otherwise, and this catalog is as it was.
   */
  apply(changes: readonly AdChange[]): Catalog {
    if (changes.length === 0) return this;
    const removed: CatalogRow[] = [];
    const added: CatalogRow[] = [];
    for (const [id, after] of this.#netEffect(changes)) {
      const before = this.#row(id);
      if (before !== undefined) removed.push(before);
      if (after !== undefined) added.push(after);
    }
    const { byId, byStart, byEnd, mark, steps } = this.#state;
    const removedById = sortById(removed);
    const addedById = sortById(added);
    const state: CatalogState = {
      byId: byId.change(removedById, addedById),
      byStart: byStart.change(sortByStart(removedById), sortByStart(addedById)),
      byEnd: byEnd.change(sortByEnd(removedById), sortByEnd(addedById)),
      mark: Symbol(),
      steps: appendStep(steps, { before: mark, removed, added }),
    };
    const size = this.size + added.length - removed.length;
    const bytes = this.bytes + sumBytes(added) - sumBytes(removed);
    return new Catalog(this.version + changes.length, state, { size, bytes }, this.#lineage);
  }

  /** The active ads (`startAt` <= `atMs` < `endAt`) that admit the filter. */
  query(
    filter: AdFilter,
    atMs: number,
    page: { readonly offset: number; readonly limit: number },
  ): CatalogPage {
    const { offset, limit } = page;
    assert(Number.isSafeInteger(offset) && offset >= 0, 'offset is no count');
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
   * Live ads that have not ended at `atMs`, scheduled ones too, as JSON, by id from the first behind `afterId`. Ended
   * ads that wait for their removal are passed over one by one.
   */
  listById(afterId: string | undefined, limit: number, atMs: number): readonly string[] {
    const { byId } = this.#state;
    let place = byId.search(0, afterId ?? '');
    if (byId.at(place)?.ad.id === afterId) place = { block: place.block, row: place.row + 1 };
    const items: string[] = [];
    byId.takeWhile(
      place,
      (row) => {
        if (items.length < limit && atMs < row.ad.endAt) items.push(row.json);
        return items.length < limit;
      },
      Infinity,
    );
    return items;
  }

  /** The last instant at or before `atMs` at which a live ad starts or ends; 0: none. */
  lastInstant(atMs: number): number {
    return lastInstant(this.#state, atMs) ?? 0;
  }

  /** The first instant behind `atMs` at which a live ad starts or ends. */
  nextInstant(atMs: number): number | undefined {
    return nextInstant(this.#state, atMs);
  }

  #row(id: string): CatalogRow | undefined {
    const { byId } = this.#state;
    const row = byId.at(byId.search(0, id));
    return row?.ad.id === id ? row : undefined;
  }

  /** What each id that the changes name stands for after the last of them; undefined: nothing. */
  #netEffect(changes: readonly AdChange[]): Map<string, CatalogRow | undefined> {
    const after = new Map<string, CatalogRow | undefined>();
    let version = this.version;
    for (const change of changes) {
      assert(change.version === ++version, 'changes do not join');
      if (change.type === 'put') {
        after.set(change.ad.id, newRow(change.ad, this.#lineage.countries));
        continue;
      }
      const { adId } = change;
      const live = after.has(adId) ? after.get(adId) !== undefined : this.#row(adId) !== undefined;
      assert(live, 'a removed ad is not there');
      after.set(adId, undefined);
    }
    return after;
  }
}

/** Numbers the ad's countries at once: a question about one is asked before the row's block has an index. */
function newRow(ad: Ad, countries: CountrySlots): CatalogRow {
  countries.assign(ad.country);
  return new CatalogRow(ad);
}

function sortById(rows: readonly CatalogRow[]): CatalogRow[] {
  return rows.toSorted((a, b) => (a.ad.id < b.ad.id ? -1 : a.ad.id > b.ad.id ? 1 : 0));
}

/** Both take rows by id, and rows of one instant stay so. */
function sortByStart(rows: readonly CatalogRow[]): CatalogRow[] {
  return orderByInstant(rows, (row) => row.ad.startAt);
}

function sortByEnd(rows: readonly CatalogRow[]): CatalogRow[] {
  return orderByInstant(rows, (row) => row.ad.endAt);
}

function sumBytes(rows: readonly CatalogRow[]): number {
  let bytes = 0;
  for (const row of rows) bytes += row.bytes;
  return bytes;
}
