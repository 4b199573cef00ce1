import type { CounterRecord, Poison, Repeat } from './counter-record.ts';
import type { Incremented } from './increment-event.ts';

/** One transaction holds at most 100 actions, and one of them is the update of the counter. */
export const claimsPerChunkMax = 99;

/** The mark of one partition key: moves to `last` if it stands below `first`. */
export interface MarkMove {
  readonly attribute: string;
  readonly first: string;
  readonly last: string;
}

/** A run of a counter's records that is added up and settled by one write. */
export interface CountChunk {
  readonly type: 'count';
  /** How many records it settles, from the first on. */
  readonly size: number;
  readonly sum: bigint;
  /** Increments in the sum, and increments left out of it as repeats. */
  readonly count: number;
  readonly repeats: number;
  /** Event ids that must not have been counted yet; at most `claimsPerChunkMax`, each once. */
  readonly claims: readonly string[];
  /** One per partition key that occurs. */
  readonly marks: readonly MarkMove[];
  /** The earliest request in the sum, milliseconds; undefined when nothing is added. */
  readonly oldestAtMs: number | undefined;
}

/** One record that cannot be counted. */
export interface GiveUpChunk {
  readonly type: 'give-up';
  readonly record: CounterRecord;
  readonly reason: string;
}

/**
 * The first chunk of a counter's records, which are in order; undefined when there are none. Everything up to the next
 * poison record is added up in one update; records of keyed requests need a claim each, and what comes after the
 * 99th claim is left for the next chunk. A poison record is a chunk by itself.
 */
export function firstChunk(records: readonly CounterRecord[]): CountChunk | GiveUpChunk | undefined {
  const [head] = records;
  if (head === undefined) return undefined;
  if (head.content.type === 'poison') return { type: 'give-up', record: head, reason: head.content.reason };
  const fold = new Fold();
  for (const record of records) {
    if (record.content.type === 'poison' || !fold.add(record, record.content)) break;
  }
  return fold.chunk();
}

/** Decimal digits that a float holds exactly, with room to add many of them. */
const smallDigitsMax = 12;
const smallSumMax = 2 ** 52;

class Fold {
  #size = 0;
  #sum = 0n;
  /** Part of the sum, kept apart because adding floats is much cheaper than adding bigints. */
  #smallSum = 0;
  #count = 0;
  #repeats = 0;
  #oldestAtMs: number | undefined;
  readonly #claims: string[] = [];
  readonly #marks: { attribute: string; first: string; last: string }[] = [];

  /** false: it does not fit any more. */
  add(record: CounterRecord, content: Exclude<CounterRecord['content'], Poison>): boolean {
    if (content.type === 'Incremented' && content.keyed && this.#claims.length === claimsPerChunkMax)
      return false;
    this.#addContent(content);
    this.#moveMark(record);
    this.#size += 1;
    return true;
  }

  chunk(): CountChunk {
    return {
      type: 'count',
      size: this.#size,
      sum: this.#sum + BigInt(this.#smallSum),
      count: this.#count,
      repeats: this.#repeats,
      claims: this.#claims,
      marks: this.#marks,
      oldestAtMs: this.#oldestAtMs,
    };
  }

  #addContent(content: Incremented | Repeat): void {
    if (content.type === 'repeat') {
      this.#repeats += content.count;
      return;
    }
    if (content.keyed) this.#claims.push(content.id);
    this.#count += content.count;
    if (this.#oldestAtMs === undefined || content.at < this.#oldestAtMs) this.#oldestAtMs = content.at;
    this.#addValue(content.value);
  }

  #addValue(digits: string): void {
    if (digits.length > smallDigitsMax) {
      this.#sum += BigInt(digits);
      return;
    }
    this.#smallSum += Number(digits);
    if (this.#smallSum > smallSumMax) {
      this.#sum += BigInt(this.#smallSum);
      this.#smallSum = 0;
    }
  }

  #moveMark({ markAttribute, sequenceNumber }: CounterRecord): void {
    // Nearly always a counter has one partition key; the search is for the others.
    const [only] = this.#marks;
    const mark =
      only?.attribute === markAttribute
        ? only
        : this.#marks.find(({ attribute }) => attribute === markAttribute);
    if (mark === undefined) {
      this.#marks.push({ attribute: markAttribute, first: sequenceNumber, last: sequenceNumber });
    } else {
      mark.last = sequenceNumber;
    }
  }
}
