import * as counted from '../../../../../lib/core/delivery/goals/counted-rights.ts';
import * as ledgers from '../../../../../lib/core/delivery/goals/ledger.ts';
import type { Attributes } from '../../../../../lib/ports/state-store.ts';

const counters = new WeakMap<Attributes, counted.CountedRights>();
const nothing = counted.readCountedRights(undefined);
const known = new WeakMap<Attributes, ledgers.Ledger | undefined>();

/** Items never change, and many states share one. */
export function readCountedRights(item: Attributes | undefined): counted.CountedRights {
  if (item === undefined) return nothing;
  let read = counters.get(item);
  if (read === undefined) counters.set(item, (read = counted.readCountedRights(item)));
  return read;
}

export function readLedger(item: Attributes | undefined): ledgers.Ledger | undefined {
  if (item === undefined) return undefined;
  if (!known.has(item)) known.set(item, ledgers.readLedger(item));
  return known.get(item);
}
