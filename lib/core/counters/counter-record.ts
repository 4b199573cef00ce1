import { assert } from '../assert.ts';
import { isLate, readFence } from '../delivery/goals/fence.ts';
import type { RightsRecord } from '../delivery/goals/rights-record.ts';
import type { Tracked } from '../delivery/tracked-event.ts';
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

/** A tracked event that is not counted: each of its records is one more in the number of its counter. */
export interface Uncounted {
  readonly type: 'uncounted';
  /**
   * `repeat`: a duplicate if the record of this event before it in the batch is settled. `duplicate`: it has a claim.
   * `late`: its counter has another generation, or has closed its epoch.
   */
  readonly as: 'repeat' | 'duplicate' | 'late';
  readonly event: Tracked;
}

/** A record, as its counter needs it. */
export interface CounterRecord {
  readonly sequenceNumber: string;
  /** The attribute of the counter item that holds the mark of this record's partition key. */
  readonly markAttribute: string;
  /** Its index in the batch. */
  readonly index: number;
  readonly content: Incremented | Repeat | Tracked | Uncounted | RightsRecord | Poison;
}

/** The records of a batch that belong to one counter item, by sequence number. */
export interface CounterGroup {
  /** The name of the item; a valid counter key unless all the group's records are poison. */
  readonly counterKey: string;
  readonly records: readonly CounterRecord[];
}

/** The attributes of a counter item; only the marks and the fence are read. */
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

/** Turns the records of event ids that have been counted already into repeats, those of ads into duplicates. */
export function toRepeats(
  records: readonly CounterRecord[],
  countedEventIds: ReadonlySet<string>,
): readonly CounterRecord[] {
  return records.map((record) => {
    const { content } = record;
    if (!countsOnce(content) || !countedEventIds.has(content.id)) return record;
    return content.type === 'Incremented'
      ? { ...record, content: { type: 'repeat', count: content.count } }
      : { ...record, content: { type: 'uncounted', as: 'duplicate', event: content } };
  });
}

/**
 * Judges the tracked records of a counter anew, by the item as it is: which are late (fence.ts). Only a
 * claim makes a duplicate for good, so a repeat whose first record is not among these counts by itself again.
 */
export function judgeTracked(
  records: readonly CounterRecord[],
  item: StoredItem | undefined,
): readonly CounterRecord[] {
  const fence = readFence(item);
  const seen = new Set<string>();
  return records.map((record) => {
    const event = trackedOf(record.content);
    if (event === undefined || event.invalid !== undefined) return record;
    if (isLate(event, fence)) return { ...record, content: { type: 'uncounted', as: 'late', event } };
    if (record.content.type === 'uncounted' && record.content.as === 'duplicate') return record;
    const isRepeat = seen.has(event.id);
    seen.add(event.id);
    return { ...record, content: isRepeat ? { type: 'uncounted', as: 'repeat', event } : event };
  });
}

/** Whether another record with its event id does not count. */
export function countsOnce(content: CounterRecord['content']): content is Incremented | Tracked {
  return content.type === 'Incremented' || (content.type === 'Tracked' && content.invalid === undefined);
}

function trackedOf(content: CounterRecord['content']): Tracked | undefined {
  if (content.type === 'Tracked') return content;
  return content.type === 'uncounted' ? content.event : undefined;
}
