/** sfc32 (Chris Doty-Humphrey, PractRand): small, fast, and the same numbers for the same seed everywhere. */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = 0x9e3779b9;
    this.#c = 0x243f6a88;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  float(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer from..to, both included; the span is under 2^32. */
  int(from: number, to: number): number {
    return from + Math.floor((this.uint32() / 2 ** 32) * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.uint32() / 2 ** 32 < probability;
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.int(0, values.length - 1)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  }

  /** `count` of the values, none twice, in their order. */
  sample<Value>(values: readonly Value[], count: number): Value[] {
    let wanted = count;
    return values.filter((_, i) => {
      const taken = this.int(1, values.length - i) <= wanted;
      if (taken) wanted--;
      return taken;
    });
  }
}
