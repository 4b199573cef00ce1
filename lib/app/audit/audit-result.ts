import type { StateStore } from '../../ports/state-store.ts';
import { createLastResult, type LastResultDeps } from '../last-result.ts';
import { auditResultKey } from '../state-keys.ts';

/**
 * `unfinished`: it ran out of time, and the next run goes on. `failed`: it cannot go on by itself; its log says
 * why. The others: as AuditReport.
 */
export const auditStatuses = ['equal', 'different', 'not-auditable', 'unfinished', 'failed'] as const;
export type AuditStatus = (typeof auditStatuses)[number];

/** The result of a scheduled audit. */
export interface AuditResult {
  readonly status: AuditStatus;
  /** When it began, milliseconds since 1970. */
  readonly atMs: number;
  readonly counters: number;
  /** Counters whose total differs from the log. */
  readonly differences: number;
}

/** Stores a result, unless that of a later run is there. Rejects with a StateStoreError. */
export async function storeAuditResult(
  state: Pick<StateStore, 'write'>,
  { status, atMs, counters, differences }: AuditResult,
): Promise<void> {
  const at = BigInt(atMs);
  await state.write({
    type: 'put',
    key: auditResultKey,
    attributes: { status, at, counters: BigInt(counters), differences: BigInt(differences) },
    condition: {
      op: 'any',
      of: [
        { op: 'absent', attribute: 'at' },
        { op: '<=', attribute: 'at', value: at },
      ],
    },
  });
}

/** Reads the result of the last scheduled audit, as `createLastResult` says. */
export function createLastAudit(deps: LastResultDeps): () => Promise<AuditResult | undefined> {
  return createLastResult(deps, { name: 'audit', key: auditResultKey, fromItem });
}

function fromItem(item: Readonly<Record<string, unknown>> | undefined): AuditResult | undefined {
  const status = auditStatuses.find((known) => known === item?.['status']);
  if (item === undefined || status === undefined) return undefined;
  return {
    status,
    atMs: Number(item['at']),
    counters: Number(item['counters']),
    differences: Number(item['differences']),
  };
}
