import { assert } from '../../../lib/core/assert.ts';
import { compareSequenceNumbers } from '../../../lib/core/sequence-number.ts';
import type { LogRecord, Shard } from '../../../lib/ports/log-reader.ts';

/** One shard's records in order. It owns the partition keys whose hash is in `hashFrom` .. `hashTo` - 1. */
export class MemoryShard implements Shard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly hashFrom: number;
  readonly hashTo: number;
  closed = false;
  #records: LogRecord[] = [];

  constructor(shard: Pick<MemoryShard, 'shardId' | 'parentShardIds' | 'hashFrom' | 'hashTo'>) {
    this.shardId = shard.shardId;
    this.parentShardIds = shard.parentShardIds;
    this.hashFrom = shard.hashFrom;
    this.hashTo = shard.hashTo;
  }

  append(record: LogRecord): void {
    assert(!this.closed, 'a closed shard gets no further record');
    this.#records.push(record);
  }

  close(): void {
    this.closed = true;
  }

  read(
    after: string | undefined,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): readonly LogRecord[] {
    const records: LogRecord[] = [];
    let bytes = 0;
    for (let i = this.#firstAfter(after); i < this.#records.length; i += 1) {
      const record = this.#records[i];
      assert(record !== undefined, 'an index within bounds');
      bytes += record.data.byteLength;
      if (records.length >= limits.recordsMax) break;
      if (records.length > 0 && bytes > limits.bytesMax) break;
      records.push({ ...record, data: Uint8Array.from(record.data) });
    }
    return records;
  }

  dropBefore(arrivedBeforeMs: number): number {
    const kept = this.#records.findIndex((record) => record.arrivedAtMs >= arrivedBeforeMs);
    const dropped = kept < 0 ? this.#records.length : kept;
    this.#records = this.#records.slice(dropped);
    return dropped;
  }

  #firstAfter(after: string | undefined): number {
    if (after === undefined) return 0;
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.#records[middle];
      assert(record !== undefined, 'binary search stays within bounds');
      if (compareSequenceNumbers(record.sequenceNumber, after) > 0) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
