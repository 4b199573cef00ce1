import type { RetryBudgetPolicy } from '../policy.ts';

/**
 * A bucket of tokens, one per retry. Each call puts a part of one in, and so does time; it starts full. A server in
 * trouble then sees hardly more requests than its clients have calls, however many of them fail.
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

  /** 0: a retry may be sent, and is accounted for; else milliseconds until time alone has earned one. */
  take(nowMs: number): number {
    const { perSecond } = this.#policy;
    this.#add(((nowMs - this.#filledMs) / 1000) * perSecond);
    this.#filledMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return perSecond === 0 ? Infinity : ((1 - this.#tokens) / perSecond) * 1000;
  }

  /** What a full bucket cannot hold is lost: quiet hours earn no storm. */
  #add(tokens: number): void {
    this.#tokens = Math.min(this.#policy.burst, this.#tokens + tokens);
  }
}
