import type { Prng } from '../support/prng.ts';
import type { FunctionName } from '../../lib/stages.ts';
import type { Kernel } from './kernel.ts';

/** Answers and timers that reach a frozen container wait for its next request. */
const parkedMax = 10_000;

export interface ContainerOptions {
  readonly kernel: Kernel;
  readonly id: string;
  readonly functionName: FunctionName;
  /** Its wall clock against the true time, milliseconds. */
  readonly skewMs: number;
  readonly prng: Prng;
  /** A frozen machine: its monotonic clock stands still too, as in one that is paused whole. */
  readonly pauses: boolean;
}

/** One execution environment of a function: it runs, is frozen between requests, and can die at any await. */
export class Container {
  readonly id: string;
  readonly functionName: FunctionName;
  readonly kernel: Kernel;
  readonly prng: Prng;
  /** Requests it has been handed and not answered. */
  running = 0;
  /** Gets no further request. */
  retired = false;
  skewMs: number;
  #dead = false;
  #frozen = false;
  readonly #pauses: boolean;
  /** What its monotonic clock does not count: before its start, and paused. */
  #uncountedMs: number;
  #frozenAtMs = 0;
  #parked: (() => void)[] = [];
  #onDeath: (() => void)[] = [];

  constructor({ kernel, id, functionName, skewMs, prng, pauses }: ContainerOptions) {
    this.kernel = kernel;
    this.id = id;
    this.functionName = functionName;
    this.skewMs = skewMs;
    this.prng = prng;
    this.#pauses = pauses;
    this.#uncountedMs = kernel.elapsedMs;
  }

  get dead(): boolean {
    return this.#dead;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  /** Its own wall clock. */
  nowMs(): number {
    return Math.floor(this.kernel.nowMs() + this.skewMs);
  }

  monotonicMs(): number {
    const untilMs = this.#frozen && this.#pauses ? this.#frozenAtMs : this.kernel.elapsedMs;
    return untilMs - this.#uncountedMs;
  }

  /** Something reaches the code inside: an answer, a timer. A dead container never hears of it. */
  reach(action: () => void): void {
    if (this.#dead) return;
    if (!this.#frozen) action();
    else if (this.#parked.push(action) > parkedMax) throw new Error('a frozen container is sent too much');
  }

  freeze(): void {
    if (this.#frozen) return;
    this.#frozen = true;
    this.#frozenAtMs = this.kernel.elapsedMs;
  }

  /** What came meanwhile happens now, each by itself. */
  thaw(): void {
    if (this.#pauses) this.#uncountedMs += this.kernel.elapsedMs - this.#frozenAtMs;
    this.#frozen = false;
    for (const action of this.#parked.splice(0)) {
      this.kernel.after(0, () => {
        this.reach(action);
      });
    }
  }

  onDeath(action: () => void): void {
    if (this.#dead) action();
    else this.#onDeath.push(action);
  }

  /** From here on nothing inside goes on; what it has sent is on its way all the same. */
  kill(why: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.kernel.tell(`${this.id} dies: ${why}`);
    this.#parked = [];
    for (const action of this.#onDeath.splice(0)) action();
  }
}
