import type { CanaryAccount } from '../../core/counters/canary.ts';
import type { Attributes, Condition, StateStore } from '../../ports/state-store.ts';
import { createLastResult, type LastResultDeps } from '../last-result.ts';
import { canaryStateKey } from '../state-keys.ts';

/**
 * `counted`: once and in time. `late`: not in time; the next run goes on with it. `given-up`: it is in the
 * quarantine. `lost`, `doubled`: the total differs from what was sent. `restarted`: the table was restored, so
 * there was nothing to compare with.
 */
export const canaryStatuses = ['counted', 'late', 'given-up', 'lost', 'doubled', 'restarted'] as const;
export type CanaryStatus = (typeof canaryStatuses)[number];

/** The result of a run of the canary. */
export interface CanaryResult {
  readonly status: CanaryStatus;
  /** When it began, milliseconds since 1970. */
  readonly atMs: number;
}

/** What a run leaves to the next. */
export interface CanaryState {
  /** Moves with each write, so that a run writes only what it has read itself. */
  readonly version: bigint;
  /** Random; part of the event ids. A new one for each account that begins again. */
  readonly start: string;
  readonly account: CanaryAccount;
  /** When the last increment was sent first, while it is not known to be counted; milliseconds. */
  readonly pendingAtMs: number | undefined;
  /** A difference that is not in the metric yet. */
  readonly untold: 'lost' | 'doubled' | undefined;
  /** Of the last run. */
  readonly result: CanaryResult | undefined;
}

/** undefined: there is none yet. Rejects with a StateStoreError. */
export async function readCanaryState(state: Pick<StateStore, 'get'>): Promise<CanaryState | undefined> {
  const item = await state.get(canaryStateKey);
  if (item === undefined) return undefined;
  const { version, start, offset, sent, missing, pending_at: pendingAt, untold } = item;
  return {
    version: version as bigint,
    start: start as string,
    account: { offset: offset as bigint, sent: sent as bigint, missing: missing as bigint },
    pendingAtMs: pendingAt === undefined ? undefined : Number(pendingAt),
    untold: untold as CanaryState['untold'],
    result: resultOf(item),
  };
}

/**
 * Writes the state that follows the one that was read; undefined: another run has written one first. Rejects with
 * a StateStoreError: it may have been written.
 */
export async function writeCanaryState(
  state: Pick<StateStore, 'write'>,
  read: Pick<CanaryState, 'version'> | undefined,
  next: Omit<CanaryState, 'version'>,
): Promise<CanaryState | undefined> {
  const version = (read?.version ?? 0n) + 1n;
  const { start, account, pendingAtMs, untold, result } = next;
  const condition: Condition =
    read === undefined ? { op: 'item-absent' } : { op: '=', attribute: 'version', value: read.version };
  const { status } = await state.write({
    type: 'put',
    key: canaryStateKey,
    attributes: {
      ...{ version, start, ...account },
      ...(pendingAtMs !== undefined && { pending_at: BigInt(pendingAtMs) }),
      ...(untold !== undefined && { untold }),
      ...(result !== undefined && { status: result.status, at: BigInt(result.atMs) }),
    },
    condition,
  });
  return status === 'written' ? { ...next, version } : undefined;
}

/** Reads the result of the last run, as `createLastResult` says. */
export function createLastCanary(deps: LastResultDeps): () => Promise<CanaryResult | undefined> {
  return createLastResult(deps, { name: 'canary', key: canaryStateKey, fromItem: resultOf });
}

function resultOf(item: Attributes | undefined): CanaryResult | undefined {
  const status = canaryStatuses.find((known) => known === item?.['status']);
  return status === undefined ? undefined : { status, atMs: Number(item?.['at']) };
}
