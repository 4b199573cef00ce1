import { runScheduledArchive, type ScheduledArchiveDeps } from '../../lib/app/archive/scheduled-archive.ts';
import type { ArchiveResult } from '../../lib/app/archive/archive-log.ts';

/** Copies the increments that the log has got since the last run. A timer invokes it; see `archive` in lib/stages.ts. */
export function createArchiveIncrements(deps: ScheduledArchiveDeps): () => Promise<ArchiveResult> {
  return () => runScheduledArchive(deps);
}
