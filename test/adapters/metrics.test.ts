import { describe, expect, test } from '@jest/globals';
import { Histogram } from '../../lib/adapters/system/histogram.ts';
import { createMeteredTelemetry } from '../../lib/adapters/system/metered-telemetry.ts';
import { metricFacts } from '../../lib/core/metric-facts.ts';
import { metrics } from '../../lib/core/metrics.ts';
import { functionNames } from '../../lib/stages.ts';
import { createRecordingTelemetry } from '../support/recording-telemetry.ts';

describe('a histogram', () => {
  test('counts exactly up to powers of two', () => {
    const shape = new Histogram();
    for (let value = 1; value <= 1000; value += 1) shape.observe(value);
    expect([shape.count, shape.sum]).toEqual([1000, 500_500]);
    for (let exponent = 0; exponent <= 9; exponent += 1)
      expect(shape.countUpTo(exponent)).toBe(2 ** exponent);
    expect([shape.countUpTo(-1), shape.countUpTo(10), shape.countUpTo(48)]).toEqual([0, 1000, 1000]);
  });

  test('takes a value many times at once, and more often than 32 bits count', () => {
    const shape = new Histogram();
    shape.observe(3, 2 ** 40);
    shape.observe(5);
    expect([shape.count, shape.countUpTo(2), shape.countUpTo(3)]).toEqual([
      2 ** 40 + 1,
      2 ** 40,
      2 ** 40 + 1,
    ]);
    expect(shape.sum).toBe(3 * 2 ** 40 + 5);
  });

  test('takes any number', () => {
    const shape = new Histogram();
    for (const value of [0, -3, 1e300, 0.001]) shape.observe(value);
    expect([shape.count, shape.countUpTo(-4), shape.countUpTo(48)]).toEqual([4, 3, 3]);
  });
});

describe('a part of a histogram', () => {
  test('is what was observed since a copy was made', () => {
    const shape = new Histogram();
    shape.observe(3);
    const before = shape.copy();
    shape.observe(100, 4);
    const since = shape.since(before);
    expect([since.count, since.sum, since.countUpTo(6), since.countUpTo(7)]).toEqual([4, 400, 0, 4]);
    expect([before.count, shape.count]).toEqual([1, 5]);
  });

  test('has quantiles within the bucket of the true one', () => {
    const shape = new Histogram();
    for (let value = 1; value <= 1000; value += 1) shape.observe(value);
    for (const part of [0.01, 0.5, 0.9, 0.99]) {
      const estimate = shape.quantile(part)!;
      expect(Math.ceil(Math.log2(estimate))).toBe(Math.ceil(Math.log2(1000 * part)));
    }
    expect(shape.quantile(0.5)).toBeCloseTo(500, -1);
    expect(new Histogram().quantile(0.5)).toBeUndefined();
  });
});

describe('metered telemetry', () => {
  test('keeps the metrics of its sources apart, and names the source in their lines', () => {
    const log = createRecordingTelemetry();
    const metered = createMeteredTelemetry(log);
    const [reads, writes] = [metered.of('query-ads'), metered.of('ingest-ads')];
    reads.count(metrics.requests);
    reads.count(metrics.requests, 4);
    writes.count(metrics.requests, 2);
    reads.observe(metrics.requestMs, 7, 3);
    reads.observe(metrics.catalogVersion, 8);
    reads.observe(metrics.catalogVersion, 9);
    writes.warn('slow', { function: 'ingest-ads', code: 'x' });
    const registry = metered.sources.get('query-ads');
    expect(registry?.total(metrics.requests)).toBe(5);
    expect(registry?.histogram(metrics.requestMs)?.count).toBe(3);
    expect(registry?.gauge(metrics.catalogVersion)).toBe(9);
    expect(registry?.histogram(metrics.catalogVersion)).toBeUndefined();
    expect(metered.sources.get('ingest-ads')?.total(metrics.requests)).toBe(2);
    expect(log.lines).toEqual([
      { level: 'warn', message: 'slow', fields: { function: 'ingest-ads', code: 'x' } },
    ]);
  });

  test('goes on with a source that is asked for again', () => {
    const metered = createMeteredTelemetry(createRecordingTelemetry());
    metered.of('query-ads').count(metrics.requests);
    metered.of('query-ads').count(metrics.requests);
    expect(metered.sources.get('query-ads')?.total(metrics.requests)).toBe(2);
  });
});

test('every metric has its facts, and names functions that there are', () => {
  expect(Object.keys(metricFacts).sort()).toEqual(Object.values(metrics).sort());
  const known = new Set<string>([...functionNames, 'runtime']);
  expect(Object.values(metricFacts).flatMap(({ by }) => by.filter((name) => !known.has(name)))).toEqual([]);
});
