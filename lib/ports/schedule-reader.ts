import type { ExpiryInput } from './expiry-schedule.ts';

export interface ScheduledExpiry {
  readonly name: string;
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly input: ExpiryInput;
}

/**
 * The read end of the schedules, for the runtimes that have no scheduler of their own. A schedule stays until it is
 * completed, so that one whose firing did not finish fires again. Rejects with a ScheduleError.
 */
export interface ScheduleReader {
  /** Schedules with `atMs` <= `nowMs`, earliest first, then by name; `limit` 1..1000. */
  due(nowMs: number, limit: number): Promise<readonly ScheduledExpiry[]>;
  /** The earliest `atMs` of all; undefined: there is none. */
  next(): Promise<number | undefined>;
  /** Removes a fired schedule; an unknown name is fine. */
  complete(name: string): Promise<void>;
}
