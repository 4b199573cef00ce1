/** Time. Wall time and monotonic time are separate methods; only monotonic time may measure a duration. */
export interface Clock {
  /** Wall time, milliseconds since 1970 UTC. May jump, also backwards. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Resolves after `durationMs` of monotonic time, or as soon as `signal` is aborted; never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
