import type { Answer } from './goal-stage.ts';

/** When a decision was made: between these instants, milliseconds since 1970. */
export interface DecidedBy {
  readonly user: string | undefined;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A frequency cap that the tally counts by itself. */
export interface TalliedCap {
  readonly ad: string;
  readonly max: number;
  /** Windows are multiples of it since 1970. */
  readonly windowMs: number;
}

/** What the pages of a stage have seen of it, counted without any of its code. */
export class Tally {
  decisions = 0;
  /** Requests for which a ledger was written. */
  asks = 0;
  /** Answers that no page should get. */
  readonly failures = new Map<number, number>();
  readonly decidedOf = new Map<string, number>();
  readonly acknowledgedOf = new Map<string, number>();
  readonly #cap: TalliedCap | undefined;
  readonly #shown = new Map<string, number>();
  /** Most decisions of one user in one window. */
  mostShown = 0;

  constructor(cap?: TalliedCap) {
    this.#cap = cap;
  }

  asked(hasAsked: boolean): void {
    this.decisions += 1;
    if (hasAsked) this.asks += 1;
  }

  decided(ad: string, { user, fromMs, untilMs }: DecidedBy): void {
    add(this.decidedOf, ad);
    if (user === undefined || ad !== this.#cap?.ad) return;
    const { windowMs } = this.#cap;
    const window = Math.floor(fromMs / windowMs);
    // Of one that began in another window than it ended, nobody outside can say which of them it counts in.
    if (Math.floor(untilMs / windowMs) !== window) return;
    this.mostShown = Math.max(this.mostShown, add(this.#shown, `${user} ${window}`));
  }

  acknowledged(ad: string): void {
    add(this.acknowledgedOf, ad);
  }

  failed({ status }: Answer): void {
    add(this.failures, status);
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
