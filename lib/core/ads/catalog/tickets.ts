import { assert } from '../../assert.ts';
import { bitCount, indexAt, markMatches } from './bitmap-scan.ts';
import { wordRows } from './bitmap-index.ts';
import type { CatalogRow } from './catalog-row.ts';
import type { CountrySlots } from './country-slots.ts';
import type { FilterShape } from './filter-shape.ts';
import type { RowBlock } from './row-block.ts';
import type { WeightGroup } from './weight-groups.ts';

/** What the tickets are for: the groups of a catalog, and the rows of them that match. */
interface Matching {
  readonly groups: readonly WeightGroup[];
  readonly shape: FilterShape;
  readonly countries: CountrySlots;
  readonly atMs: number;
}

/** Words that one lottery after the other may use, because room for 100,000 rows costs more than a draw. */
export interface SpareWords {
  words: Int32Array | undefined;
}

/** One block of a group, whose rows have `weight` tickets each. */
interface Segment {
  readonly block: RowBlock;
  readonly weight: number;
  /** Word `firstWord + w` of the matches has the bits of rows 32 w .. 32 w + 31 of the block. */
  readonly firstWord: number;
  readonly endWord: number;
  /** The first word that may have a bit: those before hold only ended rows and are not written. */
  readonly fromWord: number;
  /** Rows that match and are not taken. */
  rows: number;
}

/**
 * A lottery of the rows that match: each has as many tickets as its weight. It is held for one priority after
 * the other, from 1 on. It counts bits and never lists the rows, so a draw costs about the same whether ten rows
 * match or a thousand. It has a copy of the matches: changes of the catalog and other lotteries do not reach it.
 */
export class Tickets {
  /** Tickets of the rows of this priority that match and are not taken. */
  left = 0;
  readonly #matching: Matching;
  #nextGroup = 0;
  #segments: Segment[] = [];
  readonly #spare: SpareWords;
  #words: Int32Array;
  /** Set aside: segments and the words that they had. */
  #aside: { readonly segment: Segment; readonly w: number; readonly bits: number }[] = [];

  constructor(matching: Matching, spare: SpareWords) {
    this.#matching = matching;
    this.#spare = spare;
    this.#words = spare.words ?? new Int32Array(wordsAtFirst);
    spare.words = undefined;
  }

  /** Ends the lottery; the next one uses its words. */
  close(): void {
    this.left = 0;
    this.#spare.words = this.#words;
  }

  /** Goes on to the next priority that has rows, whether or not they match; false: there is none. */
  nextPriority(): boolean {
    const { groups } = this.#matching;
    const priority = groups[this.#nextGroup]?.priority;
    this.left = 0;
    this.#segments = [];
    this.#aside = [];
    let end = 0;
    for (; this.#nextGroup < groups.length; this.#nextGroup++) {
      const group = groups[this.#nextGroup] as WeightGroup;
      if (group.priority !== priority) break;
      end = this.#addGroup(group, end);
    }
    return priority !== undefined;
  }

  /** Takes the row with ticket 0 .. `left` - 1 out, with all its tickets. Equal lotteries number them equally. */
  take(ticket: number): CatalogRow {
    assert(ticket >= 0 && ticket < this.left, 'there is no such ticket');
    let s = 0;
    let segment = this.#segments[0] as Segment;
    for (let own = segment.rows * segment.weight; ticket >= own; own = segment.rows * segment.weight) {
      ticket -= own;
      segment = this.#segments[++s] as Segment;
    }
    return this.#takeRow(segment, Math.floor(ticket / segment.weight));
  }

  /** Takes out every row for which this is true. Reads each row that is left. */
  takeWhere(isTaken: (row: CatalogRow) => boolean): void {
    const words = this.#words;
    for (const segment of this.#segments) {
      for (let w = segment.fromWord; w < segment.endWord; w++) {
        for (let rest = words[w] as number; rest !== 0; rest &= rest - 1) {
          if (isTaken(rowAt(segment, w, rest & -rest))) this.#clear(segment, w, rest & -rest);
        }
      }
    }
  }

  /** Takes out every row for which this is true until `bringBack`. Reads each row that is left. */
  setAside(isAside: (row: CatalogRow) => boolean): void {
    const words = this.#words;
    for (const segment of this.#segments) {
      for (let w = segment.fromWord; w < segment.endWord; w++) {
        let bits = 0;
        for (let rest = words[w] as number; rest !== 0; rest &= rest - 1) {
          const bit = rest & -rest;
          if (!isAside(rowAt(segment, w, bit))) continue;
          bits |= bit;
          this.#clear(segment, w, bit);
        }
        if (bits !== 0) this.#aside.push({ segment, w, bits });
      }
    }
  }

  /** Puts back what was set aside; false: nothing was. */
  bringBack(): boolean {
    const aside = this.#aside;
    this.#aside = [];
    for (const { segment, w, bits } of aside) {
      const rows = bitCount(bits);
      this.#words[w] = (this.#words[w] as number) | bits;
      segment.rows += rows;
      this.left += rows * segment.weight;
    }
    return aside.length > 0;
  }

  /** Returns the end of the words that are used. */
  #addGroup(group: WeightGroup, end: number): number {
    const { shape, countries, atMs } = this.#matching;
    const { blocks } = group.byEnd;
    const from = group.firstNotEnded(atMs);
    for (let b = from.block; b < blocks.length; b++) {
      const block = blocks[b] as RowBlock;
      const index = indexAt(block, countries, atMs);
      const firstRow = b === from.block ? from.row : 0;
      this.#makeRoom(end + index.words);
      const rows = markMatches(index, shape, firstRow, this.#words, end);
      if (rows === 0) continue;
      const endWord = end + index.words;
      const fromWord = end + Math.floor(firstRow / wordRows);
      this.#segments.push({ block, weight: group.weight, firstWord: end, fromWord, endWord, rows });
      this.left += rows * group.weight;
      end = endWord;
    }
    return end;
  }

  #makeRoom(words: number): void {
    if (words <= this.#words.length) return;
    const old = this.#words;
    this.#words = new Int32Array(2 * words);
    this.#words.set(old);
  }

  /** Match number `nth` of a segment. */
  #takeRow(segment: Segment, nth: number): CatalogRow {
    let w = segment.fromWord;
    let word = this.#words[w] as number;
    for (let count = bitCount(word); nth >= count; count = bitCount(word)) {
      nth -= count;
      word = this.#words[++w] as number;
    }
    for (; nth > 0; nth--) word &= word - 1;
    const bit = word & -word;
    this.#clear(segment, w, bit);
    return rowAt(segment, w, bit);
  }

  #clear(segment: Segment, w: number, bit: number): void {
    this.#words[w] = (this.#words[w] as number) & ~bit;
    segment.rows--;
    this.left -= segment.weight;
  }
}

/** Room for 2,048 rows. */
const wordsAtFirst = 64;

function rowAt({ block, firstWord }: Segment, w: number, bit: number): CatalogRow {
  return block.rows[(w - firstWord) * wordRows + 31 - Math.clz32(bit)] as CatalogRow;
}
