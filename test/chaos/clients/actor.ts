import type { Prng } from '../../support/prng.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import { isRefusal, type Client, type Reply } from './client.ts';

export interface ActorOptions {
  readonly name: string;
  readonly prng: Prng;
  readonly ledgers: Ledgers;
}

/** A client of the API that outlives the server: it goes on where it was with the next one. */
export abstract class Actor {
  protected readonly name: string;
  protected readonly prng: Prng;
  protected readonly ledgers: Ledgers;

  constructor({ name, prng, ledgers }: ActorOptions) {
    this.name = name;
    this.prng = prng;
    this.ledgers = ledgers;
  }

  /** A request must be sent again until it is answered. */
  get pending(): boolean {
    return false;
  }

  /** Sends what is pending, or else the next thing; false: the server is gone. */
  abstract step(client: Client): Promise<boolean>;
}

/** A try of a write that was not acknowledged; a 4xx changes nothing, and is no failure. */
export function noteFailedTry({ tally }: Pick<Ledgers, 'tally'>, reply: Reply): void {
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
