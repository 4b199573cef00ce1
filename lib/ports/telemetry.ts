import type { Metric } from '../core/metrics.ts';

export { metrics, type Metric } from '../core/metrics.ts';

/** Fields of a log line. Ad content and counter keys are user data: they never go in. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** No method throws or blocks; a lost line does not fail the caller. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Logs and metrics. No method throws or blocks. */
export interface Telemetry extends Log {
  /** Adds to a counter metric. */
  count(metric: Metric, by?: number): void;
  /**
   * Records `times` (default 1) observations of a histogram or gauge, in the unit at the end of its name. An
   * adapter whose format has no weights writes the value once.
   */
  observe(metric: Metric, value: number, times?: number): void;
}
