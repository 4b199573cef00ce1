import { readdirSync, readFileSync } from 'node:fs';

/** As Linux sees a process; bytes. */
export interface ProcessFacts {
  readonly resident: number;
  /** Without mapped files: LMDB's data file is mapped, and of it the kernel keeps what it has room for. */
  readonly anonymous: number;
  readonly threads: number;
  readonly files: number;
  /** User and system, milliseconds since it started. */
  readonly cpuMs: number;
}

/** /proc counts time in hundredths of a second wherever Node runs. */
const msPerTick = 10;

/** undefined where there is no /proc, and once the process is gone. */
export function readProcessFacts(pid: number): ProcessFacts | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const number = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    // The fields behind the name of the program, which may hold anything: 14 and 15 of them all are the
    // times.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      resident: number('VmRSS') * 1024,
      anonymous: number('RssAnon') * 1024,
      threads: number('Threads'),
      files: readdirSync(`/proc/${pid}/fd`).length,
      cpuMs: (Number(fields[11]) + Number(fields[12])) * msPerTick,
    };
  } catch {
    return undefined;
  }
}
