import { metricFacts } from '../../core/metrics.ts';
import type { Metric } from '../../ports/telemetry.ts';
import { Histogram } from './histogram.ts';

/** One source's metrics since the start of the process. Its size is bounded by the names and the buckets of each. */
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

  /** What was observed last; undefined: nothing yet. */
  gauge(metric: Metric): number | undefined {
    return this.#gauges.get(metric);
  }

  histogram(metric: Metric): Histogram | undefined {
    return this.#histograms.get(metric);
  }
}
