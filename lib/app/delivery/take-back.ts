import { closableThrough } from '../../core/delivery/epoch.ts';
import { deliveryKey } from '../../core/delivery/delivery-key.ts';
import { returnRights } from '../../core/delivery/goals/close-rights.ts';
import { readCountedRights, type CountedRights } from '../../core/delivery/goals/counted-rights.ts';
import { readLedger, type Ledger } from '../../core/delivery/goals/ledger.ts';
import type { Ports } from '../ports.ts';
import { counterKey, ledgerKey } from '../state-keys.ts';
import { logRights } from './rights-writer.ts';

export type TakeBackPorts = Pick<Ports, 'state' | 'increments' | 'clock' | 'ids' | 'telemetry' | 'settings'>;

/** Epochs are closed together, this long after the first of them could have been, milliseconds. */
export const closeEveryMs = 15 * 60_000;

export interface GoalItems {
  readonly counter: CountedRights;
  readonly ledger: Ledger | undefined;
}

/** Both strongly, and the counter before the ledger: what is read of it is final by then. */
export async function readGoalItems({ state }: Pick<Ports, 'state'>, ad: string): Promise<GoalItems> {
  const counter = readCountedRights(await state.get(counterKey(deliveryKey(ad, 'impression'))));
  return { counter, ledger: readLedger(await state.get(ledgerKey(ad))) };
}

/** Whether rights have been out for so long that all their impressions stopped counting this long ago. */
export function hasOverdue(
  ledger: Pick<Ledger, 'leased'>,
  { sinceMs, nowMs, impressionMinutes }: { sinceMs: number; nowMs: number; impressionMinutes: number },
): boolean {
  const [oldest] = ledger.leased.keys();
  return oldest !== undefined && oldest <= closableThrough(nowMs - sinceMs, impressionMinutes);
}

/**
 * Takes back the rights that the counter of an ad has closed. If some are still out that could have been closed
 * `closeAfterMs` ago, it orders to close those that can be; a later call takes them back. Resolves to the ledger as it
 * was seen last, and whether an order was logged. Rejects with a StateStoreError. Everything here may be done by
 * many at once, or be broken off anywhere.
 */
export async function takeBack(
  deps: TakeBackPorts,
  ad: string,
  { closeAfterMs }: { readonly closeAfterMs: number },
): Promise<{ readonly ledger: Ledger | undefined; readonly ordered: boolean }> {
  const { state, clock, settings, telemetry } = deps;
  const { impressionMinutes } = settings.delivery;
  const read = await readGoalItems(deps, ad);
  if (read.ledger === undefined) return { ledger: undefined, ordered: false };
  let ledger = read.ledger;
  const change = returnRights(read.counter, ledger);
  if (change !== undefined) {
    const result = await state.write({ type: 'update', key: ledgerKey(ad), ...change });
    ledger = readLedger(result.item) ?? ledger;
    const over = change.add?.['over'];
    if (over !== undefined && result.status === 'written')
      telemetry.error('impressions were counted without a right', { ad, impressions: Number(over) });
  }
  const nowMs = clock.nowMs();
  const isCurrent = read.counter.generation === ledger.generation;
  if (!isCurrent || !hasOverdue(ledger, { sinceMs: closeAfterMs, nowMs, impressionMinutes }))
    return { ledger, ordered: false };
  const [ordered = false] = await logRights(deps, [
    {
      ...{ v: 1, type: 'RightsClosed', ad, generation: ledger.generation },
      ...{ through: closableThrough(nowMs, impressionMinutes), ledgerClosed: ledger.closed },
      impressionMinutes,
    },
  ]);
  return { ledger, ordered };
}
