import { fenceOf, hasRights, joinFences, type Fence } from '../delivery/goals/fence.ts';
import { isRightsRecord, type RightsRecord } from '../delivery/goals/rights-record.ts';
import { invalidNumber, type Tracked, type UncountedNumber } from '../delivery/tracked-event.ts';
import type { CounterRecord, Poison, Repeat, Uncounted } from './counter-record.ts';
import { DecimalSum } from './decimal-sum.ts';
import type { Incremented } from './increment-event.ts';
import { SeriesFold, seriesItemsMax, type SeriesLevel, type SeriesSum } from './series.ts';

/** One transaction holds at most 100 actions; one of them updates the counter, some update its series. */
export const claimsPerChunkMax = 99;

/** Moves the mark of one partition key to `last` if it is below `first`. */
export interface MarkMove {
  readonly attribute: string;
  readonly first: string;
  readonly last: string;
}

/** Consecutive records of a counter that one write adds up and settles. */
export interface CountChunk {
  readonly type: 'count';
  /** How many records it settles, from the first on. */
  readonly size: number;
  readonly sum: bigint;
  /** The same sum by time, once for each level that the stage keeps. */
  readonly series: readonly SeriesSum[];
  /** Increments in the sum, and increments left out of it as repeats. */
  readonly count: number;
  readonly repeats: number;
  /** Event ids that must not have been counted yet; at most `claimsPerChunkMax`, each once. */
  readonly claims: readonly string[];
  /** One per partition key that occurs. */
  readonly marks: readonly MarkMove[];
  /** The earliest request in the sum, milliseconds; undefined when nothing is added. */
  readonly oldestAtMs: number | undefined;
  /** Of the counter of an ad only. */
  readonly tracked?: TrackedPart;
}

/** What a chunk of tracked records does besides adding its sum. */
export interface TrackedPart {
  /** Adds to the numbers of records that are not counted; each is above 0. */
  readonly uncounted: ReadonlyMap<UncountedNumber, bigint>;
  /** What the counter must have, so that the records are what they are taken for; undefined: it does not matter. */
  readonly fence: Fence | undefined;
  /** Those counted that have a right, by epoch; each is above 0. */
  readonly rights: ReadonlyMap<number, bigint>;
}

/** One record that cannot be counted. */
export interface GiveUpChunk {
  readonly type: 'give-up';
  readonly record: CounterRecord;
  readonly reason: string;
}

/** One order about the rights of an ad. */
export interface RightsChunk {
  readonly type: 'rights';
  readonly record: CounterRecord;
  readonly order: RightsRecord;
}

/**
 * The first chunk of a counter's records, which are in order; undefined when there are none. One update adds
 * up everything before the next poison record or order. Each record of a keyed request needs a claim; when the
 * transaction is full, the rest is left to the next chunk. A poison record is a chunk of its own, and so is an order.
 */
export function firstChunk(
  records: readonly CounterRecord[],
  levels: readonly SeriesLevel[] = [],
): CountChunk | GiveUpChunk | RightsChunk | undefined {
  const [head] = records;
  if (head === undefined) return undefined;
  if (head.content.type === 'poison') return { type: 'give-up', record: head, reason: head.content.reason };
  if (isRightsRecord(head.content)) return { type: 'rights', record: head, order: head.content };
  const fold = new Fold(levels);
  for (const record of records) {
    const { content } = record;
    if (content.type === 'poison' || isRightsRecord(content) || !fold.add(record, content)) break;
  }
  return fold.chunk();
}

type Countable = Exclude<CounterRecord['content'], Poison | RightsRecord>;

class Fold {
  #size = 0;
  #count = 0;
  #repeats = 0;
  #oldestAtMs: number | undefined;
  readonly #sum = new DecimalSum();
  readonly #series: SeriesFold;
  readonly #claimsMax: number;
  readonly #claims: string[] = [];
  readonly #marks: { attribute: string; first: string; last: string }[] = [];
  /** undefined: there is no tracked record yet. */
  #uncounted: Map<UncountedNumber, bigint> | undefined;
  #fence: Fence | undefined;
  readonly #rights = new Map<number, bigint>();

  constructor(levels: readonly SeriesLevel[]) {
    this.#series = new SeriesFold(levels);
    this.#claimsMax = claimsPerChunkMax - seriesItemsMax(levels);
  }

  /** false: it does not fit any more. */
  add(record: CounterRecord, content: Countable): boolean {
    if (!this.#addAny(content)) return false;
    this.#moveMark(record);
    this.#size += 1;
    return true;
  }

  chunk(): CountChunk {
    return {
      type: 'count',
      size: this.#size,
      sum: this.#sum.value(),
      series: this.#series.sums(),
      count: this.#count,
      repeats: this.#repeats,
      claims: this.#claims,
      marks: this.#marks,
      oldestAtMs: this.#oldestAtMs,
      ...(this.#uncounted !== undefined && {
        tracked: { uncounted: this.#uncounted, fence: this.#fence, rights: this.#rights },
      }),
    };
  }

  #addAny(content: Countable): boolean {
    switch (content.type) {
      case 'Incremented':
      case 'repeat':
        return this.#addIncrements(content);
      case 'Tracked':
      case 'uncounted':
        return this.#addTracked(content);
    }
  }

  #addTracked(content: Tracked | Uncounted): boolean {
    const own = fenceOfContent(content);
    const fence = own === undefined || this.#fence === undefined ? own : joinFences(this.#fence, own);
    if (own !== undefined && fence === undefined) return false;
    const number = uncountedNumber(content);
    if (content.type === 'Tracked' && number === undefined) {
      if (this.#claims.length === this.#claimsMax || !this.#series.add(content.at, '1')) return false;
      this.#sum.add('1');
      this.#claims.push(content.id);
      this.#count += 1;
      if (content.kind === 'impression' && hasRights(content.generation)) addTo(this.#rights, content.epoch);
    }
    this.#fence = fence ?? this.#fence;
    this.#uncounted ??= new Map<UncountedNumber, bigint>();
    if (number !== undefined) addTo(this.#uncounted, number);
    return true;
  }

  #addIncrements(content: Incremented | Repeat): boolean {
    if (content.type === 'repeat') {
      this.#repeats += content.count;
      return true;
    }
    if (content.keyed && this.#claims.length === this.#claimsMax) return false;
    if (!this.#series.add(content.at, content.value)) return false;
    this.#sum.add(content.value);
    if (content.keyed) this.#claims.push(content.id);
    this.#count += content.count;
    if (this.#oldestAtMs === undefined || content.at < this.#oldestAtMs) this.#oldestAtMs = content.at;
    return true;
  }

  #moveMark({ markAttribute, sequenceNumber }: CounterRecord): void {
    // A counter nearly always has one partition key; the search is for the rest.
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

function fenceOfContent(content: Tracked | Uncounted): Fence | undefined {
  return content.type === 'Tracked' ? fenceOf(content, false) : fenceOf(content.event, content.as === 'late');
}

function addTo<Key>(numbers: Map<Key, bigint>, key: Key): void {
  numbers.set(key, (numbers.get(key) ?? 0n) + 1n);
}

/** undefined: it is counted. */
function uncountedNumber(content: Tracked | Uncounted): UncountedNumber | undefined {
  if (content.type === 'uncounted') return content.as === 'late' ? 'late' : 'duplicate';
  return content.invalid === undefined ? undefined : invalidNumber(content.invalid);
}
