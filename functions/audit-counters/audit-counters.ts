import type { AuditResult } from '../../lib/app/audit/audit-result.ts';
import { runScheduledAudit, type ScheduledAuditDeps } from '../../lib/app/audit/scheduled-audit.ts';

/** Compares every counter with the log. A timer invokes it, with any event; see `audit` in lib/stages.ts. */
export function createAuditCounters(deps: ScheduledAuditDeps): () => Promise<AuditResult> {
  return () => runScheduledAudit(deps);
}
