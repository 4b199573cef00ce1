import { ageMax, ageMin, genders, platforms } from './ad.ts';
import type { CatalogRow } from './catalog-row.ts';
import type { CountrySlots } from './country-slots.ts';
import { anyCountryRow, countryRow, everyRow, genderRow, platformRow, startedRow } from './filter-shape.ts';

/**
 * One bitmap per attribute value over the rows of a block: bit `i & 31` of word `i >>> 5` stands for row i. The
 * bitmaps lie one behind the other in `bits`, `words` words each, numbered as filter-shape.ts says.
 */
export class BitmapIndex {
  readonly words: number;
  readonly bits: Int32Array;
  /** How many bitmaps there are: countries that appeared later have none here. */
  readonly bitmaps: number;
  readonly #starts: Float64Array;
  /** The bitmap of started rows holds for instants from..until. */
  #startedFromMs = Infinity;
  #startedUntilMs = -Infinity;

  /** `countries` has a slot for every country of the rows. */
  constructor(rows: readonly CatalogRow[], countries: CountrySlots) {
    this.words = (rows.length + 31) >>> 5;
    this.bitmaps = countryRow + countries.count;
    this.bits = new Int32Array(this.bitmaps * this.words);
    this.#starts = new Float64Array(rows.length);
    for (let i = 0; i < rows.length; i++) this.#add(rows[i] as CatalogRow, i, countries);
    this.#spreadAges();
    this.#spreadAnyCountry();
  }

  /** Makes the bitmap of started rows right for this instant, whichever way the clock went. */
  activate(atMs: number): void {
    if (this.#startedFromMs <= atMs && atMs < this.#startedUntilMs) return;
    let from = -Infinity;
    let until = Infinity;
    const first = startedRow * this.words;
    this.bits.fill(0, first, first + this.words);
    for (let i = 0; i < this.#starts.length; i++) {
      const start = this.#starts[i] as number;
      if (start <= atMs) {
        this.#set(startedRow, i);
        if (start > from) from = start;
      } else if (start < until) until = start;
    }
    this.#startedFromMs = from;
    this.#startedUntilMs = until;
  }

  #set(bitmap: number, row: number): void {
    const word = bitmap * this.words + (row >>> 5);
    this.bits[word] = (this.bits[word] as number) | (1 << (row & 31));
  }

  #add({ ad }: CatalogRow, row: number, countries: CountrySlots): void {
    this.#starts[row] = ad.startAt;
    this.#set(everyRow, row);
    // Ages hold differences for now: a row's bit in the bitmap of its first age and in the one after its last.
    this.#flip(ad.ageStart ?? ageMin, row);
    if ((ad.ageEnd ?? ageMax) < ageMax) this.#flip((ad.ageEnd ?? ageMax) + 1, row);
    for (let i = 0; i < genders.length; i++) {
      if (ad.gender.length === 0 || ad.gender.includes(genders[i] as never)) this.#set(genderRow + i, row);
    }
    for (let i = 0; i < platforms.length; i++) {
      if (ad.platform.length === 0 || ad.platform.includes(platforms[i] as never))
        this.#set(platformRow + i, row);
    }
    if (ad.country.length === 0) this.#set(anyCountryRow, row);
    for (const code of ad.country) this.#set(countryRow + countries.find(code), row);
  }

  #flip(age: number, row: number): void {
    const word = age * this.words + (row >>> 5);
    this.bits[word] = (this.bits[word] as number) ^ (1 << (row & 31));
  }

  /** Sums the differences, 32 rows a step: a wide ad costs no more than a narrow one. */
  #spreadAges(): void {
    const { bits, words } = this;
    for (let word = (ageMin + 1) * words; word < (ageMax + 1) * words; word++) {
      bits[word] = (bits[word] as number) ^ (bits[word - words] as number);
    }
  }

  #spreadAnyCountry(): void {
    const { bits, words, bitmaps } = this;
    for (let bitmap = countryRow; bitmap < bitmaps; bitmap++) {
      for (let word = 0; word < words; word++) {
        const place = bitmap * words + word;
        bits[place] = (bits[place] as number) | (bits[anyCountryRow * words + word] as number);
      }
    }
  }
}
