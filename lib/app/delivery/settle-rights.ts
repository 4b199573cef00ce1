import { isSettled } from '../../core/counters/counter-record.ts';
import type { MarkMove } from '../../core/counters/chunk.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { closeCounter } from '../../core/delivery/goals/close-rights.ts';
import { readCountedRights } from '../../core/delivery/goals/counted-rights.ts';
import type { ItemChange } from '../../core/delivery/goals/item-change.ts';
import { readLedger } from '../../core/delivery/goals/ledger.ts';
import { openRights, type NewLedger } from '../../core/delivery/goals/open-rights.ts';
import type { RightsRecord } from '../../core/delivery/goals/rights-record.ts';
import { StateStoreError, type Attributes, type WriteAction } from '../../ports/state-store.ts';
import { moveMarks } from '../counters/counter-actions.ts';
import type { Ports } from '../ports.ts';
import { counterKey, ledgerKey } from '../state-keys.ts';

/** An order, and what says that it is obeyed: the mark that moves over its record, or another write with a condition. */
export interface OrderToSettle {
  readonly order: RightsRecord;
  /** When its record arrived in the log, milliseconds since 1970. */
  readonly arrivedAtMs: number;
  readonly end: MarkMove | Extract<WriteAction, { type: 'update' }>;
}

/** Each turn follows a change of the counter or the ledger between their reads and the write. */
const turnsMax = 10;

/**
 * Obeys an order about the rights of an ad, in one transaction with what says so. Rejects with a StateStoreError: it
 * may have been written, and calling again is safe. `ended-before`: it had been settled, and nothing was written.
 */
export async function settleRights(
  deps: Pick<Ports, 'state' | 'clock' | 'settings'>,
  { order, arrivedAtMs, end }: OrderToSettle,
): Promise<'settled' | 'ended-before'> {
  const { state, clock } = deps;
  const key = deliveryKey(order.ad, 'impression');
  const isMark = 'attribute' in end;
  for (let turn = 0; turn < turnsMax; turn += 1) {
    const item = await state.get(counterKey(key));
    if (isMark && isSettled(item?.[end.attribute], end.first)) return 'ended-before';
    const { counter, ledger } = await changesOf(deps, { order, arrivedAtMs }, item);
    const mark = isMark ? moveMarks(key, [end], clock.nowMs()) : undefined;
    const result = await state.transact([
      ...(isMark ? [] : [end]),
      ...counterActions(key, mark, counter),
      ...(ledger === undefined ? [] : [ledgerAction(order.ad, ledger)]),
    ]);
    if (result.status === 'written') return 'settled';
    if (!isMark && result.failed.some(({ index }) => index === 0)) return 'ended-before';
  }
  throw new StateStoreError('state-conflict', 'the counter of the ad changes too fast');
}

interface Changes {
  readonly counter: ItemChange | undefined;
  readonly ledger: NewLedger | undefined;
}

/** `item`: the counter, read before the ledger. */
async function changesOf(
  { state, settings }: Pick<Ports, 'state' | 'settings'>,
  { order, arrivedAtMs }: Pick<OrderToSettle, 'order' | 'arrivedAtMs'>,
  item: Attributes | undefined,
): Promise<Changes> {
  const counted = readCountedRights(item);
  if (order.type === 'RightsClosed') {
    const { impressionMinutes = settings.delivery.impressionMinutes } = order;
    return { counter: closeCounter(order, counted, arrivedAtMs, impressionMinutes), ledger: undefined };
  }
  const ledger = readLedger(await state.get(ledgerKey(order.ad)));
  const opened = openRights(order, counted, ledger);
  return { counter: opened?.counter, ledger: opened?.ledger };
}

function counterActions(
  key: string,
  mark: Extract<WriteAction, { type: 'update' }> | undefined,
  change: ItemChange | undefined,
): readonly WriteAction[] {
  if (change === undefined) return mark === undefined ? [] : [mark];
  if (mark === undefined) return [{ type: 'update', key: counterKey(key), ...change }];
  const of = [...(mark.condition === undefined ? [] : [mark.condition]), change.condition];
  return [{ ...mark, ...change, set: { ...mark.set, ...change.set }, condition: { op: 'all', of } }];
}

function ledgerAction(ad: string, { attributes, condition }: NewLedger): WriteAction {
  return { type: 'put', key: ledgerKey(ad), attributes, condition };
}
