import { numberAt, numbersAt, type StoredAttributes } from './item-change.ts';
import { dayOfEpoch } from '../epoch.ts';
import { firstGeneration } from '../tracked-event.ts';
import { dayAttribute } from './ledger.ts';

/** What the counter of an ad's impressions holds for its goal. */
export interface CountedRights {
  readonly generation: number;
  /** Impressions of all generations. */
  readonly total: number;
  /** Epochs up to this number are closed: their impressions are late. undefined: none is. */
  readonly closed: number | undefined;
  /** Impressions of this generation by epoch, until the ledger has closed the epoch too. */
  readonly counted: ReadonlyMap<number, number>;
  /** Impressions of decisions with a right, by day. */
  readonly days: ReadonlyMap<number, number>;
}

export function readCountedRights(item: StoredAttributes | undefined): CountedRights {
  return {
    generation: numberAt(item, 'generation') ?? firstGeneration,
    total: numberAt(item, 'total') ?? 0,
    closed: numberAt(item, 'closed'),
    counted: numbersAt(item, 'i'),
    days: numbersAt(item, 'd'),
  };
}

export function countedAttribute(epoch: number): string {
  return `i${epoch}`;
}

/** What the counter adds besides its total for impressions with a right, whose numbers are given by epoch. */
export function countedAdd(rights: ReadonlyMap<number, bigint>): Readonly<Record<string, bigint>> {
  const add: Record<string, bigint> = {};
  for (const [epoch, count] of rights) {
    add[countedAttribute(epoch)] = count;
    const day = dayAttribute(dayOfEpoch(epoch));
    add[day] = (add[day] ?? 0n) + count;
  }
  return add;
}
