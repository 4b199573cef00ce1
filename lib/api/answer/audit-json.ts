import type { AuditResult, AuditStatus } from '../../app/audit/audit-result.ts';
import { formatInstant } from '../../core/instant.ts';

export interface AuditJson {
  readonly status: AuditStatus;
  readonly at: string;
  readonly counters: number;
  readonly differences: number;
}

/** As `auditSchema` of audit-schema.ts; null: no scheduled audit is known. */
export function auditJson(result: AuditResult | undefined): AuditJson | null {
  if (result === undefined) return null;
  const { status, atMs, counters, differences } = result;
  return { status, at: formatInstant(atMs), counters, differences };
}
