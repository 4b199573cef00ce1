import { ageMax, ageMin } from '../ad.ts';
import {
  anyCountryBit,
  anyGender,
  anyPlatform,
  countryBit,
  untargetedAge,
  untargetedGender,
  untargetedPlatform,
} from './catalog-row.ts';
import type { CountrySlots } from './country-slots.ts';

const openingBracket = 0x5b;
const closingBracket = 0x5d;
const closingBrace = 0x7d;
const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const zero = 0x30;
const firstBeyondAscii = 0x80;
const letterU = 0x75;
const nullLetters = codesOf('null');
const externalIdOpening = codesOf(',{"external_id":');
const hexDigits = new Set(codesOf('0123456789abcdefABCDEF'));
/** What may follow a backslash, except for u and its four digits. */
const escapable = new Set(codesOf('"\\/bfnrt'));

/** Where the id begins in a row, and the length of the ids that are read here: that of a UUID. */
export const idAt = '["'.length;
export const idBytes = 36;

/**
 * Reads from a row's UTF-8 bytes what an index needs and skips the rest, which costs a fraction of parsing.
 * It reads rows as adToRow writes them, with the same result as parseAdRow. If it refuses a row, parseAdRow
 * may still be able to read it.
 */
export class AdRowScanner {
  /**
   * The fields of the last row that was read. Ages without a bound are `ageMin` and `ageMax`; bits are as in
   * CatalogRow.
   */
  startAt = 0;
  endAt = 0;
  ageStart = 0;
  ageEnd = 0;
  genderBits = 0;
  platformBits = 0;
  countryBits = 0;
  untargetedBits = 0;
  readonly #countries: CountrySlots;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;

  /** Gives a slot to each country that it sees for the first time. */
  constructor(countries: CountrySlots) {
    this.#countries = countries;
  }

  /** Whether the bytes start..end - 1 are such a row. */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.untargetedBits = untargetedAge | untargetedGender | untargetedPlatform;
    return (
      this.#takes(openingBracket) &&
      this.#id() &&
      this.#takes(comma) &&
      this.#text() &&
      this.#takes(comma) &&
      this.#text() &&
      (this.startAt = this.#number()) >= 0 &&
      (this.endAt = this.#number()) >= 0 &&
      (this.ageStart = this.#age(ageMin)) >= 0 &&
      (this.ageEnd = this.#age(ageMax)) >= 0 &&
      (this.genderBits = this.#targets(anyGender, untargetedGender)) > 0 &&
      (this.countryBits = this.#countryTargets()) > 0 &&
      (this.platformBits = this.#targets(anyPlatform, untargetedPlatform)) > 0 &&
      // version, createdAt, endVersion
      this.#number() >= 0 &&
      this.#number() >= 0 &&
      this.#number() >= 0 &&
      this.#later() &&
      this.#takes(closingBracket) &&
      this.#at === end
    );
  }

  #takes(byte: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  /** A text of `idBytes` ASCII characters. */
  #id(): boolean {
    if (!this.#takes(quote)) return false;
    const end = this.#at + idBytes;
    if (end >= this.#end) return false;
    for (; this.#at < end; this.#at++) {
      const byte = this.#bytes[this.#at] as number;
      if (byte < space || byte >= firstBeyondAscii || byte === quote || byte === backslash) return false;
    }
    return this.#takes(quote);
  }

  #text(): boolean {
    if (!this.#takes(quote)) return false;
    const bytes = this.#bytes;
    const end = this.#end;
    for (let at = this.#at; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === quote) {
        this.#at = at + 1;
        return true;
      }
      if (byte < space) return false;
      if (byte === backslash && !isEscape(bytes, ++at, end)) return false;
    }
    return false;
  }

  /** The 14th element with an external id alone, or none. */
  #later(): boolean {
    if (this.#bytes[this.#at] !== comma) return true;
    return externalIdOpening.every((byte) => this.#takes(byte)) && this.#text() && this.#takes(closingBrace);
  }

  /** A comma and a whole number as JSON.stringify writes it; -1: something else. */
  #number(): number {
    if (!this.#takes(comma)) return -1;
    const bytes = this.#bytes;
    const first = this.#at;
    let at = first;
    let value = 0;
    for (; at < this.#end; at++) {
      const digit = (bytes[at] as number) - zero;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    const isCanonical = at === first + 1 || (at > first && bytes[first] !== zero);
    return isCanonical && value <= Number.MAX_SAFE_INTEGER ? value : -1;
  }

  /** The same, or null. */
  #age(unbounded: number): number {
    if (this.#bytes[this.#at + 1] !== nullLetters[0]) {
      this.untargetedBits &= ~untargetedAge;
      return this.#number();
    }
    return this.#takes(comma) && nullLetters.every((letter) => this.#takes(letter)) ? unbounded : -1;
  }

  /** The bits of the genders or platforms; -1: the value is invalid. */
  #targets(any: number, untargeted: number): number {
    const bits = this.#number();
    if (bits === 0) return any;
    this.untargetedBits &= ~untargeted;
    return bits <= any ? bits : -1;
  }

  #countryTargets(): number {
    if (!this.#takes(comma) || !this.#takes(quote)) return -1;
    if (this.#takes(quote)) return anyCountryBit;
    const bytes = this.#bytes;
    const countries = this.#countries;
    let bits = 0;
    for (let at = this.#at; at + 2 < this.#end; at += 3) {
      const slot = countries.assignLetters(bytes[at] as number, bytes[at + 1] as number);
      if (slot < 0) return -1;
      bits |= countryBit(slot);
      const next = bytes[at + 2];
      if (next === quote) {
        this.#at = at + 3;
        return bits;
      }
      if (next !== comma) return -1;
    }
    return -1;
  }
}

/** Whether a backslash may precede `at`. Digits after a u are then skipped as text. */
function isEscape(bytes: Uint8Array, at: number, end: number): boolean {
  if (bytes[at] !== letterU) return at < end && escapable.has(bytes[at] as number);
  return at + 4 < end && bytes.subarray(at + 1, at + 5).every((byte) => hexDigits.has(byte));
}

function codesOf(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
