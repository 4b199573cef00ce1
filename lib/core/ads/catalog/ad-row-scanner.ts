import { assertNever } from '../../assert.ts';
import {
  ageMax,
  ageMin,
  optionalFields,
  optionalNames,
  priorityDefault,
  priorityMax,
  weightDefault,
  weightMax,
  type OptionalField,
} from '../ad.ts';
import { isFrequency } from '../frequency.ts';
import { isGoal } from '../goal.ts';
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
import { SharedValues } from './shared-values.ts';
import { SharedTexts } from './shared-texts.ts';

const openingBracket = 0x5b;
const closingBracket = 0x5d;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
const colon = 0x3a;
const plus = 0x2b;
const minus = 0x2d;
const point = 0x2e;
const largeE = 0x45;
const smallE = 0x65;
const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;
const space = 0x20;
const zero = 0x30;
const firstBeyondAscii = 0x80;
const letterU = 0x75;
const nullLetters = codesOf('null');
const trueLetters = codesOf('true');
const falseLetters = codesOf('false');
const activeStatus = codesOf('"active"');
const pausedStatus = codesOf('"paused"');
/** The name of each optional field as a row has it, in the order of a row; the last is of the row alone. */
const optionalOpenings: readonly { readonly name: OptionalInRow; readonly opening: readonly number[] }[] = [
  ...optionalNames.map((name) => ({ name, opening: codesOf(`"${optionalFields[name]}":`) })),
  { name: 'generation', opening: codesOf('"generation":') },
];
type OptionalInRow = OptionalField | 'generation';
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
  priority = priorityDefault;
  weight = weightDefault;
  paused = false;
  campaignId: string | undefined = undefined;
  hasGoal = false;
  capped = false;
  servesAnonymous = true;
  readonly #campaigns = new SharedTexts();
  readonly #goals = new SharedValues(isGoal);
  readonly #frequencies = new SharedValues(isFrequency);
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
    this.priority = priorityDefault;
    this.weight = weightDefault;
    this.paused = false;
    this.campaignId = undefined;
    this.hasGoal = false;
    this.capped = false;
    this.servesAnonymous = true;
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
      (this.#bytes[this.#at] !== comma || this.#optional()) &&
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

  /** The 14th element. */
  #optional(): boolean {
    if (!this.#takes(comma) || !this.#takes(openingBrace)) return false;
    let isFirst = true;
    for (const { name, opening } of optionalOpenings) {
      const start = this.#at;
      if (!isFirst && !this.#takes(comma)) break;
      if (!this.#takesAll(opening)) {
        this.#at = start;
        continue;
      }
      if (!this.#value(name)) return false;
      isFirst = false;
    }
    return !isFirst && this.#takes(closingBrace);
  }

  /** The value of an optional field, by the rules of a row. */
  #value(name: OptionalInRow): boolean {
    switch (name) {
      case 'status':
        this.paused = this.#takesAll(pausedStatus);
        return this.paused || this.#takesAll(activeStatus);
      case 'priority':
        return (this.priority = this.#whole()) > 0 && this.priority <= priorityMax;
      case 'weight':
        return (this.weight = this.#whole()) > 0 && this.weight <= weightMax;
      case 'width':
      case 'height':
        return this.#whole() > 0;
      case 'campaignId': {
        const start = this.#at;
        if (!this.#text()) return false;
        this.campaignId = this.#campaigns.read(this.#bytes, start, this.#at);
        return true;
      }
      case 'metadata':
        return this.#flatObject();
      case 'goal': {
        const bytes = this.#object();
        return (this.hasGoal = bytes !== undefined && this.#goals.read(bytes) !== undefined);
      }
      case 'frequency': {
        const bytes = this.#object();
        const frequency = bytes === undefined ? undefined : this.#frequencies.read(bytes);
        this.servesAnonymous = frequency?.anonymous === 'serve';
        return (this.capped = frequency !== undefined);
      }
      case 'generation':
        return this.#whole() > 0;
      case 'externalId':
      case 'clickUrl':
      case 'imageUrl':
        return this.#text();
      default:
        return assertNever(name);
    }
  }

  /** The bytes of an object that has neither escapes nor letters beyond ASCII; undefined: there is none. */
  #object(): Uint8Array | undefined {
    const first = this.#at;
    let depth = 0;
    for (; this.#at < this.#end; this.#at++) {
      const byte = this.#bytes[this.#at] as number;
      if (byte === openingBrace) depth++;
      else if (byte === closingBrace) depth--;
      else if (byte === backslash || byte < space || byte >= firstBeyondAscii) return undefined;
      if (depth <= 0) break;
    }
    return depth === 0 && this.#takes(closingBrace) ? this.#bytes.subarray(first, this.#at) : undefined;
  }

  /** An object of texts, numbers and booleans. */
  #flatObject(): boolean {
    if (!this.#takes(openingBrace)) return false;
    if (this.#takes(closingBrace)) return true;
    do {
      if (!this.#text() || !this.#takes(colon) || !this.#flat()) return false;
    } while (this.#takes(comma));
    return this.#takes(closingBrace);
  }

  #flat(): boolean {
    if (this.#bytes[this.#at] === quote) return this.#text();
    return this.#takesAll(trueLetters) || this.#takesAll(falseLetters) || this.#anyNumber();
  }

  /** By the grammar of JSON. */
  #anyNumber(): boolean {
    this.#takes(minus);
    const first = this.#at;
    const digits = this.#digits();
    if (digits === 0 || (digits > 1 && this.#bytes[first] === zero)) return false;
    if (this.#takes(point) && this.#digits() === 0) return false;
    if (!this.#takes(smallE) && !this.#takes(largeE)) return true;
    if (!this.#takes(plus)) this.#takes(minus);
    return this.#digits() > 0;
  }

  /** How many digits it has skipped. */
  #digits(): number {
    const first = this.#at;
    for (; this.#at < this.#end; this.#at++) {
      const digit = (this.#bytes[this.#at] as number) - zero;
      if (digit < 0 || digit > 9) break;
    }
    return this.#at - first;
  }

  /** These bytes, or none. */
  #takesAll(bytes: readonly number[]): boolean {
    const start = this.#at;
    if (start + bytes.length > this.#end) return false;
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[start + i] !== bytes[i]) return false;
    this.#at = start + bytes.length;
    return true;
  }

  /** A comma and a whole number as JSON.stringify writes it; -1: something else. */
  #number(): number {
    return this.#takes(comma) ? this.#whole() : -1;
  }

  #whole(): number {
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
    return this.#takes(comma) && this.#takesAll(nullLetters) ? unbounded : -1;
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
