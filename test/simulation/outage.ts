/** Services that can be down for all containers together, and hot shards. */
export class Outage {
  readonly #down = new Set<string>();
  /** The part of the hash space whose entries the log refuses. */
  hot: { readonly from: number; readonly to: number } | undefined;

  isOn(part: 'state' | 'log'): boolean {
    return this.#down.has(part);
  }

  begin(part: 'state' | 'log'): void {
    this.#down.add(part);
  }

  end(part: 'state' | 'log'): void {
    this.#down.delete(part);
  }

  endAll(): void {
    this.#down.clear();
    this.hot = undefined;
  }
}
