import { PortError } from './port-error.ts';

/** What a fired schedule hands to expire-ad. Times in milliseconds since 1970 UTC. */
export interface ExpiryInput {
  readonly adId: string;
  /** The end that this schedule was set for. */
  readonly endAtMs: number;
}

/**
 * One-time schedules that invoke expire-ad. A hint, never the truth: they may fire late, twice or not at all.
 * Rejects with a ScheduleError.
 */
export interface ExpirySchedule {
  /**
   * Sets a schedule that fires once at `atMs` or later and then deletes itself. A `name` (`[0-9a-zA-Z-_.]{1,64}`)
   * that already exists is left as it is: a name always stands for the same time and input.
   */
  set(schedule: { readonly name: string; readonly atMs: number; readonly input: ExpiryInput }): Promise<void>;
  /** Removes a schedule; an unknown name is fine. */
  clear(name: string): Promise<void>;
}

/** `schedule-unavailable`: no answer, throttled or a server error; the call may have taken effect. */
export class ScheduleError extends PortError {
  override readonly name = 'ScheduleError';
  readonly code = 'schedule-unavailable';
  readonly retryable = true;
}
