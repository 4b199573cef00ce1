import { performance } from 'node:perf_hooks';
import type { Family } from './prometheus-text.ts';

/** What this process takes of the machine; names as Prometheus clients have them. */
export function processFamilies(): Family[] {
  const memory = process.memoryUsage();
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: [{ value }],
  });
  const counter = (name: string, help: string, value: number): Family => ({
    name,
    type: 'counter',
    help,
    samples: [{ value }],
  });
  return [
    gauge('process_resident_memory_bytes', 'Memory of the process', memory.rss),
    gauge('nodejs_heap_used_bytes', 'Objects on the heap of JavaScript', memory.heapUsed),
    gauge('nodejs_heap_total_bytes', 'The heap of JavaScript', memory.heapTotal),
    gauge('nodejs_external_memory_bytes', 'Memory behind JavaScript objects', memory.external),
    counter('process_cpu_seconds', 'Processor time, user and system', (cpu.user + cpu.system) / 1e6),
    counter('nodejs_eventloop_active_seconds', 'Time the event loop was busy', loop.active / 1000),
    counter('nodejs_eventloop_idle_seconds', 'Time the event loop waited', loop.idle / 1000),
    gauge(
      'process_start_time_seconds',
      'When the process started, since 1970',
      performance.timeOrigin / 1000,
    ),
    gauge('process_uptime_seconds', 'How long the process runs', process.uptime()),
    gauge(
      'nodejs_active_resources',
      'Timers, sockets and requests that keep the process busy',
      process.getActiveResourcesInfo().length,
    ),
  ];
}
