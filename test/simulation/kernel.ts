import { Prng } from '../support/prng.ts';
import { virtualStartMs } from '../support/virtual-clock.ts';
import { TimerHeap, type Timer } from './timer-heap.ts';
import { Trace } from './trace.ts';
import { realSetImmediate } from './virtual-time.ts';

/** After this many steps a seed counts as an endless loop, unless it says otherwise. */
const stepsMaxDefault = 4_000_000;

export interface KernelOptions {
  readonly seed: number;
  /** Keeps every step to be read afterwards. */
  readonly recording?: boolean;
  readonly stepsMax?: number;
  /** True time at the beginning, milliseconds since 1970 UTC; default `virtualStartMs`. */
  readonly startMs?: number;
}

export class SimulationStuck extends Error {
  override readonly name = 'SimulationStuck';
}

/**
 * Virtual time: one queue of events, one seeded source of numbers, one thing at a time. Whatever happens in
 * the world is an event of this queue; after each the promises that it set off run dry before the next one
 * begins.
 */
export class Kernel {
  readonly seed: number;
  readonly trace: Trace;
  readonly #stepsMax: number;
  readonly #startMs: number;
  readonly #heap = new TimerHeap();
  #elapsedMs = 0;
  #steps = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor({
    seed,
    recording = false,
    stepsMax = stepsMaxDefault,
    startMs = virtualStartMs,
  }: KernelOptions) {
    this.seed = seed;
    this.#stepsMax = stepsMax;
    this.#startMs = startMs;
    this.trace = new Trace(recording);
  }

  /** True time, milliseconds since 1970 UTC, with a fraction. No clock of the world need agree with it. */
  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  /** Milliseconds since the seed began. */
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Numbers of their own for each purpose: a purpose that draws more or less disturbs no other. */
  fork(purpose: string): Prng {
    return new Prng(textHash(`${this.seed}/${purpose}`));
  }

  tell(line: string): void {
    this.trace.add(this.#elapsedMs, line);
  }

  after(delayMs: number, action: () => void): Timer {
    return this.#heap.push(this.#elapsedMs + Math.max(0, delayMs), action);
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const end = (): void => {
        timer.cancelled = true;
        signal?.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.after(durationMs, end);
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  /** Starts something that runs beside everything else; what it throws ends the seed. */
  spawn(work: () => Promise<void>): Promise<void> {
    const running = Promise.try(work);
    return running.catch((error: unknown) => {
      this.fail(error);
    });
  }

  /** Ends the seed with this error, which `run` throws; the first one counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
  }

  /**
   * Fires events until `done` says so, or for `limitMs` at most; resolves to whether it was done. Rejects
   * with what the world failed with, or with a SimulationStuck.
   */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.#elapsedMs + limitMs;
    for (;;) {
      await turn();
      if (this.#failure !== undefined) throw this.#failure.error as Error;
      if (done()) return true;
      const timer = this.#heap.popUntil(endMs);
      if (timer === undefined) {
        this.#elapsedMs = endMs;
        return false;
      }
      this.#steps += 1;
      if (this.#steps > this.#stepsMax) throw new SimulationStuck(`over ${this.#stepsMax} steps`);
      this.#elapsedMs = Math.max(this.#elapsedMs, timer.atMs);
      this.trace.mix(this.#elapsedMs);
      timer.action();
    }
  }

  /** Runs until the promise is settled; undefined: it was not, within `limitMs`. */
  async settle<T>(promise: Promise<T>, limitMs: number): Promise<{ readonly value: T } | undefined> {
    let result: { readonly value: T } | undefined;
    promise.then(
      (value) => {
        result = { value };
      },
      (error: unknown) => {
        this.fail(error);
      },
    );
    await this.run(() => result !== undefined, limitMs);
    return result;
  }
}

/** A turn of the real event loop: every promise that can go on has gone on. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    realSetImmediate(resolve);
  });
}

/** FNV-1a. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
