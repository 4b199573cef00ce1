import type { Clock } from '../../ports/clock.ts';
import type { RateSettings } from '../../stages.ts';

interface Bucket {
  calls: number;
  atMs: number;
}

/** The most principals that can exist (API Gateway's limit of API keys). */
const bucketsMax = 10_000;

/** Token buckets, one per principal. Time is monotonic: setting the clock changes no limit. */
export class RateLimiter {
  readonly #rate: RateSettings;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** Least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: RateSettings, clock: Pick<Clock, 'monotonicMs'>) {
    if (!(rate.ratePerSecond > 0 && rate.burst >= 1))
      throw new RangeError('a rate that lets nothing through');
    this.#rate = rate;
    this.#clock = clock;
  }

  /**
   * Takes calls out of the bucket and returns 0, or returns the milliseconds until there are enough. `rate`:
   * the one that holds for the principal now.
   */
  take(principal: string, calls = 1, rate = this.#rate): number {
    const { ratePerSecond, burst } = rate;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#buckets.get(principal);
    const bucket = known ?? { calls: burst, atMs: nowMs };
    bucket.calls = Math.min(burst, bucket.calls + ((nowMs - bucket.atMs) / 1000) * ratePerSecond);
    bucket.atMs = nowMs;
    if (known !== undefined) this.#buckets.delete(principal);
    this.#buckets.set(principal, bucket);
    this.#evict();
    if (bucket.calls < calls) return ((calls - bucket.calls) / ratePerSecond) * 1000;
    bucket.calls -= calls;
    return 0;
  }

  /** The least recently used bucket is most likely full again, so dropping it changes nothing. */
  #evict(): void {
    if (this.#buckets.size <= bucketsMax) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }
}
