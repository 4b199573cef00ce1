import { readdirSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { counterOf, gaugeOf, type Family } from './prometheus-text.ts';

/**
 * What the operating system reports about this process, under the names that every Prometheus client uses:
 * processor time, memory, file descriptors, start time. Some of them exist only on Linux.
 */
export function processFamilies(): Family[] {
  const { user, system } = process.cpuUsage();
  const status = readProc('status');
  return [
    counterOf('process_cpu_user_seconds', 'Processor time in user mode', user / 1e6),
    counterOf('process_cpu_system_seconds', 'Processor time in the kernel', system / 1e6),
    counterOf('process_cpu_seconds', 'Processor time, user and system', (user + system) / 1e6),
    gaugeOf(
      'process_start_time_seconds',
      'When the process started, since 1970',
      performance.timeOrigin / 1000,
    ),
    gaugeOf('process_resident_memory_bytes', 'Memory in use', process.memoryUsage.rss()),
    gaugeOf(
      'process_virtual_memory_bytes',
      'Address space, the mapped data file included',
      bytesOf(status, 'VmSize'),
    ),
    gaugeOf('process_heap_bytes', 'Memory that the process requested for data', bytesOf(status, 'VmData')),
    gaugeOf('process_open_fds', 'Open file descriptors, sockets included', openDescriptors()),
    gaugeOf('process_max_fds', 'File descriptors that may be open', descriptorsMax()),
  ];
}

/** The bytes in a line such as `VmSize: 1234 kB`. */
function bytesOf(status: string, name: 'VmSize' | 'VmData'): number | undefined {
  const line = status.split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number.parseInt(line.slice(name.length + 1), 10) * 1024;
}

function openDescriptors(): number | undefined {
  try {
    // One of them is the folder being read.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}

function descriptorsMax(): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(readProc('limits'))?.[1];
  if (soft === undefined) return undefined;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

/** The kernel generates these files when they are read, so reading them waits for no disk. */
function readProc(name: 'status' | 'limits'): string {
  try {
    return readFileSync(`/proc/self/${name}`, 'utf8');
  } catch {
    return '';
  }
}
