import type { CatalogRow } from './catalog-row.ts';

/** One edit of a list of rows: `row` comes in at `place`, or, if undefined, the row there goes. */
export interface RowEdit {
  readonly place: number;
  readonly row: CatalogRow | undefined;
}

/** Beyond this many edits reading all rows of a block again is cheaper. */
export const rowEditsMax = 16;

interface Bitmaps {
  readonly words: number;
  readonly bits: Int32Array;
}

/**
 * A copy of the bitmaps, and of the starts of the rows, with the edits made one after another. `setRow` sets the bits of
 * a row that came in. The copy has room for every row that comes in, so it may end with an unused word.
 */
export function editBits(
  old: Bitmaps,
  oldStarts: Float64Array,
  edits: readonly RowEdit[],
  setRow: (bits: Int32Array, words: number, place: number, row: CatalogRow) => void,
): Bitmaps & { readonly starts: Float64Array } {
  const rowsMax = oldStarts.length + edits.length;
  const words = Math.max(old.words, (rowsMax + 31) >>> 5);
  const bits = copyBits(old, words);
  const starts = new Float64Array(rowsMax);
  starts.set(oldStarts);
  let rows = oldStarts.length;
  for (const { place, row } of edits) {
    if (row === undefined) {
      for (let end = words; end <= bits.length; end += words) closeGap(bits, end - words, end, place);
      starts.copyWithin(place, place + 1, rows--);
    } else {
      for (let end = words; end <= bits.length; end += words) openGap(bits, end - words, end, place);
      starts.copyWithin(place + 1, place, rows++);
      starts[place] = row.ad.startAt;
      setRow(bits, words, place, row);
    }
  }
  return { words, bits, starts: starts.slice(0, rows) };
}

function copyBits(old: Bitmaps, words: number): Int32Array {
  if (old.words === words) return old.bits.slice();
  const bitmaps = old.bits.length / old.words;
  const bits = new Int32Array(bitmaps * words);
  for (let bitmap = 0; bitmap < bitmaps; bitmap++) {
    bits.set(old.bits.subarray(bitmap * old.words, (bitmap + 1) * old.words), bitmap * words);
  }
  return bits;
}

/** Takes bit `place` out of the bitmap in the words first..end - 1; all behind it move down by one. */
function closeGap(bits: Int32Array, first: number, end: number, place: number): void {
  let word = first + (place >>> 5);
  const below = (1 << (place & 31)) - 1;
  const own = bits[word] as number;
  let moved = (own & below) | ((own >>> 1) & ~below);
  for (; word + 1 < end; word++) {
    const next = bits[word + 1] as number;
    bits[word] = moved | (next << 31);
    moved = next >>> 1;
  }
  bits[word] = moved;
}

/** Puts a clear bit at `place`; all from there on move up by one. The last bit of the bitmap is clear before. */
function openGap(bits: Int32Array, first: number, end: number, place: number): void {
  let word = first + (place >>> 5);
  const below = (1 << (place & 31)) - 1;
  let own = bits[word] as number;
  bits[word] = (own & below) | ((own & ~below) << 1);
  let carry = own >>> 31;
  for (word++; word < end; word++) {
    own = bits[word] as number;
    bits[word] = (own << 1) | carry;
    carry = own >>> 31;
  }
}
