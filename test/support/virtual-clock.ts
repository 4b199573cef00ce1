import type { Clock } from '../../lib/ports/clock.ts';

/** 2026-01-01T00:00:00.000Z */
export const virtualStartMs = 1_767_225_600_000;

export interface VirtualClock extends Clock {
  /**
   * Moves both times on by `durationMs`, through every sleep that ends on the way, in order; after each the
   * code that slept gets to run until it waits again.
   */
  advance(durationMs: number): Promise<void>;
  /** Makes the wall time jump, also backwards; monotonic time and sleeps do not notice. */
  jump(byMs: number): void;
  /** How many sleeps are under way. */
  readonly sleeping: number;
}

export interface VirtualClockOptions {
  /** Wall time at the start; default `virtualStartMs`. */
  readonly startMs?: number;
  /** A sleep ends by itself, and takes the time along, as soon as nothing else runs; default false. */
  readonly autoAdvance?: boolean;
}

export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  return new TimerClock(options);
}

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

class TimerClock implements VirtualClock {
  #monotonicMs = 0;
  #wallOffsetMs: number;
  #timers: Timer[] = [];
  readonly #autoAdvance: boolean;
  #advancing = false;

  constructor({ startMs = virtualStartMs, autoAdvance = false }: VirtualClockOptions) {
    this.#wallOffsetMs = startMs;
    this.#autoAdvance = autoAdvance;
  }

  get sleeping(): number {
    return this.#timers.length;
  }

  nowMs(): number {
    return this.#wallOffsetMs + Math.floor(this.#monotonicMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  jump(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const timer: Timer = {
        atMs: this.#monotonicMs + Math.max(durationMs, 0),
        wake: () => {
          signal?.removeEventListener('abort', timer.wake);
          this.#timers = this.#timers.filter((other) => other !== timer);
          resolve();
        },
      };
      signal?.addEventListener('abort', timer.wake, { once: true });
      this.#timers.push(timer);
      if (this.#autoAdvance) void this.#runAll();
    });
  }

  async advance(durationMs: number): Promise<void> {
    const untilMs = this.#monotonicMs + durationMs;
    await settle();
    for (;;) {
      const timer = this.#earliest();
      if (timer === undefined || timer.atMs > untilMs) break;
      this.#monotonicMs = Math.max(this.#monotonicMs, timer.atMs);
      timer.wake();
      await settle();
    }
    this.#monotonicMs = Math.max(this.#monotonicMs, untilMs);
    await settle();
  }

  async #runAll(): Promise<void> {
    if (this.#advancing) return;
    this.#advancing = true;
    await settle();
    for (let timer = this.#earliest(); timer !== undefined; timer = this.#earliest()) {
      this.#monotonicMs = Math.max(this.#monotonicMs, timer.atMs);
      timer.wake();
      await settle();
    }
    this.#advancing = false;
  }

  /** Of two that end together, the one that began first. */
  #earliest(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (earliest, timer) => (earliest === undefined || timer.atMs < earliest.atMs ? timer : earliest),
      undefined,
    );
  }
}

/** A few turns of the event loop: promise chains and the immediates between them run dry. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
