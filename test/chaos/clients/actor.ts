import type { ServerClock } from '../process/server-clock.ts';
import type { AdLedger } from '../ledger/ad-ledger.ts';
import type { CounterLedger } from '../ledger/counter-ledger.ts';
import type { Findings } from '../ledger/findings.ts';
import type { Tally } from '../ledger/tally.ts';
import type { TokenLedger } from '../ledger/token-ledger.ts';
import type { Prng } from '../../support/prng.ts';
import { isRefusal, type Client, type Reply } from './client.ts';

/** What is noted of a trial, by everybody together. */
export interface Books {
  readonly findings: Findings;
  readonly tally: Tally;
  readonly counters: CounterLedger;
  readonly ads: AdLedger;
  readonly tokens: TokenLedger;
  readonly clock: ServerClock;
}

/** A client of the API that outlives the server: it goes on where it was with the next one. */
export interface Actor {
  /** A request must be sent again until it is answered. */
  readonly pending: boolean;
  /** Sends what is pending, or else the next thing; false: the server is gone. */
  step(client: Client): Promise<boolean>;
}

export interface ActorOptions {
  readonly name: string;
  readonly prng: Prng;
  readonly books: Books;
}

/** A try of a write that was not acknowledged; a 4xx changes nothing, and is no failure. */
export function noteFailedTry({ tally }: Pick<Books, 'tally'>, reply: Reply): void {
  if (reply.type === 'lost') tally.ambiguous += 1;
  else if (reply.type === 'answer') {
    if (isRefusal(reply.answer)) tally.refused += 1;
    else if (reply.answer.statusCode >= 500) tally.ambiguous += 1;
  }
}

/** Wide and random, so that sums of different values are never equal by chance; totals pass 2^53 soon. */
export function drawValue(prng: Prng): number {
  return prng.int(1, 0xffff_fffe) * prng.int(1, 0xf_ffff);
}
