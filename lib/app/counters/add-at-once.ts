import { assert } from '../../core/assert.ts';
import { isStateStoreError, type StateStoreErrorCode } from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { counterKey } from '../state-keys.ts';
import { retrying, type RetryLimits } from './backoff.ts';
import { claimAction, claimExpiresAt, type UpdateAction } from './counter-actions.ts';

/** The client is waiting: at most about 0.4 s. */
const retryLimits: RetryLimits = { retriesMax: 3, firstDelayMs: 50, delayMaxMs: 200 };

/** After these nothing was written, so even an addition without a claim may be made again. */
const notWritten: readonly StateStoreErrorCode[] = ['state-conflict', 'state-throttled'];

type AddPorts = Pick<Ports, 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/**
 * `mode=sync`: one atomic addition to the counter item that the log feeds too. `sync_total` keeps the sum of these
 * apart, so that `total - sync_total` is always what the log says.
 */
export async function addAtOnce(
  deps: AddPorts,
  increment: { readonly key: string; readonly value: number },
  identity: RequestIdentity,
): Promise<{ readonly total: bigint }> {
  const added = await retrying(deps, retryLimits, {
    run: () => (identity.keyed ? addClaimed(deps, increment, identity) : addUnclaimed(deps, increment)),
    mayRetry: (error) => isStateStoreError(error) && (identity.keyed || notWritten.includes(error.code)),
  });
  if (added.repeated) {
    deps.telemetry.count(metrics.incrementsDuplicate);
  } else {
    deps.telemetry.count(metrics.incrementsSync);
    if (added.total === BigInt(increment.value)) deps.telemetry.count(metrics.countersCreated);
  }
  return { total: added.total };
}

interface Added {
  readonly total: bigint;
  /** The increment had been counted before. */
  readonly repeated: boolean;
}

/** If the answer is lost, nobody knows whether it was counted: the client is told so and nothing is tried again. */
async function addUnclaimed(deps: AddPorts, increment: { key: string; value: number }): Promise<Added> {
  const result = await deps.state.write(addAction(deps, increment));
  assert(result.status === 'written', 'an update without a condition');
  return { total: totalOf(result.item), repeated: false };
}

/** The claim in one transaction with the addition makes it repeatable; the total has to be read after it. */
async function addClaimed(
  deps: AddPorts,
  increment: { key: string; value: number },
  identity: RequestIdentity,
): Promise<Added> {
  const expiresAt = claimExpiresAt(deps.settings, deps.clock.nowMs());
  const result = await deps.state.transact([
    addAction(deps, increment),
    claimAction(identity.eventId(0), expiresAt),
  ]);
  const item = await deps.state.get(counterKey(increment.key));
  return { total: totalOf(item), repeated: result.status === 'condition-failed' };
}

function addAction({ clock }: AddPorts, { key, value }: { key: string; value: number }): UpdateAction {
  const amount = BigInt(value);
  return {
    type: 'update',
    key: counterKey(key),
    add: { total: amount, sync_total: amount },
    set: { updated_at: BigInt(clock.nowMs()) },
  };
}

function totalOf(item: Readonly<Record<string, unknown>> | undefined): bigint {
  const total = item?.['total'];
  assert(typeof total === 'bigint', 'a counter that was added to has a total');
  return total;
}
