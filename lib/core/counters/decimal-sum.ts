/** Decimal digits that a float holds exactly, with room to add many of them. */
const smallDigitsMax = 12;
const smallSumMax = 2 ** 52;

/** Adds up whole numbers in decimal digits exactly, mostly as floats, which are much cheaper than bigints. */
export class DecimalSum {
  #sum = 0n;
  #smallSum = 0;

  add(digits: string): void {
    if (digits.length > smallDigitsMax) {
      this.#sum += BigInt(digits);
      return;
    }
    this.#smallSum += Number(digits);
    if (this.#smallSum > smallSumMax) {
      this.#sum += BigInt(this.#smallSum);
      this.#smallSum = 0;
    }
  }

  value(): bigint {
    return this.#sum + BigInt(this.#smallSum);
  }
}
