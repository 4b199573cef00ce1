/** A bucket per doubling, the first for all up to 2^-4, the last for all beyond 2^48. */
const exponentMin = -4;
const exponentMax = 48;
const bucketCount = exponentMax - exponentMin + 2;

/** The shape of a set of numbers, however many they are. */
export class Distribution {
  // Not 32 bits: busy metrics pass 2^32 within days.
  readonly #buckets = new Float64Array(bucketCount);
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  observe(value: number, times = 1): void {
    const index = bucketOf(value);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + times;
    this.#count += times;
    this.#sum += value * times;
  }

  /** How many were at most 2^exponent, exactly; `exponent` is an integer from -4 to 48. */
  countUpTo(exponent: number): number {
    let sum = 0;
    const last = exponent - exponentMin;
    for (let index = 0; index <= last; index += 1) sum += this.#buckets[index] ?? 0;
    return sum;
  }
}

/** A bucket ends with its upper bound, so that the powers of two are bounds exactly. */
function bucketOf(value: number): number {
  if (!(value > 0)) return 0;
  const bucket = Math.ceil(Math.log2(value)) - exponentMin;
  return Math.min(Math.max(bucket, 0), bucketCount - 1);
}
