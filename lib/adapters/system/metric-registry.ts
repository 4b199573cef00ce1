import type { Metric } from '../../ports/telemetry.ts';

export interface DistributionSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Within 5% of the exact percentile. */
  readonly p50: number;
  readonly p99: number;
}

export interface MetricSnapshot {
  readonly counts: Readonly<Partial<Record<Metric, number>>>;
  readonly distributions: Readonly<Partial<Record<Metric, DistributionSnapshot>>>;
}

/** Metrics since the start of the process. Its size is bounded by the metric names and the buckets of each. */
export class MetricRegistry {
  readonly #counts = new Map<Metric, number>();
  readonly #distributions = new Map<Metric, Distribution>();

  count(metric: Metric, by: number): void {
    this.#counts.set(metric, (this.#counts.get(metric) ?? 0) + by);
  }

  observe(metric: Metric, value: number): void {
    let distribution = this.#distributions.get(metric);
    if (distribution === undefined) {
      distribution = new Distribution();
      this.#distributions.set(metric, distribution);
    }
    distribution.observe(value);
  }

  snapshot(): MetricSnapshot {
    return {
      counts: Object.fromEntries(this.#counts),
      distributions: Object.fromEntries(
        Array.from(this.#distributions, ([metric, distribution]) => [metric, distribution.snapshot()]),
      ),
    };
  }
}

/** Eight buckets per doubling: the middle of a bucket is within 5% of every value in it. */
const bucketsPerDoubling = 8;
/** Up to 2^48; larger values fall into the last bucket, those up to 1/16 into the first. */
const bucketMin = -4 * bucketsPerDoubling;
const bucketMax = 48 * bucketsPerDoubling;

class Distribution {
  readonly #buckets = new Uint32Array(bucketMax - bucketMin + 1);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  observe(value: number): void {
    const bucket = value > 0 ? Math.round(Math.log2(value) * bucketsPerDoubling) : bucketMin;
    const index = Math.min(Math.max(bucket, bucketMin), bucketMax) - bucketMin;
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  snapshot(): DistributionSnapshot {
    return {
      count: this.#count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      p50: this.#percentile(0.5),
      p99: this.#percentile(0.99),
    };
  }

  #percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (let index = 0; index < this.#buckets.length; index += 1) {
      left -= this.#buckets[index] ?? 0;
      if (left > 0) continue;
      const middle = 2 ** ((index + bucketMin) / bucketsPerDoubling);
      return Math.min(Math.max(middle, this.#min), this.#max);
    }
    return this.#max;
  }
}
