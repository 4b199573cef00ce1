import type { RetryBudgetPolicy } from '../policy.ts';

/**
 * A token bucket with one token per retry. Each call adds a part of a token, and so does time. It starts
 * full. So even if every call fails, the server gets few more requests than there are calls.
 */
export class RetryBudget {
  readonly #policy: RetryBudgetPolicy;
  #tokens: number;
  #filledMs: number;

  constructor(policy: RetryBudgetPolicy, nowMs: number) {
    this.#policy = policy;
    this.#tokens = policy.burst;
    this.#filledMs = nowMs;
  }

  /** A call begins. */
  earn(): void {
    this.#add(this.#policy.ratio);
  }

  /**
   * 0: a retry is allowed and has been taken from the bucket. Otherwise the milliseconds until time has added
   * enough; whole ones, because a sum of fractions may fall short by less than a clock can show.
   */
  take(nowMs: number): number {
    const { perSecond } = this.#policy;
    this.#add(((nowMs - this.#filledMs) / 1000) * perSecond);
    this.#filledMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return perSecond === 0 ? Infinity : Math.ceil(((1 - this.#tokens) / perSecond) * 1000);
  }

  /** A full bucket gets no fuller, so quiet hours do not allow a burst of retries. */
  #add(tokens: number): void {
    this.#tokens = Math.min(this.#policy.burst, this.#tokens + tokens);
  }
}
