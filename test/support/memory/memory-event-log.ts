import { assert } from '../../../lib/core/assert.ts';
import { noPartitionKey, type StreamName } from '../../../lib/core/streams.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { AppendResult, EventLog, LogEntry } from '../../../lib/ports/event-log.ts';
import type { LogReader, LogRecord, Shard } from '../../../lib/ports/log-reader.ts';
import { AppendListeners } from '../../../lib/adapters/records/append-listeners.ts';
import { assertEntries } from '../../../lib/adapters/records/entry-limits.ts';
import { hashBoundary, partitionHash, hashPosition } from '../../../lib/adapters/records/partition-hash.ts';
import { MemoryShard } from './memory-shard.ts';

export interface MemoryEventLogOptions {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly shardCount: number;
  readonly clock: Pick<Clock, 'nowMs'>;
  /**
   * Default 1. Near a power of ten, or 56 digits long, it shows who compares numbers as text or as floats.
   */
  readonly firstSequenceNumber?: bigint;
}

export type Reshard =
  | { readonly type: 'split'; readonly shardId: string }
  /** Of two shards whose hash ranges touch. */
  | { readonly type: 'merge'; readonly shardIds: readonly [string, string] };

export interface MemoryEventLog extends EventLog, LogReader {
  /** Closes the named shards and opens their children; resolves to the ids of the children. */
  reshard(change: Reshard): Promise<readonly string[]>;
  /**
   * Drops what arrived before `arrivedBeforeMs`, read or not, as a log's retention does; resolves to the
   * number.
   */
  dropBefore(arrivedBeforeMs: number): Promise<number>;
  /**
   * From now on, as a stream with AUTO distribution: takes records without a partition key too, ignores the keys of the
   * others, and puts each into the open shard that `pick` names, by its index below the number that it is given.
   */
  distribute(pick: (openShards: number) => number): void;
  /** From now on by partition key again, as at the beginning. */
  distributeByKey(): void;
  /** Whether it ignores partition keys. */
  readonly ignoresKeys: boolean;
}

export function createMemoryEventLog(options: MemoryEventLogOptions): MemoryEventLog {
  return new ArrayEventLog(options);
}

class ArrayEventLog implements MemoryEventLog {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #shards = new Map<string, MemoryShard>();
  readonly #listeners = new AppendListeners();
  readonly #checkpoints = new Map<string, string>();
  /** One row of numbers for all shards: a child's are larger than its parents' without further ado. */
  #nextNumber: bigint;
  #pick: ((openShards: number) => number) | undefined;

  constructor(options: MemoryEventLogOptions) {
    const { stream, epoch, shardCount, clock, firstSequenceNumber = 1n } = options;
    if (!Number.isInteger(shardCount) || shardCount < 1) throw new RangeError(`${shardCount} shards`);
    this.stream = stream;
    this.epoch = epoch;
    this.#clock = clock;
    this.#nextNumber = firstSequenceNumber;
    for (let i = 0; i < shardCount; i += 1) {
      this.#open([], hashBoundary(i, shardCount), hashBoundary(i + 1, shardCount));
    }
  }

  hashPosition(partitionKey: string): number {
    return hashPosition(partitionKey);
  }

  async append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    return Promise.try(() => {
      assertEntries(
        this.ignoresKeys ? entries.filter(({ partitionKey }) => partitionKey !== noPartitionKey) : entries,
      );
      const touched = new Set<string>();
      const arrivedAtMs = this.#clock.nowMs();
      const results = entries.map((entry): AppendResult => {
        const shard = this.#shardOf(entry.partitionKey);
        const sequenceNumber = this.#takeNumber();
        const { partitionKey } = entry;
        shard.append({ sequenceNumber, partitionKey, data: Uint8Array.from(entry.data), arrivedAtMs });
        touched.add(shard.shardId);
        return { status: 'appended', shardId: shard.shardId, sequenceNumber };
      });
      for (const shardId of touched) this.#listeners.call(shardId);
      return results;
    });
  }

  async shards(): Promise<readonly Shard[]> {
    return Promise.try(() =>
      Array.from(this.#shards.values(), ({ shardId, parentShardIds, closed }) => ({
        shardId,
        parentShardIds,
        closed,
      })),
    );
  }

  async read(
    shardId: string,
    afterSequenceNumber: string | undefined,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly LogRecord[]> {
    return Promise.try(() => this.#shard(shardId).read(afterSequenceNumber, limits));
  }

  onAppend(listener: (shardId: string) => void): () => void {
    return this.#listeners.add(listener);
  }

  async readCheckpoint(consumer: string, shardId: string): Promise<string | undefined> {
    return Promise.try(() => this.#checkpoints.get(`${shardId}/${consumer}`));
  }

  async writeCheckpoint(consumer: string, shardId: string, sequenceNumber: string): Promise<void> {
    return Promise.try(() => {
      this.#checkpoints.set(`${shardId}/${consumer}`, sequenceNumber);
    });
  }

  async reshard(change: Reshard): Promise<readonly string[]> {
    return Promise.try(() => {
      if (change.type === 'split') {
        const parent = this.#openShard(change.shardId);
        const middle = Math.floor((parent.hashFrom + parent.hashTo) / 2);
        parent.close();
        return [
          this.#open([parent.shardId], parent.hashFrom, middle),
          this.#open([parent.shardId], middle, parent.hashTo),
        ];
      }
      const [left, right] = change.shardIds
        .map((shardId) => this.#openShard(shardId))
        .sort((a, b) => a.hashFrom - b.hashFrom);
      assert(left !== undefined && right !== undefined, 'two shards to merge');
      if (left.hashTo !== right.hashFrom) throw new RangeError('only shards side by side can be merged');
      left.close();
      right.close();
      return [this.#open([left.shardId, right.shardId], left.hashFrom, right.hashTo)];
    });
  }

  async dropBefore(arrivedBeforeMs: number): Promise<number> {
    return Promise.try(() =>
      [...this.#shards.values()].reduce((sum, shard) => sum + shard.dropBefore(arrivedBeforeMs), 0),
    );
  }

  distribute(pick: (openShards: number) => number): void {
    this.#pick = pick;
  }

  distributeByKey(): void {
    this.#pick = undefined;
  }

  get ignoresKeys(): boolean {
    return this.#pick !== undefined;
  }

  #open(parentShardIds: readonly string[], hashFrom: number, hashTo: number): string {
    const shardId = `shardId-${String(this.#shards.size).padStart(12, '0')}`;
    this.#shards.set(shardId, new MemoryShard({ shardId, parentShardIds, hashFrom, hashTo }));
    return shardId;
  }

  #shard(shardId: string): MemoryShard {
    const shard = this.#shards.get(shardId);
    if (shard === undefined) throw new RangeError(`no shard ${shardId}`);
    return shard;
  }

  #openShard(shardId: string): MemoryShard {
    const shard = this.#shard(shardId);
    if (shard.closed) throw new RangeError(`shard ${shardId} is closed`);
    return shard;
  }

  #shardOf(partitionKey: string): MemoryShard {
    if (this.#pick !== undefined) {
      const open = [...this.#shards.values()].filter(({ closed }) => !closed);
      const picked = open[this.#pick(open.length)];
      assert(picked !== undefined, 'an open shard');
      return picked;
    }
    const hash = partitionHash(partitionKey);
    for (const shard of this.#shards.values()) {
      if (!shard.closed && hash >= shard.hashFrom && hash < shard.hashTo) return shard;
    }
    throw new Error('the open shards leave no gap');
  }

  #takeNumber(): string {
    const number = this.#nextNumber;
    this.#nextNumber += 1n;
    return number.toString();
  }
}
