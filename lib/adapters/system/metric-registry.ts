import { metricFacts } from '../../core/metrics.ts';
import type { Metric } from '../../ports/telemetry.ts';
import { Distribution } from './distribution.ts';

/** One source's metrics since the start of the process. Its size is bounded by the names and the buckets of each. */
export class MetricRegistry {
  readonly #counts = new Map<Metric, number>();
  readonly #levels = new Map<Metric, number>();
  readonly #distributions = new Map<Metric, Distribution>();

  count(metric: Metric, by: number): void {
    this.#counts.set(metric, (this.#counts.get(metric) ?? 0) + by);
  }

  observe(metric: Metric, value: number, times: number): void {
    if (metricFacts[metric].kind === 'level') {
      this.#levels.set(metric, value);
      return;
    }
    let distribution = this.#distributions.get(metric);
    if (distribution === undefined) {
      distribution = new Distribution();
      this.#distributions.set(metric, distribution);
    }
    distribution.observe(value, times);
  }

  /** undefined: never counted. */
  total(metric: Metric): number | undefined {
    return this.#counts.get(metric);
  }

  /** What was observed last; undefined: nothing yet. */
  level(metric: Metric): number | undefined {
    return this.#levels.get(metric);
  }

  distribution(metric: Metric): Distribution | undefined {
    return this.#distributions.get(metric);
  }
}
