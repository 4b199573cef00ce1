import { assert } from '../../core/assert.ts';
import {
  isStateStoreError,
  StateStoreError,
  type Attributes,
  type StateStoreErrorCode,
  type WriteAction,
} from '../../ports/state-store.ts';
import { metrics } from '../../ports/telemetry.ts';
import type { Ports } from '../ports.ts';
import type { RequestIdentity } from '../request-identity.ts';
import { counterKey } from '../state-keys.ts';
import { clientRetries, retrying, type RetryLimits } from '../retry.ts';
import {
  addAction,
  claimAction,
  claimExpiresAt,
  keptLevels,
  seriesActions,
  seriesOf,
  type UpdateAction,
} from './counter-actions.ts';

/** After these errors nothing was written, so even an addition without a claim may be retried. */
const notWritten: readonly StateStoreErrorCode[] = ['state-conflict', 'state-throttled'];

/**
 * The store refuses a transaction on an item that another one is writing; it does not queue it. So callers of
 * one counter take turns by chance, with full jitter, for as long as a client gladly waits. Then they get 503.
 */
export const busyRetries: RetryLimits = { retriesMax: 40, firstMs: 20, longestMs: 500, withinMs: 5000 };

type AddPorts = Pick<Ports, 'state' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/**
 * `mode=sync`: one atomic addition to the same counter item that the log's increments go to. `sync_total` is
 * the sum of these additions alone, so `total - sync_total` is always the sum from the log.
 */
export async function addSync(
  deps: AddPorts,
  increment: SyncIncrement,
  identity: RequestIdentity,
): Promise<Added> {
  let unanswered = 0;
  const added = await retrying(deps, busyRetries, {
    run: () => (identity.keyed ? addClaimed(deps, increment, identity) : addUnclaimed(deps, increment)),
    mayRetry: (error) => {
      if (!isStateStoreError(error)) return false;
      if (notWritten.includes(error.code)) return true;
      // A store that does not answer is not asked for as long as one that is busy.
      unanswered += 1;
      return identity.keyed && unanswered <= clientRetries.retriesMax;
    },
  });
  if (added.repeated) {
    deps.telemetry.count(metrics.incrementsDuplicate);
  } else {
    deps.telemetry.count(metrics.incrementsSync);
    if (added.total === BigInt(increment.value)) deps.telemetry.count(metrics.countersCreated);
  }
  return added;
}

export interface Added {
  readonly total: bigint;
  /** The increment had been counted before. */
  readonly repeated: boolean;
}

/**
 * If the store's answer is lost, the increment may have been counted: the client gets an error that says so,
 * and nothing is retried. If the stage keeps series, this is a transaction, after which the total must be
 * read.
 */
async function addUnclaimed(deps: AddPorts, increment: SyncIncrement): Promise<Added> {
  const { state, settings } = deps;
  const action = addBoth(deps, increment);
  if (keptLevels(settings).length === 0) {
    const result = await state.write(action);
    assert(result.status === 'written', 'an update without a condition');
    return { total: totalOf(result.item), repeated: false };
  }
  const result = await state.transact([action, ...addSeries(deps, increment)]);
  assert(result.status === 'written', 'a transaction without a condition');
  return { total: totalOf(await readCounted(deps, increment.key)), repeated: false };
}

/**
 * The increment has been counted. If the total cannot be read now, the increment must not be counted again.
 */
async function readCounted({ state }: AddPorts, key: string): Promise<Attributes | undefined> {
  try {
    return await state.get(counterKey(key));
  } catch (error) {
    if (!isStateStoreError(error)) throw error;
    throw new StateStoreError('state-unavailable', 'counted, and the total could not be read', {
      cause: error,
    });
  }
}

/**
 * The claim is in one transaction with the addition, so it may be repeated. The total must be read after it.
 */
async function addClaimed(
  deps: AddPorts,
  increment: SyncIncrement,
  identity: RequestIdentity,
): Promise<Added> {
  const expiresAt = claimExpiresAt(deps.settings, deps.clock.nowMs());
  const result = await deps.state.transact([
    addBoth(deps, increment),
    claimAction(identity.eventId(0), expiresAt),
    ...addSeries(deps, increment),
  ]);
  const item = await deps.state.get(counterKey(increment.key));
  return { total: totalOf(item), repeated: result.status === 'condition-failed' };
}

interface SyncIncrement {
  readonly key: string;
  readonly value: number;
}

function addBoth({ clock }: AddPorts, { key, value }: SyncIncrement): UpdateAction {
  const amount = BigInt(value);
  const action = addAction(key, amount, clock.nowMs());
  return { ...action, add: { ...action.add, sync_total: amount } };
}

function addSeries({ clock, settings }: AddPorts, { key, value }: SyncIncrement): readonly WriteAction[] {
  return seriesActions(key, seriesOf(settings, clock.nowMs(), BigInt(value)), settings);
}

function totalOf(item: Attributes | undefined): bigint {
  const total = item?.['total'];
  assert(typeof total === 'bigint', 'a counter that was added to has a total');
  return total;
}
