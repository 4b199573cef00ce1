export interface Timer {
  readonly atMs: number;
  readonly action: () => void;
  /** Set by the owner that no longer needs it: it is dropped when its turn comes. */
  cancelled: boolean;
}

interface Entry extends Timer {
  /** Of two timers at one instant the one set first fires first. */
  readonly order: number;
}

/** A binary heap of timers, the earliest on top. */
export class TimerHeap {
  readonly #entries: Entry[] = [];
  #order = 0;

  push(atMs: number, action: () => void): Timer {
    const entry: Entry = { atMs, action, order: this.#order, cancelled: false };
    this.#order += 1;
    this.#entries.push(entry);
    this.#rise(this.#entries.length - 1);
    return entry;
  }

  /** The next timer that nobody cancelled; undefined: there is none at or before `endMs`. */
  popUntil(endMs: number): Timer | undefined {
    for (;;) {
      const top = this.#entries[0];
      if (top === undefined || (top.atMs > endMs && !top.cancelled)) return undefined;
      this.#removeTop();
      if (!top.cancelled) return top;
    }
  }

  #removeTop(): void {
    const last = this.#entries.pop();
    if (last === undefined || this.#entries.length === 0) return;
    this.#entries[0] = last;
    this.#sink(0);
  }

  #rise(from: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#swapIfBefore(place, parent)) return;
      place = parent;
    }
  }

  #sink(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const right = left + 1;
      const smaller = this.#isBefore(right, left) ? right : left;
      if (!this.#swapIfBefore(smaller, place)) return;
      place = smaller;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#entries[a];
    const right = this.#entries[b];
    if (left === undefined || right === undefined) return false;
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
  }

  #swapIfBefore(a: number, b: number): boolean {
    if (!this.#isBefore(a, b)) return false;
    const [left, right] = [this.#entries[a] as Entry, this.#entries[b] as Entry];
    this.#entries[a] = right;
    this.#entries[b] = left;
    return true;
  }
}
