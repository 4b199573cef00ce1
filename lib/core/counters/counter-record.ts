import type { Incremented } from './increment-event.ts';

/** A body that can never be counted as it stands, and why. */
export interface Poison {
  readonly type: 'poison';
  readonly reason: string;
}

/** Its event id was counted, or will be, through another record: adds nothing, but the mark moves over it. */
export interface Repeat {
  readonly type: 'repeat';
  readonly count: number;
}

/** A record as the counter it belongs to sees it. */
export interface CounterRecord {
  readonly sequenceNumber: string;
  /** The attribute of the counter item that holds the mark of this record's partition key. */
  readonly markAttribute: string;
  /** Where it stands in the batch. */
  readonly index: number;
  readonly content: Incremented | Repeat | Poison;
}

/** The records of a batch that belong to one counter item, by sequence number. */
export interface CounterGroup {
  /** The name of the item; a valid counter key unless all the group's records are poison. */
  readonly counterKey: string;
  readonly records: readonly CounterRecord[];
}
