import type { ClientClock } from '../deps.ts';

/** Gives a slot back; only the first call counts. */
export type Release = () => void;

export interface SlotWait {
  readonly clock: ClientClock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A limited number of requests at a time. Those that wait get the next free slots in their order. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** undefined: there was none in time, or the signal aborted. */
  enter(wait: SlotWait): Release | Promise<Release | undefined> {
    if (this.#free === 0) return this.#queue(wait);
    this.#free -= 1;
    return this.#release();
  }

  #queue({ clock, timeoutMs, signal }: SlotWait): Promise<Release | undefined> {
    return new Promise((resolve) => {
      const end = (release: Release | undefined): void => {
        this.#waiting.delete(take);
        cancel();
        signal?.removeEventListener('abort', giveUp);
        resolve(release);
      };
      const take = (): void => {
        end(this.#release());
      };
      const giveUp = (): void => {
        end(undefined);
      };
      const cancel = clock.after(timeoutMs, giveUp);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(take);
    });
  }

  #release(): Release {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      // A Set keeps the order of insertion.
      const [next] = this.#waiting;
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
