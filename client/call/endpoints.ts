import type { ClientPolicy } from '../policy.ts';
import { CircuitBreaker, type Permit } from './circuit-breaker.ts';

/** An attempt at one of the addresses. */
export interface Admitted extends Permit {
  /** Which address it is for. */
  readonly index: number;
}

/**
 * The addresses of an API in their order, each with a circuit breaker, and which of them is in use. Calls go
 * to the first. When an attempt at another address succeeds, because an earlier one failed or its breaker is
 * open, all calls go there for `fallbackForMs`. Then one call tries the first address; if it succeeds, all
 * calls return.
 */
export class Endpoints {
  readonly #fallbackForMs: number;
  readonly #breakers: readonly CircuitBreaker[];
  #current = 0;
  /** When a call may try the first address again. */
  #returnAtMs = 0;
  /** Increases with each change of address: what was sent before a change must not undo it. */
  #changes = 0;

  constructor(
    { breaker, fallbackForMs }: Pick<ClientPolicy, 'breaker' | 'fallbackForMs'>,
    count: number,
    nowMs: number,
  ) {
    this.#fallbackForMs = fallbackForMs;
    this.#breakers = Array.from({ length: count }, () => new CircuitBreaker(breaker, nowMs));
  }

  /** The address in use. */
  get current(): number {
    return this.#current;
  }

  /** The state of its breaker. */
  get state(): CircuitBreaker['state'] {
    return this.#breakers[this.#current]?.state ?? 'closed';
  }

  /**
   * A permit for an attempt, or the milliseconds to wait before asking again. `wanted`: the address that the
   * call must try first.
   */
  enter(nowMs: () => number, wanted?: number): Admitted | number {
    let waitMs = Infinity;
    const first = wanted ?? this.#choose(nowMs());
    for (let step = 0; step < this.#breakers.length; step++) {
      const index = (first + step) % this.#breakers.length;
      const entered = this.#breakers[index]?.enter(nowMs) ?? Infinity;
      if (typeof entered !== 'number') return this.#admit(entered, index, nowMs);
      waitMs = Math.min(waitMs, entered);
    }
    return waitMs;
  }

  /** The address for the call's next attempt after a failure at this one. */
  after(index: number): number {
    return (index + 1) % this.#breakers.length;
  }

  #choose(nowMs: number): number {
    if (this.#current === 0 || nowMs < this.#returnAtMs) return this.#current;
    // One call is enough to find out; the next follows after the same time.
    this.#returnAtMs = nowMs + this.#fallbackForMs;
    return 0;
  }

  #admit(permit: Permit, index: number, nowMs: () => number): Admitted {
    const changes = this.#changes;
    return {
      ...permit,
      index,
      succeeded: () => {
        permit.succeeded();
        if (index === this.#current || changes !== this.#changes) return;
        this.#current = index;
        this.#changes += 1;
        this.#returnAtMs = nowMs() + this.#fallbackForMs;
      },
    };
  }
}
