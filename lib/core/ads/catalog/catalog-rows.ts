import { AdRowScanner, idAt, idBytes } from './ad-row-scanner.ts';
import { parseAdRow } from '../ad-row.ts';
import { CatalogRow, moreCountriesBit } from './catalog-row.ts';
import { CountrySlots } from './country-slots.ts';
import type { SnapshotRows } from '../snapshot/snapshot-codec.ts';

const lineEnd = 0x0a;
const decoder = new TextDecoder();

/**
 * The rows of a snapshot, read as far as an index needs; their bytes are kept for the rest. Makes one
 * catalog.
 */
export class CatalogRows implements SnapshotRows {
  readonly rows: CatalogRow[] = [];
  /** With a slot for each country that a row names. */
  readonly countries = new CountrySlots();
  readonly #scanner = new AdRowScanner(this.countries);

  get size(): number {
    return this.rows.length;
  }

  add(lines: Uint8Array): boolean {
    const starts = lineStarts(lines);
    if (starts === undefined) return false;
    const ids = readIds(lines, starts);
    for (let i = 0; i < starts.length; i++) {
      const start = starts[i] as number;
      const end = (starts[i + 1] ?? lines.length) - 1;
      const row = this.#scannedRow(lines, start, end, ids, i) ?? this.#parsedRow(lines.subarray(start, end));
      if (row === undefined) return false;
      this.rows.push(row);
    }
    return true;
  }

  /** undefined if it names a country without a bit of its own, because its list is read often. */
  #scannedRow(
    lines: Uint8Array,
    start: number,
    end: number,
    ids: string,
    position: number,
  ): CatalogRow | undefined {
    const scanner = this.#scanner;
    if (!scanner.scan(lines, start, end) || (scanner.countryBits & moreCountriesBit) !== 0) return undefined;
    const id = ids.slice(position * idBytes, (position + 1) * idBytes);
    return CatalogRow.ofLine(lines, start, id, scanner);
  }

  #parsedRow(line: Uint8Array): CatalogRow | undefined {
    const ad = parseAdRow(decoder.decode(line));
    return ad === undefined ? undefined : CatalogRow.of(ad, this.countries);
  }
}

/** undefined: the last line has no line end. */
function lineStarts(lines: Uint8Array): number[] | undefined {
  const starts: number[] = [];
  for (let start = 0; start < lines.length;) {
    starts.push(start);
    start = lines.indexOf(lineEnd, start) + 1;
    if (start === 0) return undefined;
  }
  return starts;
}

/**
 * The ids as one text, one after the other. One text that is cut is five times as fast as decoding each id.
 */
function readIds(lines: Uint8Array, starts: readonly number[]): string {
  const ids = new Uint8Array(starts.length * idBytes);
  let at = 0;
  for (const start of starts) {
    for (let i = start + idAt; i < start + idAt + idBytes; i++) ids[at++] = lines[i] ?? 0;
  }
  // windows-1252 decodes each byte to one character. For ASCII, and scanned ids are ASCII, it is the right
  // one.
  return latin.decode(ids);
}

const latin = new TextDecoder('latin1');
