import type { Prng } from '../../support/prng.ts';

/** A token of an acknowledged write and the read that must meet it. */
export interface HeldToken {
  readonly token: string;
  /** undefined: of an ad. */
  readonly key?: string;
}

/** Tokens kept of all that were handed out; each has the same chance to be among them. */
const tokensMax = 3000;

export class TokenLedger {
  readonly kept: HeldToken[] = [];
  handedOut = 0;
  readonly #prng: Prng;

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  add(held: HeldToken): void {
    this.handedOut += 1;
    if (this.kept.length < tokensMax) this.kept.push(held);
    else {
      const place = this.#prng.int(0, this.handedOut - 1);
      if (place < tokensMax) this.kept[place] = held;
    }
  }
}
