import { assert } from '../../assert.ts';

const letters = 26;
const upperA = 65;

/** ISO 3166-1 alpha-2 cannot have more. */
export const countriesMax = letters * letters;

/**
 * A small number for each country code, in the order of first appearance. The set only grows, so the catalogs
 * of one lineage share it; an older bitmap index has fewer countries.
 */
export class CountrySlots {
  /** Slot + 1 by code; 0: not seen yet. */
  readonly #slots = new Uint16Array(countriesMax);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The slot of a country code; assigns one if it has none. */
  assign(code: string): number {
    const slot = code.length === 2 ? this.assignLetters(code.charCodeAt(0), code.charCodeAt(1)) : -1;
    assert(slot >= 0, 'a country is not two letters');
    return slot;
  }

  /** The same, by the character codes of its letters; -1: they are not letters. */
  assignLetters(first: number, second: number): number {
    const position = positionOfLetters(first, second);
    if (position < 0) return -1;
    const known = this.#slots[position] as number;
    if (known > 0) return known - 1;
    this.#slots[position] = this.#count + 1;
    return this.#count++;
  }

  /** -1: no ad of this lineage has ever named it. */
  find(code: string): number {
    return (this.#slots[positionOf(code)] ?? 0) - 1;
  }
}

/** -1: not two letters A..Z. */
function positionOf(code: string): number {
  return code.length === 2 ? positionOfLetters(code.charCodeAt(0), code.charCodeAt(1)) : -1;
}

function positionOfLetters(first: number, second: number): number {
  const row = first - upperA;
  const column = second - upperA;
  const inRange = row >= 0 && row < letters && column >= 0 && column < letters;
  return inRange ? row * letters + column : -1;
}
