export interface AdaptiveRateOptions {
  /** How many are taken in a second when there are more. */
  readonly perSecond: number;
  /** A float in [0, 1). */
  readonly random: () => number;
  readonly monotonicMs: () => number;
}

const windowMs = 1000;

/**
 * Takes all while there are few, and about `perSecond` of them while there are many: each second begins with the rate that
 * would have been right for the last one, and every `perSecond` taken halves it for the rest of the second.
 */
export class AdaptiveRate {
  readonly #options: AdaptiveRateOptions;
  #rate = 1;
  #windowBeganMs: number;
  #seen = 0;
  #taken = 0;

  constructor(options: AdaptiveRateOptions) {
    this.#options = options;
    this.#windowBeganMs = options.monotonicMs();
  }

  /** Of the next one, 0..1. */
  get rate(): number {
    return this.#rate;
  }

  /** The probability by which this one was taken; undefined: it was not. */
  take(): number | undefined {
    const { perSecond, random } = this.#options;
    this.#roll();
    this.#seen += 1;
    const rate = this.#rate;
    if (rate < 1 && random() >= rate) return undefined;
    this.#taken += 1;
    if (this.#taken % perSecond === 0) this.#rate /= 2;
    return rate;
  }

  #roll(): void {
    const nowMs = this.#options.monotonicMs();
    const elapsedMs = nowMs - this.#windowBeganMs;
    if (elapsedMs < windowMs) return;
    const seenPerSecond = (this.#seen * 1000) / elapsedMs;
    this.#rate = seenPerSecond <= this.#options.perSecond ? 1 : this.#options.perSecond / seenPerSecond;
    this.#windowBeganMs = nowMs;
    this.#seen = 0;
    this.#taken = 0;
  }
}
