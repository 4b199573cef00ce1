import type { AdFilter } from '../ad-filter.ts';
import type { CatalogRow } from './catalog-row.ts';
import type { CountrySlots } from './country-slots.ts';

export interface TotalsLimits {
  /** Shapes per generation; two generations are kept. */
  readonly shapesMax: number;
  /**
   * How many activations and deactivations of rows are remembered, so that a total can follow them instead of
   * being counted again.
   */
  readonly journalMax: number;
}

/** 2^16 totals in all. */
export const totalsLimitsDefault: TotalsLimits = { shapesMax: 32_768, journalMax: 4096 };

interface CachedTotal {
  total: number;
  /** The journal's length when the total was right. */
  asOf: number;
}

/**
 * Exact totals by filter shape. A look-up brings a total up to the current moment: the journal lists the rows
 * that became active or inactive since, by a change or by the clock, forwards or backwards.
 */
export class TotalsCache {
  #young = new Map<number, CachedTotal>();
  #old = new Map<number, CachedTotal>();
  readonly #rows: CatalogRow[] = [];
  readonly #signs: Int8Array;
  #length = 0;
  #hits = 0;
  #counted = 0;
  readonly #countries: CountrySlots;
  readonly #shapesMax: number;
  readonly #journalMax: number;

  /** `countries`: those of every row. */
  constructor(countries: CountrySlots, { shapesMax, journalMax } = totalsLimitsDefault) {
    this.#countries = countries;
    this.#shapesMax = shapesMax;
    this.#journalMax = journalMax;
    this.#signs = new Int8Array(journalMax);
  }

  /** The most rows that can be noted between two look-ups of a total without it being counted again. */
  get journalMax(): number {
    return this.#journalMax;
  }

  /** Look-ups answered from the cache, and those that had to count. */
  get facts(): { readonly hits: number; readonly counted: number } {
    return { hits: this.#hits, counted: this.#counted };
  }

  /** A row became active (1) or inactive (-1). */
  note(row: CatalogRow, sign: 1 | -1): void {
    const position = this.#length % this.#journalMax;
    this.#rows[position] = row;
    this.#signs[position] = sign;
    this.#length++;
  }

  /** The changes since are not known, so all totals are dropped. */
  forget(): void {
    this.#length += this.#journalMax + 1;
  }

  /**
   * undefined: count, then `store`. Does not follow more than `followMax` rows, because counting is cheaper
   * then.
   */
  find(key: number, filter: AdFilter, followMax: number): number | undefined {
    const cached = this.#young.get(key) ?? this.#promote(key);
    if (cached !== undefined) {
      const behind = this.#length - cached.asOf;
      if (behind === 0 || (behind <= followMax && behind <= this.#journalMax)) {
        this.#hits++;
        return behind === 0 ? cached.total : this.#follow(cached, filter);
      }
    }
    this.#counted++;
    return undefined;
  }

  store(key: number, total: number): void {
    this.#put(key, { total, asOf: this.#length });
  }

  #follow(cached: CachedTotal, filter: AdFilter): number {
    for (let i = cached.asOf; i < this.#length; i++) {
      const position = i % this.#journalMax;
      const row = this.#rows[position] as CatalogRow;
      if (row.refusingTarget(filter, this.#countries) === undefined)
        cached.total += this.#signs[position] as number;
    }
    cached.asOf = this.#length;
    return cached.total;
  }

  #promote(key: number): CachedTotal | undefined {
    const cached = this.#old.get(key);
    if (cached !== undefined) this.#put(key, cached);
    return cached;
  }

  #put(key: number, cached: CachedTotal): void {
    if (this.#young.size >= this.#shapesMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, cached);
  }
}
