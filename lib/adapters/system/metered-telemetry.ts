import type { Log, Telemetry } from '../../ports/telemetry.ts';
import { MetricRegistry } from './metric-registry.ts';

/** One log, with separate metrics per source. */
export interface MeteredTelemetry {
  /**
   * The telemetry of a function or of `runtime`, whose log lines name it. Call it once per source, at the
   * start.
   */
  of(source: string): Telemetry;
  readonly sources: ReadonlyMap<string, MetricRegistry>;
}

export function createMeteredTelemetry(log: Log): MeteredTelemetry {
  const sources = new Map<string, MetricRegistry>();
  return {
    sources,
    of: (source) => {
      const registry = sources.get(source) ?? new MetricRegistry();
      sources.set(source, registry);
      return {
        info: (message, fields) => {
          log.info(message, { function: source, ...fields });
        },
        warn: (message, fields) => {
          log.warn(message, { function: source, ...fields });
        },
        error: (message, fields) => {
          log.error(message, { function: source, ...fields });
        },
        count: (metric, by = 1) => {
          registry.count(metric, by);
        },
        observe: (metric, value, times = 1) => {
          registry.observe(metric, value, times);
        },
      };
    },
  };
}
