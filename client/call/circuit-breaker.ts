import type { BreakerPolicy } from '../policy.ts';

/** Reports the outcome of a permitted attempt; only the first report counts. */
export interface Permit {
  succeeded(): void;
  failed(): void;
  /** It ended for a reason that says nothing about the API. */
  withdrawn(): void;
}

/**
 * While closed, every attempt passes. When enough attempts in a window have failed, it opens, and no attempt
 * passes for `openMs`. Then it is half open: one attempt, the probe, passes. If the probe succeeds the
 * breaker closes; if it fails the breaker opens again.
 */
export class CircuitBreaker {
  readonly #policy: BreakerPolicy;
  #openUntilMs: number | undefined;
  #probing = false;
  #windowFromMs: number;
  #tries = 0;
  #failures = 0;

  constructor(policy: BreakerPolicy, nowMs: number) {
    this.#policy = policy;
    this.#windowFromMs = nowMs;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openUntilMs === undefined) return 'closed';
    return this.#probing ? 'half-open' : 'open';
  }

  /** A permit for one attempt, or the whole milliseconds to wait before asking again. `nowMs` is monotonic. */
  enter(nowMs: () => number): Permit | number {
    if (this.#openUntilMs === undefined) return this.#permit(nowMs, false);
    const leftMs = this.#openUntilMs - nowMs();
    if (leftMs > 0) return Math.ceil(leftMs);
    if (this.#probing) return probePauseMs;
    this.#probing = true;
    return this.#permit(nowMs, true);
  }

  #permit(nowMs: () => number, isProbe: boolean): Permit {
    let told = false;
    const tell = (outcome: 'good' | 'bad' | 'none'): void => {
      if (told) return;
      told = true;
      if (isProbe) this.#endProbe(outcome, nowMs());
      // Attempts from before it opened no longer count.
      else if (this.#openUntilMs === undefined && outcome !== 'none') this.#count(outcome, nowMs());
    };
    return {
      succeeded: () => {
        tell('good');
      },
      failed: () => {
        tell('bad');
      },
      withdrawn: () => {
        tell('none');
      },
    };
  }

  #endProbe(outcome: 'good' | 'bad' | 'none', nowMs: number): void {
    this.#probing = false;
    if (outcome === 'none') return;
    if (outcome === 'good') {
      this.#openUntilMs = undefined;
      this.#startWindow(nowMs);
    } else this.#openUntilMs = nowMs + this.#policy.openMs;
  }

  #count(outcome: 'good' | 'bad', nowMs: number): void {
    const { windowMs, triesMin, failureShare, openMs } = this.#policy;
    if (nowMs - this.#windowFromMs >= windowMs) this.#startWindow(nowMs);
    this.#tries += 1;
    if (outcome === 'bad') this.#failures += 1;
    if (this.#tries < triesMin || this.#failures < this.#tries * failureShare) return;
    if (outcome === 'bad') this.#openUntilMs = nowMs + openMs;
  }

  #startWindow(nowMs: number): void {
    this.#windowFromMs = nowMs;
    this.#tries = 0;
    this.#failures = 0;
  }
}

/** Milliseconds between two checks whether the probe has ended. */
const probePauseMs = 100;
