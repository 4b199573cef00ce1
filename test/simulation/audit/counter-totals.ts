/** The total of each counter at each instant, as its writes added up. */
export class CounterTotals {
  readonly #histories = new Map<string, { atMs: number; total: bigint }[]>();

  get counters(): Iterable<string> {
    return this.#histories.keys();
  }

  add(counter: string, amount: bigint, atMs: number): void {
    const history = this.#histories.get(counter) ?? [];
    history.push({ atMs, total: (history.at(-1)?.total ?? 0n) + amount });
    this.#histories.set(counter, history);
  }

  /** undefined: nothing had been added yet. `atMs` inclusive. */
  at(counter: string, atMs: number): bigint | undefined {
    const history = this.#histories.get(counter) ?? [];
    let [low, high] = [0, history.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((history[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
      else high = middle;
    }
    return history[low - 1]?.total;
  }

  latest(counter: string): bigint | undefined {
    return this.#histories.get(counter)?.at(-1)?.total;
  }
}
