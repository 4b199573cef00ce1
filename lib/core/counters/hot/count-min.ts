import { assert } from '../../assert.ts';
import { textHash } from '../../text-hash.ts';

/**
 * How often each text was added, in fixed memory: a count-min sketch (Cormode and Muthukrishnan, 2005) with
 * conservative update (Estan and Varghese, 2002). An estimate is never too low. With probability 1 - e^-depth
 * it is too high by at most e / `width` of all that was added.
 */
export class CountMin {
  readonly #width: number;
  readonly #depth: number;
  readonly #cells: Uint32Array;

  /** `width`: a power of two. */
  constructor(width: number, depth: number) {
    assert(width > 0 && (width & (width - 1)) === 0, 'the width is a power of two');
    this.#width = width;
    this.#depth = depth;
    this.#cells = new Uint32Array(width * depth);
  }

  /** Adds one; returns the new estimate. */
  add(text: string): number {
    const hash = textHash(text);
    const estimate = this.#estimate(hash) + 1;
    for (let row = 0; row < this.#depth; row += 1) {
      const cell = this.#cellOf(hash, row);
      if ((this.#cells[cell] ?? 0) < estimate) this.#cells[cell] = estimate;
    }
    return estimate;
  }

  estimate(text: string): number {
    return this.#estimate(textHash(text));
  }

  clear(): void {
    this.#cells.fill(0);
  }

  #estimate(hash: number): number {
    let least = Infinity;
    for (let row = 0; row < this.#depth; row += 1) {
      const count = this.#cells[this.#cellOf(hash, row)] ?? 0;
      if (count < least) least = count;
    }
    return least;
  }

  /**
   * One hash is mixed again for each row, so texts that collide in one row differ in the next, unless all 32
   * bits are equal.
   */
  #cellOf(hash: number, row: number): number {
    let mixed = Math.imul(hash ^ (row * 0x9e3779b1), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return row * this.#width + ((mixed ^ (mixed >>> 16)) & (this.#width - 1));
  }
}
