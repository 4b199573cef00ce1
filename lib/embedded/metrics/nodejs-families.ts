import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { getHeapSpaceStatistics, type HeapSpaceInfo } from 'node:v8';
import { toHistogram } from './function-families.ts';
import type { NodeWatch } from './node-watch.ts';
import { counterOf, gaugeOf, type Family } from './prometheus-text.ts';

/**
 * The metrics of Node, under the names of prom-client, so that ready-made dashboards draw them. Omits its
 * gauges that end in `_total`, because promtool refuses such names.
 */
export async function nodejsFamilies(watch: NodeWatch): Promise<Family[]> {
  const heap = process.memoryUsage();
  const loop = performance.eventLoopUtilization();
  return [
    ...(await lagFamilies(watch)),
    counterOf('nodejs_eventloop_active_seconds', 'Time that the event loop was busy', loop.active / 1000),
    counterOf('nodejs_eventloop_idle_seconds', 'Time that the event loop waited', loop.idle / 1000),
    gaugeOf('nodejs_heap_size_total_bytes', 'Heap of JavaScript', heap.heapTotal),
    gaugeOf('nodejs_heap_size_used_bytes', 'Objects on the heap of JavaScript', heap.heapUsed),
    gaugeOf('nodejs_external_memory_bytes', 'Memory outside the heap that JavaScript holds', heap.external),
    ...heapSpaceFamilies(),
    {
      name: 'nodejs_active_resources',
      type: 'gauge',
      help: 'Timers, sockets and requests that keep the process running, by their type',
      samples: [...countEach(process.getActiveResourcesInfo())].map(([type, value]) => ({
        labels: { type },
        value,
      })),
    },
    {
      name: 'nodejs_gc_duration_seconds',
      type: 'histogram',
      help: 'Time that a garbage collection took, by its kind',
      samples: [...watch.collections].map(([kind, durations]) => ({
        labels: { kind },
        value: toHistogram(durations, 'ms'),
      })),
    },
    versionFamily(),
  ];
}

async function lagFamilies(watch: NodeWatch): Promise<Family[]> {
  const askedMs = performance.now();
  await setImmediate();
  const lagSeconds = (performance.now() - askedMs) / 1000;
  const { min, max, mean, stddev, p50, p90, p99 } = watch.takeLag();
  const lag = (part: string, help: string, value: number): Family =>
    gaugeOf(`nodejs_eventloop_lag${part}_seconds`, help, value);
  const since = 'since /metrics was last read';
  return [
    lag('', 'How late the event loop came to this read', lagSeconds),
    lag('_min', `Least delay of the event loop ${since}`, min),
    lag('_max', `Longest delay of the event loop ${since}`, max),
    lag('_mean', `Mean delay of the event loop ${since}`, mean),
    lag('_stddev', `Standard deviation of the delays ${since}`, stddev),
    lag('_p50', `Half of the delays ${since} were at most this`, p50),
    lag('_p90', `90 of 100 delays ${since} were at most this`, p90),
    lag('_p99', `99 of 100 delays ${since} were at most this`, p99),
  ];
}

function heapSpaceFamilies(): Family[] {
  const spaces = getHeapSpaceStatistics();
  const family = (part: string, help: string, value: (space: HeapSpaceInfo) => number): Family => ({
    name: `nodejs_heap_space_size_${part}_bytes`,
    type: 'gauge',
    help,
    samples: spaces.map((space) => ({
      labels: { space: space.space_name.replace(/_space$/, '') },
      value: value(space),
    })),
  });
  return [
    family('total', 'Size of a space of the heap', (space) => space.space_size),
    family('used', 'Objects in a space of the heap', (space) => space.space_used_size),
    family('available', 'Room left in a space of the heap', (space) => space.space_available_size),
  ];
}

function countEach(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function versionFamily(): Family {
  const { version } = process;
  const [major = '', minor = '', patch = ''] = version.slice(1).split('.');
  const labels = { version, major, minor, patch };
  return {
    name: 'nodejs_version_info',
    type: 'gauge',
    help: 'Version of Node',
    samples: [{ labels, value: 1 }],
  };
}
