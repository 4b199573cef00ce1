/** A quota by the second, which may save up `burst`: a token bucket, as services keep them. */
export class Allowance {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #elapsedMs: () => number;
  #left: number;
  #atMs: number;

  constructor(limit: { readonly perSecond: number; readonly burst?: number }, elapsedMs: () => number) {
    this.#perMs = limit.perSecond / 1000;
    this.#burst = limit.burst ?? limit.perSecond;
    this.#elapsedMs = elapsedMs;
    this.#left = this.#burst;
    this.#atMs = elapsedMs();
  }

  /** Takes so much if all of it is there. */
  take(amount: number): boolean {
    const nowMs = this.#elapsedMs();
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}

/** One allowance for each name, made when the name is first used. */
export class Allowances {
  readonly #limit: { readonly perSecond: number; readonly burst?: number };
  readonly #elapsedMs: () => number;
  readonly #byName = new Map<string, Allowance>();

  constructor(limit: { readonly perSecond: number; readonly burst?: number }, elapsedMs: () => number) {
    this.#limit = limit;
    this.#elapsedMs = elapsedMs;
  }

  take(name: string, amount: number): boolean {
    let allowance = this.#byName.get(name);
    if (allowance === undefined) {
      allowance = new Allowance(this.#limit, this.#elapsedMs);
      this.#byName.set(name, allowance);
    }
    return allowance.take(amount);
  }
}
