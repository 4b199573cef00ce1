import { assert } from '../../core/assert.ts';
import type { LogRecord } from '../../ports/log-reader.ts';
import { recordPayloadBytes } from './kinesis-event.ts';
import { laneOf } from './lane-of.ts';
import { LaneQueue } from './lane-queue.ts';

export interface ReadAheadOptions {
  readonly lanes: number;
  readonly batchSize: number;
  /** Reading stops while this many records are read and not settled. */
  readonly recordsMax: number;
  readonly payloadBytesMax: number;
  /** See recordOverheadBytes. */
  readonly overheadBytes: number;
}

/** The records of one read: the ordinals `first` .. `first + records.length - 1`. */
interface Chunk {
  readonly first: number;
  readonly records: readonly LogRecord[];
  readonly readAtMs: number;
}

/**
 * The records of one shard that are read and not settled, by lane. Their ordinals count them in the order of
 * the shard. Each lane settles at its own pace; the checkpoint is just before the lowest record that is not
 * settled.
 */
export class ReadAhead {
  readonly lanes: readonly LaneQueue[];
  readonly #options: ReadAheadOptions;
  /** Oldest first; those settled whole are dropped. */
  readonly #chunks: Chunk[] = [];
  #nextOrdinal = 0;
  #lowestUnsettled = 0;
  #unsettled = 0;
  #payloadBytes = 0;
  #position: string | undefined;
  #checkpoint: string | undefined;

  /** `checkpoint`: the last sequence number settled before. */
  constructor(options: ReadAheadOptions, checkpoint: string | undefined) {
    this.#options = options;
    this.#position = checkpoint;
    this.#checkpoint = checkpoint;
    this.lanes = Array.from({ length: options.lanes }, () => new LaneQueue(options.batchSize));
  }

  /** The last sequence number read. */
  get position(): string | undefined {
    return this.#position;
  }

  /** The last sequence number with nothing unsettled before it. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  /** The ordinal of the next record to read, which is the number of records read so far. */
  get nextOrdinal(): number {
    return this.#nextOrdinal;
  }

  get lowestUnsettled(): number {
    return this.#lowestUnsettled;
  }

  get full(): boolean {
    return this.#unsettled >= this.#options.recordsMax || this.#payloadBytes >= this.#options.payloadBytesMax;
  }

  /** There is room for many records: after `full`, reading resumes only here, and not record by record. */
  get roomy(): boolean {
    const { recordsMax, payloadBytesMax } = this.#options;
    return this.#unsettled <= recordsMax / 2 && this.#payloadBytes <= payloadBytesMax / 2;
  }

  get recordsFree(): number {
    return Math.max(0, this.#options.recordsMax - this.#unsettled);
  }

  /** Arrival of the oldest record not settled. */
  get oldestArrivedAtMs(): number | undefined {
    if (this.#unsettled === 0) return undefined;
    return this.#recordAt(this.#lowestUnsettled)?.arrivedAtMs;
  }

  /** When the first record of the lane's next batch was read, on the clock that `add` was given. */
  openedAtMs(lane: LaneQueue): number | undefined {
    const ordinal = lane.firstGathered;
    return ordinal === undefined ? undefined : this.#chunkOf(ordinal)?.readAtMs;
  }

  add(records: readonly LogRecord[], readAtMs: number): void {
    const last = records.at(-1);
    if (last === undefined) return;
    this.#chunks.push({ first: this.#nextOrdinal, records, readAtMs });
    const { lanes, overheadBytes } = this.#options;
    for (const record of records) {
      const bytes = recordPayloadBytes(record, overheadBytes);
      this.lanes[laneOf(record.partitionKey, lanes)]?.push(record, this.#nextOrdinal, bytes);
      this.#nextOrdinal += 1;
      this.#payloadBytes += bytes;
    }
    this.#unsettled += records.length;
    this.#position = last.sequenceNumber;
  }

  settle(lane: LaneQueue, count: number): void {
    if (count === 0) return;
    this.#payloadBytes -= lane.settle(count);
    this.#unsettled -= count;
    let lowest = this.#nextOrdinal;
    for (const { lowestUnsettled } of this.lanes) lowest = Math.min(lowest, lowestUnsettled ?? lowest);
    if (lowest === this.#lowestUnsettled) return;
    assert(lowest > this.#lowestUnsettled, 'what is settled stays settled');
    this.#lowestUnsettled = lowest;
    this.#checkpoint = this.#recordAt(lowest - 1)?.sequenceNumber;
    while (this.#chunks[0] !== undefined && endOf(this.#chunks[0]) <= lowest) this.#chunks.shift();
  }

  #recordAt(ordinal: number): LogRecord | undefined {
    const chunk = this.#chunkOf(ordinal);
    return chunk?.records[ordinal - chunk.first];
  }

  /** Binary search: with reads of one record each there are as many chunks as records. */
  #chunkOf(ordinal: number): Chunk | undefined {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = this.#chunks[middle];
      if (chunk === undefined || endOf(chunk) > ordinal) high = middle;
      else low = middle + 1;
    }
    return this.#chunks[low];
  }
}

function endOf(chunk: Chunk): number {
  return chunk.first + chunk.records.length;
}
