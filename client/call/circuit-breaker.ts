import type { BreakerPolicy } from '../policy.ts';

/** What a try that was let through tells when it has ended; only the first word counts. */
export interface Permit {
  succeeded(): void;
  failed(): void;
  /** It ended for a reason that says nothing of the API. */
  withdrawn(): void;
}

/**
 * Closed: every try passes. When enough tries of a window failed it opens, and no try passes for `openMs`. Then it is
 * half open: one try passes, the probe; it closes when that succeeds and opens again when it fails.
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

  /** A permit for one try; or milliseconds after which it is worth asking again. `nowMs`: monotonic. */
  enter(nowMs: () => number): Permit | number {
    if (this.#openUntilMs === undefined) return this.#permit(nowMs, false);
    const leftMs = this.#openUntilMs - nowMs();
    if (leftMs > 0) return leftMs;
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
      // Tries of before it opened tell of the past.
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

/** Between two questions whether the probe has ended. */
const probePauseMs = 100;
