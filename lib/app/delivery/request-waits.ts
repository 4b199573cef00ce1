import type { Clock } from '../../ports/clock.ts';
import { waitAtMost } from '../wait-at-most.ts';

/** How often a decision waits for the store, and how long in all, milliseconds: for rights and for caps together. */
export const waitsMax = 3;
/** How often for rights: they come first, and would leave nothing to caps. */
export const rightsWaitsMax = 2;
export const waitsMsMax = 100;

/** What one request may still wait. */
export class RequestWaits {
  readonly #clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  #waits = 0;
  #waitedMs = 0;

  constructor(clock: Pick<Clock, 'monotonicMs' | 'sleep'>) {
    this.#clock = clock;
  }

  get areLeft(): boolean {
    return this.#waits < waitsMax && this.#waitedMs < waitsMsMax;
  }

  get areLeftForRights(): boolean {
    return this.#waits < rightsWaitsMax && this.areLeft;
  }

  /** undefined: no wait is left, or the answer was not there in time. Rejects as `ask` does in time. */
  async within<Answer>(ask: () => Promise<Answer>, limitMs = waitsMsMax): Promise<Answer | undefined> {
    if (!this.areLeft) return undefined;
    this.#waits += 1;
    const startedMs = this.#clock.monotonicMs();
    const work = ask();
    const inTime = await waitAtMost(this.#clock, Math.min(limitMs, waitsMsMax - this.#waitedMs), work);
    this.#waitedMs += this.#clock.monotonicMs() - startedMs;
    if (inTime) return work;
    // A late answer is of no use to this request, and a late failure of no interest.
    work.catch(() => undefined);
    return undefined;
  }
}
