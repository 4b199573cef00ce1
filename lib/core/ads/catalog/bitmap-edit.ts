import { assert } from '../../assert.ts';
import type { CatalogRow } from './catalog-row.ts';
import { anyCountryRow } from './filter-shape.ts';
import type { KeyedRows, RowChange } from './row-order.ts';

/** One edit of a list of rows: `row` is inserted at `position`, or removed from there. */
export interface RowEdit extends RowChange {
  readonly position: number;
  /** The row's key, so that a search among edits need not read the ads. */
  readonly key: number | string;
}

/** Beyond this many edits it is cheaper to read all rows of a block again. */
export const rowEditsMax = 16;

/** A copy of the rows with the edits made one after another. */
export function editRows(old: KeyedRows, edits: readonly RowEdit[]): KeyedRows {
  const rows = old.rows.slice();
  const keys = old.keys.slice() as (number | string)[];
  for (const { position, key, row, removed } of edits) {
    if (removed) {
      assert(rows[position] === row, 'a removed row is not in its position');
      rows.splice(position, 1);
      keys.splice(position, 1);
    } else {
      rows.splice(position, 0, row);
      keys.splice(position, 0, key);
    }
  }
  return { rows, keys } as KeyedRows;
}

interface Bitmaps {
  readonly words: number;
  readonly bits: Int32Array;
  readonly bitmaps: number;
}

/**
 * A copy of the bitmaps, and of the starts of the rows, with the edits made one after another. `setRow` sets
 * the bits of an inserted row. The copy has room for every inserted row, so it may end with an unused word,
 * and for `bitmaps` bitmaps. The new ones are for countries that no old row names.
 */
export function editBits(
  old: Bitmaps,
  oldStarts: Float64Array,
  { edits, bitmaps }: { readonly edits: readonly RowEdit[]; readonly bitmaps: number },
  setRow: (bits: Int32Array, words: number, position: number, row: CatalogRow) => void,
): { readonly words: number; readonly bits: Int32Array; readonly starts: Float64Array } {
  const rowsMax = oldStarts.length + edits.length;
  const words = Math.max(old.words, (rowsMax + 31) >>> 5);
  const bits = copyBits(old, words, bitmaps);
  const starts = new Float64Array(rowsMax);
  starts.set(oldStarts);
  let rows = oldStarts.length;
  for (const { position, row, removed } of edits) {
    if (removed) {
      for (let end = words; end <= bits.length; end += words) closeGap(bits, end - words, end, position);
      starts.copyWithin(position, position + 1, rows--);
    } else {
      for (let end = words; end <= bits.length; end += words) openGap(bits, end - words, end, position);
      starts.copyWithin(position + 1, position, rows++);
      starts[position] = row.startAt;
      setRow(bits, words, position, row);
    }
  }
  return { words, bits, starts: starts.slice(0, rows) };
}

function copyBits(old: Bitmaps, words: number, bitmaps: number): Int32Array {
  if (old.words === words && old.bitmaps === bitmaps) return old.bits.slice();
  const bits = new Int32Array(bitmaps * words);
  for (let bitmap = 0; bitmap < bitmaps; bitmap++) {
    const from = (bitmap < old.bitmaps ? bitmap : anyCountryRow) * old.words;
    for (let word = 0; word < old.words; word++) {
      bits[bitmap * words + word] = old.bits[from + word] as number;
    }
  }
  return bits;
}

/** Takes bit `position` out of the bitmap in the words first..end - 1; all after it move down by one. */
function closeGap(bits: Int32Array, first: number, end: number, position: number): void {
  let word = first + (position >>> 5);
  const below = (1 << (position & 31)) - 1;
  const own = bits[word] as number;
  let moved = (own & below) | ((own >>> 1) & ~below);
  for (; word + 1 < end; word++) {
    const next = bits[word + 1] as number;
    bits[word] = moved | (next << 31);
    moved = next >>> 1;
  }
  bits[word] = moved;
}

/**
 * Puts a clear bit at `position`; all from there on move up by one. The last bit of the bitmap is clear
 * before.
 */
function openGap(bits: Int32Array, first: number, end: number, position: number): void {
  let word = first + (position >>> 5);
  const below = (1 << (position & 31)) - 1;
  let own = bits[word] as number;
  bits[word] = (own & below) | ((own & ~below) << 1);
  let carry = own >>> 31;
  for (word++; word < end; word++) {
    own = bits[word] as number;
    bits[word] = (own << 1) | carry;
    carry = own >>> 31;
  }
}
