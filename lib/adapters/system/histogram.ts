/** One bucket per power of two; the first holds all values up to 2^-4, the last all above 2^48. */
const exponentMin = -4;
const exponentMax = 48;
const bucketCount = exponentMax - exponentMin + 2;

/** A histogram of numbers, in fixed memory. */
export class Histogram {
  // Not 32 bits: busy metrics exceed 2^32 within days.
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

  copy(): Histogram {
    return this.since(new Histogram());
  }

  /** The observations since `earlier`, which is an earlier copy of this histogram. */
  since(earlier: Histogram): Histogram {
    const difference = new Histogram();
    this.#buckets.forEach((count, index) => {
      difference.#buckets[index] = count - (earlier.#buckets[index] ?? 0);
    });
    difference.#count = this.#count - earlier.#count;
    difference.#sum = this.#sum - earlier.#sum;
    return difference;
  }

  /**
   * The quantile for a share (0..1) of the values, interpolated evenly in its bucket; undefined: there are
   * none.
   */
  quantile(part: number): number | undefined {
    if (this.#count === 0) return undefined;
    const wanted = part * this.#count;
    let below = 0;
    for (let index = 0; index < bucketCount; index += 1) {
      const count = this.#buckets[index] ?? 0;
      if (count > 0 && below + count >= wanted) {
        const upTo = 2 ** (index + exponentMin);
        const from = index === 0 ? 0 : upTo / 2;
        return from + ((upTo - from) * (wanted - below)) / count;
      }
      below += count;
    }
    return 2 ** exponentMax;
  }

  /** The exact number of values up to 2^exponent; `exponent` is an integer from -4 to 48. */
  countUpTo(exponent: number): number {
    let sum = 0;
    const last = exponent - exponentMin;
    for (let index = 0; index <= last; index += 1) sum += this.#buckets[index] ?? 0;
    return sum;
  }
}

/** A bucket includes its upper bound, so powers of two are exact bounds. */
function bucketOf(value: number): number {
  if (!(value > 0)) return 0;
  const bucket = Math.ceil(Math.log2(value)) - exponentMin;
  return Math.min(Math.max(bucket, 0), bucketCount - 1);
}
