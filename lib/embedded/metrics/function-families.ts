import type { Distribution } from '../../adapters/system/distribution.ts';
import type { MetricRegistry } from '../../adapters/system/metric-registry.ts';
import { metricFacts, type Metric } from '../../core/metrics.ts';
import type { Family, Histogram, Sample } from './prometheus-text.ts';

/** Buckets of times end at 2^-4 ms (62 us), 2^-3 ms and so on up to 2^17 ms (131 s); of counts at 1 to 2^14. */
const exponents = { ms: { from: -4, to: 17 }, other: { from: 0, to: 14 } };

/** A label value each, and there are no more: a metric that is not in the table is not written by a function. */
export type Sources = ReadonlyMap<string, MetricRegistry>;

/**
 * The metrics of the table (core/metrics.ts), labelled by the function that writes them. A counter is there from the
 * start with 0, so that its first event shows as an increase.
 */
export function functionFamilies(sources: Sources): Family[] {
  return (Object.keys(metricFacts) as Metric[]).map((metric) => {
    const { kind, help } = metricFacts[metric];
    const type = ({ counter: 'counter', level: 'gauge', distribution: 'histogram' } as const)[kind];
    return { name: `adtally_${metric}`, type, help, samples: samplesOf(metric, sources) };
  });
}

function samplesOf(metric: Metric, sources: Sources): Sample[] {
  const { kind, by } = metricFacts[metric];
  const samples: Sample[] = [];
  for (const [source, registry] of sources) {
    const labels = { function: source };
    const found = valueOf(registry, metric);
    if (found !== undefined) samples.push({ labels, value: found });
    else if (kind === 'counter' && by.includes(source)) samples.push({ labels, value: 0 });
  }
  return samples;
}

function valueOf(registry: MetricRegistry, metric: Metric): number | Histogram | undefined {
  const distribution = registry.distribution(metric);
  if (distribution !== undefined) return toHistogram(distribution, metric.endsWith('_ms') ? 'ms' : 'other');
  return registry.total(metric) ?? registry.level(metric);
}

export function toHistogram(distribution: Distribution, unit: keyof typeof exponents): Histogram {
  const { from, to } = exponents[unit];
  const buckets = Array.from({ length: to - from + 1 }, (_, i) => ({
    upTo: 2 ** (from + i),
    count: distribution.countUpTo(from + i),
  }));
  return { buckets, sum: distribution.sum, count: distribution.count };
}
