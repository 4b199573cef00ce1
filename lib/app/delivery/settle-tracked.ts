import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { countedAdd } from '../../core/delivery/goals/counted-rights.ts';
import { fenceCondition, fenceOf, hasRights, isLate, readFence } from '../../core/delivery/goals/fence.ts';
import {
  invalidNumber,
  trackedAcceptedForMs,
  type Tracked,
  type TrackedNumber,
} from '../../core/delivery/tracked-event.ts';
import { StateStoreError, type WriteAction } from '../../ports/state-store.ts';
import type { StageSettings } from '../../stages.ts';
import {
  claimAction,
  claimExpiresAt,
  seriesActions,
  seriesOf,
  type UpdateAction,
} from '../counters/counter-actions.ts';
import type { Ports } from '../ports.ts';
import { counterKey } from '../state-keys.ts';

export type SettledTracked =
  /** Its record is now in this number of its counter. */
  | { readonly status: 'settled'; readonly number: TrackedNumber }
  /** The condition of `end` was false: nothing was written. */
  | { readonly status: 'ended-before' };

/** Each turn follows a change of the counter's generation or a new claim, and both are rare. */
const turnsMax = 10;

/**
 * Settles a tracked event outside the order of its log, as the aggregator would now: it is counted, a duplicate, late
 * or invalid. One transaction writes the number, the claim and series of a counted event, and `end`, which has a
 * condition so that it is written once. Rejects with a StateStoreError: it may have been written, and calling again
 * is safe.
 */
export async function settleTracked(
  { state, clock, settings }: Pick<Ports, 'state' | 'clock' | 'settings'>,
  event: Tracked,
  end: (number: TrackedNumber) => WriteAction,
): Promise<SettledTracked> {
  let number: TrackedNumber = event.invalid === undefined ? 'total' : invalidNumber(event.invalid);
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const actions = settleActions(event, number, settings, clock.nowMs());
    const result = await state.transact([end(number), ...actions]);
    if (result.status === 'written') return { status: 'settled', number };
    if (result.failed.some(({ index }) => index === 0)) return { status: 'ended-before' };
    const counter = result.failed.find(({ index }) => index === 1);
    // The fence decides first, as in a batch: it makes a record late, claimed or not.
    if (counter === undefined) number = 'duplicate';
    else number = isLate(event, readFence(counter.item)) ? 'late' : 'total';
  }
  throw new StateStoreError('state-conflict', 'the counter of the ad changes too fast');
}

/**
 * The writes that put an event into a number of its counter, on condition that the fence of its counter is as the
 * number needs it. The counter comes first, then the claim, whose condition is that the event has not been counted.
 */
export function settleActions(
  event: Tracked,
  number: TrackedNumber,
  settings: StageSettings,
  nowMs: number,
): readonly WriteAction[] {
  const key = deliveryKey(event.ad, event.kind);
  const fence = fenceOf(event, number === 'late');
  const hasRight = number === 'total' && event.kind === 'impression' && hasRights(event.generation);
  const counter: UpdateAction = {
    type: 'update',
    key: counterKey(key),
    add: { [number]: 1n, ...(hasRight && countedAdd(new Map([[event.epoch, 1n]]))) },
    set: { updated_at: BigInt(nowMs) },
    ...(fence !== undefined && { condition: fenceCondition(fence) }),
  };
  if (number !== 'total') return [counter];
  return [
    counter,
    trackedClaim(event, settings, nowMs),
    ...seriesActions(key, seriesOf(settings, event.at, 1n), settings),
  ];
}

/** The claim of an event, on condition that there is none. */
export function trackedClaim({ id }: Tracked, settings: StageSettings, nowMs: number): WriteAction {
  return claimAction(id, claimExpiresAt(settings, nowMs, trackedAcceptedForMs));
}
