import { assert } from '../../core/assert.ts';
import type { LogRecord } from '../../ports/log-reader.ts';

/** Lambda's limit for the payload of one invocation. */
export const payloadBytesMax = 6 * 1024 * 1024;

/** `{"Records":[]}` */
const emptyEventBytes = 14;

/** Settled records are removed from the arrays once there are this many and they are the larger part. */
const cutOffMin = 4096;

/**
 * The records of one lane, in order: [in delivery | gathered for the next batch | beyond it]. The next batch
 * holds as many as fit `batchSize` and the payload limit. It is full when one more would not fit. Each step
 * costs O(1) per record.
 */
export class LaneQueue {
  readonly #batchSize: number;
  readonly #records: LogRecord[] = [];
  readonly #ordinals: number[] = [];
  readonly #payloadBytes: number[] = [];
  #head = 0;
  #taken = 0;
  #gathered = 0;
  #gatheredBytes = emptyEventBytes;
  #full = false;

  constructor(batchSize: number) {
    this.#batchSize = batchSize;
  }

  /** Records not settled. */
  get size(): number {
    return this.#records.length - this.#head;
  }

  /** Records in the next batch so far. */
  get gathered(): number {
    return this.#gathered - this.#taken;
  }

  /** The next batch can take no more. */
  get full(): boolean {
    return this.#full;
  }

  /** The ordinal of the first record not settled; undefined: there is none. */
  get lowestUnsettled(): number | undefined {
    return this.#ordinals[this.#head];
  }

  get oldestUnsettled(): LogRecord | undefined {
    return this.#records[this.#head];
  }

  /** The ordinal of the first record of the next batch. */
  get firstGathered(): number | undefined {
    return this.#ordinals[this.#taken];
  }

  push(record: LogRecord, ordinal: number, payloadBytes: number): void {
    this.#records.push(record);
    this.#ordinals.push(ordinal);
    this.#payloadBytes.push(payloadBytes);
    this.#gather();
  }

  /** Takes the next batch, at least one record; the one before it must be settled. */
  take(): readonly LogRecord[] {
    assert(this.#taken === this.#head, 'one batch at a time per lane');
    assert(this.gathered > 0, 'a batch has a record');
    const batch = this.#records.slice(this.#taken, this.#gathered);
    this.#taken = this.#gathered;
    this.#gatheredBytes = emptyEventBytes;
    this.#full = false;
    this.#gather();
    return batch;
  }

  /** Settles the first `count` records in delivery; returns their payload bytes. */
  settle(count: number): number {
    assert(count <= this.#taken - this.#head, 'only what is in delivery is settled');
    let bytes = 0;
    for (let i = this.#head; i < this.#head + count; i += 1) bytes += this.#payloadBytes[i] ?? 0;
    this.#head += count;
    this.#cutOff();
    return bytes;
  }

  /** A record larger than the limit would go alone; Kinesis accepts 1 MiB, far below it. */
  #gather(): void {
    while (!this.#full && this.#gathered < this.#records.length) {
      const bytes = this.#payloadBytes[this.#gathered] ?? 0;
      if (this.gathered > 0 && this.#gatheredBytes + bytes > payloadBytesMax) {
        this.#full = true;
      } else {
        this.#gathered += 1;
        this.#gatheredBytes += bytes;
        this.#full = this.gathered >= this.#batchSize;
      }
    }
  }

  #cutOff(): void {
    const all = this.#head === this.#records.length;
    if (!all && (this.#head < cutOffMin || this.#head * 2 < this.#records.length)) return;
    for (const column of [this.#records, this.#ordinals, this.#payloadBytes]) column.splice(0, this.#head);
    this.#taken -= this.#head;
    this.#gathered -= this.#head;
    this.#head = 0;
  }
}
