import type { Clock } from '../../ports/clock.ts';

/** How a call of a function ended. */
export type CallResult<T> =
  | { readonly type: 'returned'; readonly response: T }
  | { readonly type: 'thrown'; readonly error: unknown }
  /** Not back in time; it may still be running. */
  | { readonly type: 'timed-out' };

export interface InvokerOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends the wait for room. */
  readonly stop: AbortSignal;
}

/** Calls that may run past their time limit before new calls wait. */
export const zombiesMax = 50;

/**
 * Calls functions. A call that takes longer than `timeoutMs` counts as failed. Lambda kills such a call;
 * within one process nothing can, so it runs on beside its retry as a zombie. (On AWS a lost answer has the
 * same effect.) Each zombie holds its batch in memory: while there are `zombiesMax` of them, a new call waits
 * for one to end.
 */
export class Invoker {
  readonly #options: InvokerOptions;
  #running = 0;
  #zombies = 0;
  #waiting: (() => void)[] = [];

  constructor(options: InvokerOptions) {
    this.#options = options;
    options.stop.addEventListener('abort', () => {
      this.#letWaitingGo();
    });
  }

  /** Calls under way, zombies not counted. */
  get running(): number {
    return this.#running;
  }

  get zombies(): number {
    return this.#zombies;
  }

  /** There are `zombiesMax` zombies; see `room`. */
  get crowded(): boolean {
    return this.#zombies >= zombiesMax;
  }

  /** Resolves once a call may begin, or at stop. */
  async room(): Promise<void> {
    while (this.crowded && !this.#options.stop.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Never rejects. */
  async call<T>(work: () => Promise<T>): Promise<CallResult<T>> {
    const { clock, timeoutMs } = this.#options;
    this.#running += 1;
    const timer = new AbortController();
    const ending = resultOf(work);
    const timeout = clock.sleep(timeoutMs, timer.signal).then((): CallResult<T> => ({ type: 'timed-out' }));
    const result = await Promise.race([ending, timeout]);
    this.#running -= 1;
    if (result.type === 'timed-out') void this.#followZombie(ending);
    else timer.abort('back in time');
    return result;
  }

  async #followZombie(ending: Promise<unknown>): Promise<void> {
    this.#zombies += 1;
    await ending;
    this.#zombies -= 1;
    this.#letWaitingGo();
  }

  #letWaitingGo(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}

async function resultOf<T>(work: () => Promise<T>): Promise<CallResult<T>> {
  try {
    return { type: 'returned', response: await work() };
  } catch (error) {
    return { type: 'thrown', error };
  }
}
