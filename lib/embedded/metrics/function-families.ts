import { Histogram } from '../../adapters/system/histogram.ts';
import type { MetricRegistry } from '../../adapters/system/metric-registry.ts';
import { metricFacts } from '../../core/metric-facts.ts';
import type { Metric } from '../../core/metrics.ts';
import type { Family, HistogramSample, Sample } from './prometheus-text.ts';

/**
 * Metrics whose name for Prometheus differs from the one in the table, which CloudWatch and its alarms use:
 * Prometheus wants times in seconds and no type of metric in a name. Every other metric has `adtally_` before
 * its name.
 */
const prometheusNames: Partial<Record<Metric, string>> = {
  counter_not_found: 'counters_not_found',
  count_freshness_ms: 'count_freshness_seconds',
  flush_ms: 'flush_duration_seconds',
  catalog_stale_ms: 'catalog_stale_seconds',
  request_ms: 'request_duration_seconds',
};

/** Milliseconds are shown in seconds, with bounds from 2^-4 ms (0.0000625 s) to 2^17 ms (131 s). */
const scales = {
  ms: { from: -4, to: 17, perUnit: 1000 },
  other: { from: 0, to: 14, perUnit: 1 },
};

/** The registries by the value of the label `function`. */
export type Sources = ReadonlyMap<string, MetricRegistry>;

/**
 * The metrics of the table (core/metrics.ts), labelled by the function that writes them. Counters and
 * histograms start at 0, so that their first event shows as an increase.
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

/** The value of a metric that a function has not written yet; a gauge has none. */
const unwritten = { counter: 0, histogram: new Histogram(), gauge: undefined };

function valueOf(registry: MetricRegistry, metric: Metric): number | Histogram | undefined {
  return registry.histogram(metric) ?? registry.total(metric) ?? registry.gauge(metric);
}

function shown(value: number | Histogram, metric: Metric): number | HistogramSample {
  if (typeof value === 'number') return value;
  return toHistogram(value, metric.endsWith('_ms') ? 'ms' : 'other');
}

/** A histogram whose buckets end at powers of two, where its counts are exact. */
export function toHistogram(histogram: Histogram, observed: keyof typeof scales): HistogramSample {
  const { from, to, perUnit } = scales[observed];
  const buckets = Array.from({ length: to - from + 1 }, (_, i) => ({
    upTo: 2 ** (from + i) / perUnit,
    count: histogram.countUpTo(from + i),
  }));
  return { buckets, sum: histogram.sum / perUnit, count: histogram.count };
}
