import { CounterLedger } from '../../load/ledger/counter-ledger.ts';
import { Findings } from '../../load/ledger/findings.ts';
import type { Prng } from '../../support/prng.ts';
import { ServerClock } from '../process/server-clock.ts';
import { AdLedger } from './ad-ledger.ts';
import { EventLedger, type EventSums } from './event-ledger.ts';

/** The numbers of requests, and of their answers. */
export class Tally {
  /** Sent to a process that took the connection; each try of a repeated request counts. */
  requests = 0;
  /** Writes answered with a 2xx, the repetitions of an acknowledged one not included. */
  acknowledged = 0;
  /** Tries of writes that were cut off, or answered in a way that leaves open what became of them. */
  ambiguous = 0;
  /** Writes refused with a 503 that says that nothing was written. */
  refused = 0;
  reads = 0;
  kills = 0;
  restarts = 0;
  jumps = 0;
  pauses = 0;
  /** Of all ads, as the API shows them at the end. */
  events: EventSums = {
    ...{ impressions: 0, clicks: 0, duplicate: 0, late: 0, invalid: 0 },
    ...{ goals: 0, reached: 0 },
  };
  /** From the start of a process until it answered, milliseconds. */
  readonly restartsMs: number[] = [];
}

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
      const index = this.#prng.int(0, this.handedOut - 1);
      if (index < tokensMax) this.kept[index] = held;
    }
  }
}

/** What all clients of a trial note. */
export interface Ledgers {
  readonly findings: Findings;
  readonly tally: Tally;
  readonly counters: CounterLedger;
  readonly ads: AdLedger;
  readonly events: EventLedger;
  readonly tokens: TokenLedger;
  readonly clock: ServerClock;
}

export function openLedgers(prng: Prng): Ledgers {
  const findings = new Findings();
  return {
    findings,
    tally: new Tally(),
    counters: new CounterLedger(findings),
    ads: new AdLedger(findings),
    events: new EventLedger(findings),
    tokens: new TokenLedger(prng),
    clock: new ServerClock(() => Date.now()),
  };
}
