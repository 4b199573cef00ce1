import type { Defect } from '../defect.ts';

export const runtimeDefects: readonly Defect[] = [
  {
    name: 'span-queue-without-limit',
    file: 'lib/adapters/tracing/otlp-exporter.ts',
    find: '      queue.push(...spans.slice(0, room));',
    replace: '      queue.push(...spans);',
    breaks:
      'While the collector is slow or away, spans pile up in memory without a limit until the process ends.',
  },
  {
    name: 'only-one-log-is-trimmed',
    file: 'lib/embedded/housekeeping/housekeeping.ts',
    find: '      Promise.all([stores.adEvents.trim(), stores.increments.trim()]),',
    replace: '      Promise.all([stores.adEvents.trim()]),',
    breaks:
      "The increments' log is no longer trimmed by age, so it grows to its 4 GiB limit and data lives longer than the promised retention.",
  },
];
