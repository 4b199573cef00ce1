import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Histogram } from '../../../lib/adapters/system/histogram.ts';
import { watchNode } from '../../../lib/embedded/metrics/node-watch.ts';
import { nodejsFamilies } from '../../../lib/embedded/metrics/nodejs-families.ts';
import { processFamilies } from '../../../lib/embedded/metrics/process-families.ts';
import { prometheusText, type Family } from '../../../lib/embedded/metrics/prometheus-text.ts';

/** Values by name and labels. */
function valuesOf(families: readonly Family[]): ReadonlyMap<string, number> {
  const lines = prometheusText(families).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const match = /^([^# ]\S*) (\S+)$/.exec(line);
      return match === null ? [] : [[match[1]!, Number(match[2])] as const];
    }),
  );
}

/** A watch whose figures are all different. */
function fakeWatch() {
  const [major, minor] = [new Histogram(), new Histogram()];
  major.observe(2);
  major.observe(500);
  minor.observe(0.25);
  return {
    collections: new Map([
      ['major', major],
      ['minor', minor],
    ]),
    takeLag: () => ({ min: 2, max: 3, mean: 5, stddev: 7, p50: 11, p90: 13, p99: 17 }),
    stop: () => undefined,
  };
}

describe('the figures of Node', () => {
  it('are each under their own name, in seconds and bytes', async () => {
    const before = process.memoryUsage();
    const timers = [1, 2, 3].map(() => setTimeout(() => undefined, 60_000));
    const values = valuesOf(await nodejsFamilies(fakeWatch()));
    for (const timer of timers) clearTimeout(timer);
    const lag = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'];
    expect(lag.map((part) => values.get(`nodejs_eventloop_lag_${part}_seconds`))).toEqual([
      2, 3, 5, 7, 11, 13, 17,
    ]);
    expect(values.get('nodejs_gc_duration_seconds_sum{kind="major"}')).toBe(0.502);
    expect(values.get('nodejs_gc_duration_seconds_count{kind="major"}')).toBe(2);
    expect(values.get('nodejs_gc_duration_seconds_bucket{kind="major",le="0.001"}')).toBe(0);
    expect(values.get('nodejs_gc_duration_seconds_bucket{kind="major",le="0.002"}')).toBe(1);
    expect(values.get('nodejs_gc_duration_seconds_sum{kind="minor"}')).toBe(0.00025);
    // Nothing frees so much in between.
    const near = (name: string, bytes: number): void => {
      expect([name, (values.get(name) ?? 0) / bytes > 0.5, (values.get(name) ?? 0) / bytes < 2]).toEqual([
        ...[name, true, true],
      ]);
    };
    near('nodejs_heap_size_total_bytes', before.heapTotal);
    near('nodejs_heap_size_used_bytes', before.heapUsed);
    near('nodejs_external_memory_bytes', before.external);
    const ofSpace = (part: string): number =>
      values.get(`nodejs_heap_space_size_${part}_bytes{space="old"}`) ?? 0;
    expect(ofSpace('total')).toBeGreaterThanOrEqual(ofSpace('used'));
    expect(ofSpace('used')).toBeGreaterThan(1_000_000);
    expect(ofSpace('total')).toBeLessThanOrEqual(values.get('nodejs_heap_size_total_bytes') ?? 0);
    expect(values.get('nodejs_active_resources{type="Timeout"}')).toBeGreaterThanOrEqual(3);
    const [major, minor, patch] = process.version.slice(1).split('.');
    const labels = `version="${process.version}",major="${major}",minor="${minor}",patch="${patch}"`;
    expect(values.get(`nodejs_version_info{${labels}}`)).toBe(1);
  });

  it('tell delays since they were last told', async () => {
    const watch = watchNode();
    try {
      await sleep(30);
      const blockedUntil = performance.now() + 60;
      while (performance.now() < blockedUntil);
      await sleep(30);
      const lag = watch.takeLag();
      // The interval of the measurement itself is no delay.
      expect(lag.max).toBeGreaterThanOrEqual(0.03);
      expect(lag.max).toBeLessThan(60);
      expect(lag.min).toBeLessThanOrEqual(lag.p50);
      expect(lag.p50).toBeLessThanOrEqual(lag.p99);
      const none = { min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 };
      expect(watch.takeLag()).toEqual(none);
      expect([...watch.collections.keys()].sort()).toEqual(['incremental', 'major', 'minor', 'weakcb']);
    } finally {
      watch.stop();
    }
  });
});

describe('the figures of the process', () => {
  it('are what the system says of it, in seconds and bytes', () => {
    const before = process.cpuUsage();
    const values = valuesOf(processFamilies());
    const after = process.cpuUsage();
    const between = (name: string, low: number, high: number): void => {
      const value = values.get(name) ?? Number.NaN;
      expect([name, value >= low, value <= high]).toEqual([name, true, true]);
    };
    between('process_cpu_user_seconds_total', before.user / 1e6, after.user / 1e6);
    between('process_cpu_system_seconds_total', before.system / 1e6, after.system / 1e6);
    const sum = (usage: NodeJS.CpuUsage): number => (usage.user + usage.system) / 1e6;
    between('process_cpu_seconds_total', sum(before), sum(after));
    expect(values.get('process_start_time_seconds')).toBe(performance.timeOrigin / 1000);
    const rss = process.memoryUsage.rss();
    between('process_resident_memory_bytes', rss / 2, rss * 2);
  });

  it('are those of /proc, where there is one', () => {
    if (process.platform !== 'linux') return;
    const values = valuesOf(processFamilies());
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
    const ratio = (name: string, of: number): number => (values.get(name) ?? 0) / of;
    expect(Math.abs(ratio('process_virtual_memory_bytes', bytes('VmSize')) - 1)).toBeLessThan(0.1);
    expect(Math.abs(ratio('process_heap_bytes', bytes('VmData')) - 1)).toBeLessThan(0.1);
    const open = readdirSync('/proc/self/fd').length - 1;
    expect(Math.abs((values.get('process_open_fds') ?? 0) - open)).toBeLessThanOrEqual(5);
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    expect(values.get('process_max_fds')).toBe(soft === 'unlimited' ? Infinity : Number(soft));
  });
});
