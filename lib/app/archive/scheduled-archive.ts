import type { Ports } from '../ports.ts';
import { archiveLog, type ArchiveLogDeps, type ArchiveResult } from './archive-log.ts';

export type ScheduledArchiveDeps = Omit<ArchiveLogDeps, 'isLate'> & Pick<Ports, 'settings'>;

/** Before the function's time-out, for the part that is being written, and the book. */
const reserveMs = 60_000;

/** One run of the archiver within its function's time. */
export async function runScheduledArchive(deps: ScheduledArchiveDeps): Promise<ArchiveResult> {
  const { clock, settings } = deps;
  const endMs =
    clock.monotonicMs() + settings.functions['archive-increments'].timeoutSeconds * 1000 - reserveMs;
  return archiveLog({ ...deps, isLate: () => clock.monotonicMs() >= endMs });
}
