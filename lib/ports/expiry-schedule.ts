import { PortError } from './port-error.ts';

/** The input that a fired schedule passes to expire-ad. Times are milliseconds since 1970 UTC. */
export interface ExpiryInput {
  readonly adId: string;
  /** The end that this schedule was set for. */
  readonly endAtMs: number;
}

/**
 * One-time schedules that invoke expire-ad. They are only hints: they may fire late, twice or not at all.
 * Rejects with a ScheduleError.
 */
export interface ExpirySchedule {
  /**
   * Sets a schedule that fires once at `atMs` or later and then deletes itself. A `name`
   * (`[0-9a-zA-Z-_.]{1,64}`) that already exists is not changed: a name always has the same time and input.
   */
  set(schedule: { readonly name: string; readonly atMs: number; readonly input: ExpiryInput }): Promise<void>;
  /** Removes a schedule. An unknown name is not an error. */
  clear(name: string): Promise<void>;
}

/** `schedule-unavailable`: no answer, throttled or a server error; the call may have taken effect. */
export class ScheduleError extends PortError {
  override readonly name = 'ScheduleError';
  readonly code = 'schedule-unavailable';
  readonly retryable = true;
}
