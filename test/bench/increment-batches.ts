import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { encodeIncrement } from '../../lib/app/counters/increment-codec.ts';
import { Prng } from '../support/prng.ts';

export const firstNumber = 49_680_425_110_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000n;
export const startMs = 1_767_225_600_000;

type IncrementRecord = Pick<KinesisStreamRecord, 'eventID' | 'eventSourceARN'> & { readonly kinesis: object };

/** As much of a record of Lambda's event as functions read. */
export function incrementRecord(key: string, sequenceNumber: string, data: Uint8Array): IncrementRecord {
  return {
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/adtally-dev-increments.1',
    kinesis: {
      partitionKey: key,
      sequenceNumber,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: startMs / 1000,
    },
  };
}

/** Batches of unkeyed increments as Lambda hands them over, each behind the last in one shard. */
export class IncrementBatches {
  readonly keys: number;
  /** Of all values so far. */
  sum = 0n;
  /** In the last batch. */
  distinctKeys = 0;
  readonly #prng: Prng;
  readonly #size: number;
  #number = firstNumber;

  constructor(seed: number, keys: number, size: number) {
    this.#prng = new Prng(seed);
    this.keys = keys;
    this.#size = size;
  }

  /** Random keys. */
  next(): KinesisStreamEvent {
    return this.#batch(Array.from({ length: this.#size }, () => this.#prng.int(0, this.keys - 1)));
  }

  /** Every key once, in as many batches as that takes. */
  *ofEveryKey(): Generator<KinesisStreamEvent> {
    for (let from = 0; from < this.keys; from += this.#size) {
      yield this.#batch(Array.from({ length: Math.min(this.#size, this.keys - from) }, (_, i) => from + i));
    }
  }

  #batch(keys: readonly number[]): KinesisStreamEvent {
    this.distinctKeys = new Set(keys).size;
    // From JSON, as it comes to a function.
    return JSON.parse(
      JSON.stringify({ Records: keys.map((key) => this.#record(key)) }),
    ) as KinesisStreamEvent;
  }

  #record(number: number): IncrementRecord {
    const key = `ad-${number}-0190f3c1`;
    const value = this.#prng.int(1, 99);
    this.sum += BigInt(value);
    const id = Array.from({ length: 4 }, () => this.#prng.uint32().toString(16).padStart(8, '0')).join('');
    const event = {
      v: 1,
      type: 'Incremented',
      id,
      key,
      value: String(value),
      count: 1,
      keyed: false,
      at: startMs,
    } as const;
    const data = encodeIncrement(event);
    this.#number += 1n;
    const sequenceNumber = this.#number.toString();
    return incrementRecord(key, sequenceNumber, data);
  }
}
