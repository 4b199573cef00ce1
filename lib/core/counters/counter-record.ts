import { assert } from '../assert.ts';
import { toMark } from '../sequence-number.ts';
import type { Incremented } from './increment-event.ts';

/** A body that can never be counted, and why. */
export interface Poison {
  readonly type: 'poison';
  readonly reason: string;
}

/** Its event id was counted, or will be, through another record: adds nothing, but the mark moves over it. */
export interface Repeat {
  readonly type: 'repeat';
  readonly count: number;
}

/** A record, as its counter needs it. */
export interface CounterRecord {
  readonly sequenceNumber: string;
  /** The attribute of the counter item that holds the mark of this record's partition key. */
  readonly markAttribute: string;
  /** Its index in the batch. */
  readonly index: number;
  readonly content: Incremented | Repeat | Poison;
}

/** The records of a batch that belong to one counter item, by sequence number. */
export interface CounterGroup {
  /** The name of the item; a valid counter key unless all the group's records are poison. */
  readonly counterKey: string;
  readonly records: readonly CounterRecord[];
}

/** The attributes of a counter item; only the marks are read. */
type StoredItem = Readonly<Record<string, unknown>>;

/** The records that the stored marks have not reached: only these may still be counted. */
export function dropSettled(
  records: readonly CounterRecord[],
  item: StoredItem | undefined,
): readonly CounterRecord[] {
  if (item === undefined) return records;
  return records.filter((record) => !isSettled(item[record.markAttribute], record.sequenceNumber));
}

/**
 * Whether the mark has passed the number; `mark` is the value of its attribute. The exact opposite of the
 * condition under which a mark moves.
 */
export function isSettled(mark: unknown, sequenceNumber: string): boolean {
  if (mark === undefined) return false;
  assert(typeof mark === 'string', 'a mark is text');
  return mark >= toMark(sequenceNumber);
}

/** Turns the records of event ids that have been counted already into repeats. */
export function toRepeats(
  records: readonly CounterRecord[],
  countedEventIds: ReadonlySet<string>,
): readonly CounterRecord[] {
  return records.map((record) => {
    const { content } = record;
    if (content.type !== 'Incremented' || !countedEventIds.has(content.id)) return record;
    return { ...record, content: { type: 'repeat', count: content.count } };
  });
}
