/** A shift of the server's clock that may have been in force from..until (true time). */
interface Epoch {
  readonly shiftMs: number;
  readonly fromMs: number;
  untilMs: number;
}

/** Instants that the server's clock may have shown. */
export interface ClockRange {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/**
 * What this process knows of the server's clock: between the order and the word that it was done, two shifts
 * may hold.
 */
export class ServerClock {
  readonly #trueNowMs: () => number;
  readonly #epochs: Epoch[] = [];

  constructor(trueNowMs: () => number) {
    this.#trueNowMs = trueNowMs;
  }

  /** A process starts with this shift; whatever was before has ended. */
  starts(shiftMs: number): void {
    this.#end(() => true);
    this.ordered(shiftMs);
  }

  ordered(shiftMs: number): void {
    this.#epochs.push({ shiftMs, fromMs: this.#trueNowMs(), untilMs: Infinity });
  }

  confirmed(shiftMs: number): void {
    const last = this.#epochs.at(-1);
    // An older order may be confirmed when a newer one is on its way.
    if (last?.shiftMs === shiftMs) this.#end((epoch) => epoch !== last);
  }

  /** Between two instants of true time. */
  during(fromMs: number, untilMs: number): ClockRange {
    let earliestMs = Infinity;
    let latestMs = -Infinity;
    for (const epoch of this.#epochs) {
      if (epoch.untilMs < fromMs || epoch.fromMs > untilMs) continue;
      earliestMs = Math.min(earliestMs, Math.max(fromMs, epoch.fromMs) + epoch.shiftMs);
      latestMs = Math.max(latestMs, Math.min(untilMs, epoch.untilMs) + epoch.shiftMs);
    }
    return { earliestMs, latestMs };
  }

  /** Whether, between two instants of true time, it surely showed less than `spanMs` from this instant. */
  isNear(instantMs: number, spanMs: number, fromMs: number, untilMs: number): boolean {
    const { earliestMs, latestMs } = this.during(fromMs, untilMs);
    return Math.max(latestMs - instantMs, instantMs - earliestMs) < spanMs;
  }

  /** What it may show now. */
  now(): ClockRange {
    return this.during(this.#trueNowMs(), this.#trueNowMs());
  }

  /** The latest instant it may ever have shown. */
  latestEverMs(): number {
    return this.during(-Infinity, this.#trueNowMs()).latestMs;
  }

  #end(which: (epoch: Epoch) => boolean): void {
    for (const epoch of this.#epochs) {
      if (epoch.untilMs === Infinity && which(epoch)) epoch.untilMs = this.#trueNowMs();
    }
  }
}
