import type { LogFields, Metric, Telemetry } from '../../lib/ports/telemetry.ts';

export interface RecordedLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps everything it is told. */
export interface RecordingTelemetry extends Telemetry {
  readonly lines: RecordedLine[];
  /** The sum of a counter metric; 0 when it was never counted. */
  total(metric: Metric): number;
  /** The observations of a histogram, in order; one of many times is one. */
  observations(metric: Metric): readonly number[];
  /** How many observations that were, each as often as it was told. */
  observedTimes(metric: Metric): number;
}

export function createRecordingTelemetry(): RecordingTelemetry {
  const lines: RecordedLine[] = [];
  const totals = new Map<Metric, number>();
  const observed = new Map<Metric, number[]>();
  const observedTimes = new Map<Metric, number>();
  const record =
    (level: RecordedLine['level']) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  return {
    lines,
    info: record('info'),
    warn: record('warn'),
    error: record('error'),
    count(metric, by = 1) {
      totals.set(metric, (totals.get(metric) ?? 0) + by);
    },
    observe(metric, value, times = 1) {
      observedTimes.set(metric, (observedTimes.get(metric) ?? 0) + times);
      const values = observed.get(metric) ?? [];
      values.push(value);
      observed.set(metric, values);
    },
    total: (metric) => totals.get(metric) ?? 0,
    observations: (metric) => observed.get(metric) ?? [],
    observedTimes: (metric) => observedTimes.get(metric) ?? 0,
  };
}

const nothing = (): void => undefined;

/** Forgets everything it is told. */
export const nullTelemetry: Telemetry = {
  info: nothing,
  warn: nothing,
  error: nothing,
  count: nothing,
  observe: nothing,
};
