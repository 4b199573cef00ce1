import type { Prng } from '../../support/prng.ts';
import type { HttpAnswer, HttpRequestSent } from '../audit/auditor.ts';
import type { FaultName } from '../faults.ts';

/** What a client sees of the world. */
export interface ClientWorld {
  /** The client's own numbers, forked from the seed. */
  readonly prng: Prng;
  /**
   * Sends a request through the real gateway. `gave-up`: the client hung up or the answer was lost; the
   * request may have been served all the same. `patienceMs`: hangs up after so long; default: waits for the
   * gateway (29 s).
   */
  request(
    request: Omit<HttpRequestSent, 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
    options?: { readonly patienceMs?: number },
  ): Promise<HttpAnswer | 'gave-up'>;
  sleep(durationMs: number): Promise<void>;
  /** True time, milliseconds since 1970 UTC. */
  now(): number;
  /** Whether a fault that the client itself commits strikes now. */
  strikes(fault: FaultName): boolean;
  /** Whether ads may have goals. */
  readonly goals: boolean;
  /** While true, faults are on and clients should work; once false they come to an end. */
  readonly open: boolean;
}

/** A client's whole life. It ends by itself, at the latest soon after `world.open` has become false. */
export type Client = (world: ClientWorld) => Promise<void>;
