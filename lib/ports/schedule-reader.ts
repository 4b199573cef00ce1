import type { ExpiryInput } from './expiry-schedule.ts';

export interface ScheduledExpiry {
  readonly name: string;
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly input: ExpiryInput;
}

/**
 * The read end of the schedules, for runtimes without their own scheduler. A schedule stays until it is
 * completed, so it fires again if its firing did not finish. Rejects with a ScheduleError.
 */
export interface ScheduleReader {
  /** Schedules with `atMs` <= `nowMs`, earliest first, then by name; `limit` 1..1000. */
  due(nowMs: number, limit: number): Promise<readonly ScheduledExpiry[]>;
  /** The earliest `atMs` of all; undefined: there are none. */
  next(): Promise<number | undefined>;
  /** Removes a fired schedule. An unknown name is not an error. */
  complete(name: string): Promise<void>;
}
