const bucketsPerOctave = 64;
/** Values up to 2^32 - 1. */
const bucketCount = 27 * bucketsPerOctave;
const valueMax = 2 ** 32 - 1;

/** Counts by bucket; what travels between processes. */
export type SparseCounts = Readonly<Record<number, number>>;

/**
 * Counts of whole, non-negative values in buckets that grow with the value: exact below 128, within 1.6 %
 * above. Any number of them can be added up without loss, which quantiles themselves cannot.
 */
export class Histogram {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #max = 0;

  static from(...all: readonly SparseCounts[]): Histogram {
    const histogram = new Histogram();
    for (const counts of all) histogram.add(counts);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  record(value: number): void {
    const whole = Math.min(Math.max(0, Math.round(value)), valueMax);
    const bucket = bucketOf(whole);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (bucket > this.#max) this.#max = bucket;
  }

  add(counts: SparseCounts): void {
    for (const [name, count] of Object.entries(counts)) {
      const bucket = Number(name);
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
      this.#count += count;
      if (bucket > this.#max) this.#max = bucket;
    }
  }

  sparse(): SparseCounts {
    return Object.fromEntries([...this.#counts.entries()].filter(([, count]) => count > 0));
  }

  /**
   * The value that a share of them do not exceed, rounded up to its bucket's end; NaN when there are none.
   */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket <= this.#max; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= rank) return lastValueOf(bucket);
    }
    return lastValueOf(this.#max);
  }
}

function bucketOf(value: number): number {
  const shift = Math.max(0, 25 - Math.clz32(value));
  return shift * bucketsPerOctave + (value >>> shift);
}

function lastValueOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / bucketsPerOctave) - 1);
  return (bucket - shift * bucketsPerOctave + 1) * 2 ** shift - 1;
}
