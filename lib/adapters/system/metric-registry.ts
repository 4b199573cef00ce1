import { metricFacts } from '../../core/metric-facts.ts';
import type { Metric } from '../../ports/telemetry.ts';
import { Histogram } from './histogram.ts';

/**
 * The metrics of one source since the start of the process. The metric names and their buckets bound its
 * size.
 */
export class MetricRegistry {
  readonly #counts = new Map<Metric, number>();
  readonly #gauges = new Map<Metric, number>();
  readonly #histograms = new Map<Metric, Histogram>();

  count(metric: Metric, by: number): void {
    this.#counts.set(metric, (this.#counts.get(metric) ?? 0) + by);
  }

  observe(metric: Metric, value: number, times: number): void {
    if (metricFacts[metric].kind === 'gauge') {
      this.#gauges.set(metric, value);
      return;
    }
    let histogram = this.#histograms.get(metric);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.#histograms.set(metric, histogram);
    }
    histogram.observe(value, times);
  }

  /** undefined: never counted. */
  total(metric: Metric): number | undefined {
    return this.#counts.get(metric);
  }

  /** The last observation; undefined: none yet. */
  gauge(metric: Metric): number | undefined {
    return this.#gauges.get(metric);
  }

  histogram(metric: Metric): Histogram | undefined {
    return this.#histograms.get(metric);
  }
}
