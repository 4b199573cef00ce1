import { metricFacts } from '../../core/metrics.ts';
import type { Metric } from '../../ports/telemetry.ts';
import { Distribution } from './distribution.ts';

/**
 * The metrics of one source since the start of the process. The metric names and their buckets bound its
 * size.
 */
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

  /** The last observation; undefined: none yet. */
  level(metric: Metric): number | undefined {
    return this.#levels.get(metric);
  }

  distribution(metric: Metric): Distribution | undefined {
    return this.#distributions.get(metric);
  }
}
