import { assert } from '../assert.ts';

/**
 * A stream of random integers, the same for the same seed everywhere: sfc32 (Chris Doty-Humphrey, PractRand), whose
 * state is four words.
 */
export class Draw {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  /** Four 32-bit integers. */
  constructor(a: number, b: number, c: number, d: number) {
    this.#a = a | 0;
    this.#b = b | 0;
    this.#c = c | 0;
    this.#counter = d | 0;
    for (let i = 0; i < warmUpSteps; i++) this.#next();
  }

  /** `nonce`: 32 hexadecimal digits, as the port of ids makes them. */
  static of(nonce: string): Draw {
    assert(nonce.length === 32, 'a nonce is not 32 hexadecimal digits');
    return new Draw(wordAt(nonce, 0), wordAt(nonce, 8), wordAt(nonce, 16), wordAt(nonce, 24));
  }

  /** One of 0 .. n - 1, each with the same probability; n is 1 .. 2^32. */
  below(n: number): number {
    assert(Number.isInteger(n) && n >= 1 && n <= 2 ** 32, 'a draw is not from 1 to 2^32 numbers');
    if (n === 1) return 0;
    // As many bits as n - 1 has: at least every other number is below n. A remainder would favour small numbers.
    const surplusBits = Math.clz32(n - 1);
    for (let i = 0; i < refusedMax; i++) {
      const number = this.#next() >>> surplusBits;
      if (number < n) return number;
    }
    assert(false, 'a draw has found no number');
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }
}

/** Eight hexadecimal digits. Without a text of their own: that takes half of what a draw takes. */
function wordAt(digits: string, from: number): number {
  let word = 0;
  for (let index = from; index < from + 8; index++) {
    const unit = digits.charCodeAt(index);
    const digit = unit <= 0x39 ? unit - 0x30 : (unit | 0x20) - 0x57;
    assert(unit >= 0x30 && digit >= (unit <= 0x39 ? 0 : 10) && digit <= 15, 'a nonce of hexadecimal digits');
    word = (word << 4) | digit;
  }
  return word;
}

/** What PractRand takes: then each bit of the seed has reached every word. */
const warmUpSteps = 15;
/** Half of the numbers are refused at worst, so this many in a row never are. */
const refusedMax = 256;
