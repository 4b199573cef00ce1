import { countedAttribute, type CountedRights } from './counted-rights.ts';
import { absentOr, all, compare, type ItemChange, type ItemCondition } from './item-change.ts';
import { dayAttribute, type Ledger } from './ledger.ts';

/**
 * The order to begin a generation of an ad, in the log of its impressions: its goal was set or removed, or its ledger
 * is gone, as after a restore.
 */
export interface RightsOpened {
  readonly generation: number;
  /** The version of the ad that the ledger begins with. */
  readonly plan: number;
}

/**
 * What a record opens: a change of the counter and a new ledger, to be written in one transaction that also moves the
 * mark over the record. undefined: the counter has this generation or a later one, so only the mark moves.
 */
export function openRights(
  { generation, plan }: RightsOpened,
  counter: CountedRights,
  ledger: Ledger | undefined,
): { readonly counter: ItemChange; readonly ledger: NewLedger | undefined } | undefined {
  if (counter.generation >= generation) return undefined;
  return {
    counter: {
      set: { generation: BigInt(generation) },
      // Of an older generation: their rights are gone with the ledger that leased them.
      remove: [...counter.counted.keys()].map(countedAttribute),
      condition: all(absentOr('generation', '<', generation), totalAsRead(counter)),
    },
    ledger: newLedger(),
  };

  function newLedger(): NewLedger | undefined {
    // The counter was restored and reads the record again; rights of that ledger are out.
    if (ledger !== undefined && ledger.generation >= generation) return undefined;
    return {
      attributes: {
        generation: BigInt(generation),
        plan: BigInt(plan),
        used: BigInt(counter.total),
        closed: BigInt(counter.closed ?? 0),
        // No line: the first container that asks draws it, because it knows the goal.
        ...Object.fromEntries([...counter.days].map(([day, count]) => [dayAttribute(day), BigInt(count)])),
      },
      condition: absentOr('generation', '<', generation),
    };
  }
}

/** The whole item that a ledger becomes; undefined where it stays as it is. */
export interface NewLedger {
  readonly attributes: Readonly<Record<string, bigint>>;
  readonly condition: ItemCondition;
}

/** A redriven impression may be counted at any time. */
function totalAsRead({ total }: CountedRights): ItemCondition {
  return total === 0 ? absentOr('total', '=', 0) : compare('total', '=', total);
}
