import { closableThrough, dayOfEpoch, firstEpochAfterDay } from '../epoch.ts';
import { countedAttribute, type CountedRights } from './counted-rights.ts';
import { hasRights } from './fence.ts';
import { absentOr, all, compare, type ItemChange } from './item-change.ts';
import { dayAttribute, leasedAttribute, type Ledger } from './ledger.ts';

/** The order to close the epochs of an ad, in the log of its impressions. */
export interface RightsClosed {
  readonly generation: number;
  /** Closes the epochs up to this number. */
  readonly through: number;
  /** Up to where the ledger had closed them when this was written. */
  readonly ledgerClosed: number;
  /**
   * How long impressions were good for where this was written, in minutes; undefined in older records: as the stage says
   * now. A longer time, set later, must not make a record close less when it is read again: the rights are back.
   */
  readonly impressionMinutes?: number | undefined;
}

/**
 * What a record closes in the counter, at its place in the log: the impressions behind it are late, and those before it
 * are final. It stops at the epochs that could be closed when the record arrived, so a fast clock closes nothing that
 * still counts, and the record closes the same whenever it is read. undefined: nothing; only the mark moves over the
 * record. The write has to move that mark.
 */
export function closeCounter(
  { generation, through, ledgerClosed }: RightsClosed,
  counter: CountedRights,
  arrivedAtMs: number,
  impressionMinutes: number,
): ItemChange | undefined {
  const closed = Math.min(through, closableThrough(arrivedAtMs, impressionMinutes));
  // Generations without a goal have no rights to close.
  if (!hasRights(generation)) return undefined;
  if (counter.generation !== generation || closed <= (counter.closed ?? -1)) return undefined;
  const returned = [...counter.counted.keys()].filter((epoch) => epoch <= ledgerClosed);
  const over = [...counter.days.keys()].filter((day) => firstEpochAfterDay(day) <= closed);
  return {
    set: { closed: BigInt(closed) },
    remove: [...returned.map(countedAttribute), ...over.map(dayAttribute)],
    condition: all(compare('generation', '=', generation), absentOr('closed', '<', closed)),
  };
}

/**
 * Takes back the rights of epochs that the counter has closed. The counter must have been read before the ledger, and
 * both strongly. undefined: there is nothing to take back, and the ledger has closed as much as the counter.
 *
 * A lease in an epoch without rights may come between the read of the ledger and this write, which then closes the
 * epoch. The counter had closed it before, so none of these rights is counted, and the next call takes them back.
 *
 * Impressions without a right are none of ours: a key has leaked, or the ledger is an old one. They join `used` all the
 * same, so that no more rights go out for them, and `over`, which a sweep looks at.
 */
export function returnRights(counter: CountedRights, ledger: Ledger): ItemChange | undefined {
  const { closed = -1 } = counter;
  if (counter.generation !== ledger.generation) return undefined;
  const epochs = [...ledger.leased].filter(([epoch]) => epoch <= closed);
  if (closed <= ledger.closed && epochs.length === 0) return undefined;
  const ended = [...ledger.days.keys()].filter((day) => firstEpochAfterDay(day) <= closed);
  const back = new Map<string, number>();
  const add = (name: string, rights: number): void => {
    back.set(name, (back.get(name) ?? 0) + rights);
  };
  for (const [epoch, leased] of [...epochs, ...unleasedEpochs(counter, ledger)]) {
    const unseen = leased - (counter.counted.get(epoch) ?? 0);
    add('used', -unseen);
    add(unseen < 0 ? 'over' : 'returned', Math.abs(unseen));
    if (!ended.includes(dayOfEpoch(epoch))) add(dayAttribute(dayOfEpoch(epoch)), -unseen);
  }
  // Of epochs that an old ledger has never heard of, or believes to be open.
  const missing = Math.max(0, counter.total - ledger.used - (back.get('used') ?? 0));
  add('used', missing);
  add('over', missing);
  return {
    set: { closed: BigInt(Math.max(closed, ledger.closed)) },
    add: Object.fromEntries(
      [...back].filter(([, count]) => count !== 0).map(([name, count]) => [name, BigInt(count)]),
    ),
    remove: [...epochs.map(([epoch]) => leasedAttribute(epoch)), ...ended.map(dayAttribute)],
    condition: all(
      compare('generation', '=', ledger.generation),
      compare('closed', '=', ledger.closed),
      ...epochs.map(([epoch, leased]) => compare(leasedAttribute(epoch), '=', leased)),
    ),
  };
}

/** Epochs that the counter has closed and the ledger not, with impressions and no rights. */
function unleasedEpochs(counter: CountedRights, ledger: Ledger): readonly (readonly [number, number])[] {
  const { closed = -1 } = counter;
  return [...counter.counted.keys()]
    .filter((epoch) => epoch > ledger.closed && epoch <= closed && !ledger.leased.has(epoch))
    .map((epoch) => [epoch, 0]);
}
