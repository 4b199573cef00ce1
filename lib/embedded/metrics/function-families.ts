import { Histogram } from '../../adapters/system/histogram.ts';
import type { MetricRegistry } from '../../adapters/system/metric-registry.ts';
import { metricFacts, type Metric } from '../../core/metrics.ts';
import type { Family, HistogramSample, Sample } from './prometheus-text.ts';

/**
 * Metrics that Prometheus' users expect under another name than the table has, which CloudWatch and its alarms go by:
 * times in seconds, and no type of metric in a name. Every other metric has `adtally_` before its name of the table.
 */
const prometheusNames: Partial<Record<Metric, string>> = {
  counter_not_found: 'counters_not_found',
  count_freshness_ms: 'count_freshness_seconds',
  flush_ms: 'flush_duration_seconds',
  catalog_stale_ms: 'catalog_stale_seconds',
  request_ms: 'request_duration_seconds',
};

/** What is observed in milliseconds is shown in seconds: bounds from 2^-4 ms (0.0000625 s) to 2^17 ms (131 s). */
const scales = {
  ms: { from: -4, to: 17, perUnit: 1000 },
  other: { from: 0, to: 14, perUnit: 1 },
};

/** A label value each, and there are no more: a metric that is not in the table is not written by a function. */
export type Sources = ReadonlyMap<string, MetricRegistry>;

/**
 * The metrics of the table (core/metrics.ts), labelled by the function that writes them. Counters and histograms are
 * there from the start with 0, so that their first event shows as an increase.
 */
export function functionFamilies(sources: Sources): Family[] {
  return (Object.keys(metricFacts) as Metric[]).map((metric) => {
    const { kind: type, help } = metricFacts[metric];
    const name = `adtally_${prometheusNames[metric] ?? metric}`;
    return { name, type, help, samples: samplesOf(metric, sources) };
  });
}

function samplesOf(metric: Metric, sources: Sources): Sample[] {
  const { kind, by } = metricFacts[metric];
  const samples: Sample[] = [];
  for (const [source, registry] of sources) {
    const labels = { function: source };
    const value = valueOf(registry, metric) ?? (by.includes(source) ? unwritten[kind] : undefined);
    if (value !== undefined) samples.push({ labels, value: shown(value, metric) });
  }
  return samples;
}

/** What a function shows that could have written a metric and has not; of a gauge nothing is known yet. */
const unwritten = { counter: 0, histogram: new Histogram(), gauge: undefined };

function valueOf(registry: MetricRegistry, metric: Metric): number | Histogram | undefined {
  return registry.histogram(metric) ?? registry.total(metric) ?? registry.gauge(metric);
}

function shown(value: number | Histogram, metric: Metric): number | HistogramSample {
  if (typeof value === 'number') return value;
  return toHistogram(value, metric.endsWith('_ms') ? 'ms' : 'other');
}

/** A histogram whose buckets end at powers of two of what was observed, where its counts are exact. */
export function toHistogram(histogram: Histogram, observed: keyof typeof scales): HistogramSample {
  const { from, to, perUnit } = scales[observed];
  const buckets = Array.from({ length: to - from + 1 }, (_, i) => ({
    upTo: 2 ** (from + i) / perUnit,
    count: histogram.countUpTo(from + i),
  }));
  return { buckets, sum: histogram.sum / perUnit, count: histogram.count };
}
