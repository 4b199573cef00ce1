import type { Clock } from '../../ports/clock.ts';
import { errorFields } from '../../ports/error-fields.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
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

/** How long a result is kept in memory, so that calls of /health do not each cost a read, milliseconds. */
const keptMs = 10_000;

/** How long a caller waits for the store, milliseconds. */
const waitMaxMs = 1000;

/**
 * Reads the result of the last scheduled audit; undefined: there is none, or the store does not answer. Never
 * rejects, and answers within a second.
 */
export function createLastAudit(deps: {
  readonly state: Pick<StateStore, 'get'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}): () => Promise<AuditResult | undefined> {
  const { state, clock, telemetry } = deps;
  let kept: { readonly atMs: number; readonly result: Promise<AuditResult | undefined> } | undefined;

  const read = async (): Promise<AuditResult | undefined> => {
    try {
      return fromItem(await state.get(auditResultKey));
    } catch (error) {
      telemetry.warn('could not read the result of the audit', errorFields(error));
      return undefined;
    }
  };

  return async () => {
    const nowMs = clock.monotonicMs();
    if (kept === undefined || nowMs - kept.atMs >= keptMs) kept = { atMs: nowMs, result: read() };
    const timer = new AbortController();
    const late = clock.sleep(waitMaxMs, timer.signal).then(() => undefined);
    try {
      return await Promise.race([kept.result, late]);
    } finally {
      timer.abort();
    }
  };
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
