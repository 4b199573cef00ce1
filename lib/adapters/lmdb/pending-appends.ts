import type { AppendResult, LogEntry } from '../../ports/event-log.ts';
import { partitionHash } from '../records/partition-hash.ts';
import type { CommitOutcome, WriteJob } from './group-writer.ts';
import { BlockBuilder } from './record-block.ts';
import type { ShardTable } from './shard-table.ts';
import type { WriteBatch } from './write-batch.ts';

/** A block with its position in the log, which is known once it is prepared. */
export interface PendingBlock {
  readonly shardIndex: number;
  readonly builder: BlockBuilder;
  firstNumber: number;
}

interface Waiter {
  /** The block of each entry and its index there. */
  readonly places: readonly { readonly block: PendingBlock; readonly index: number }[];
  readonly resolve: (results: readonly AppendResult[]) => void;
}

export interface PendingAppendsOwner {
  readonly table: ShardTable;
  readonly blockBytesMax: number;
  /** Assigns positions to the blocks, or returns why they do not fit. */
  place(blocks: readonly PendingBlock[], bytes: number, batch: WriteBatch): string | undefined;
  /** Notifies the listeners; called once the records are on disk, before their appends resolve. */
  announce(shardIndexes: ReadonlySet<number>): void;
  /** The records are no longer waiting. */
  release(bytes: number): void;
}

/** The appends that wait for one commit, already copied into blocks. */
export class PendingAppends implements WriteJob {
  readonly #owner: PendingAppendsOwner;
  readonly #blocks: PendingBlock[] = [];
  readonly #fillingByShard = new Map<number, PendingBlock>();
  readonly #waiters: Waiter[] = [];
  #refusal: string | undefined;
  bytes = 0;
  /** The commit has begun: no append can join. */
  closed = false;

  constructor(owner: PendingAppendsOwner) {
    this.#owner = owner;
  }

  add(entries: readonly LogEntry[], bytes: number): Promise<readonly AppendResult[]> {
    this.bytes += bytes;
    const places = entries.map((entry) => {
      const block = this.#blockFor(this.#owner.table.indexOf(partitionHash(entry.partitionKey)));
      block.builder.add(entry);
      return { block, index: block.builder.count - 1 };
    });
    return new Promise((resolve) => {
      this.#waiters.push({ places, resolve });
    });
  }

  prepare(batch: WriteBatch): void {
    this.closed = true;
    this.#refusal = this.#owner.place(this.#blocks, this.bytes, batch);
  }

  settle(outcome: CommitOutcome): void {
    // If the disk is full, a job is settled without being prepared.
    this.closed = true;
    this.#owner.release(this.bytes);
    if (outcome.status !== 'durable') {
      this.#answer(() => failure(outcome));
    } else if (this.#refusal !== undefined) {
      const refused = { status: 'refused', reason: this.#refusal } as const;
      this.#answer(() => refused);
    } else {
      this.#owner.announce(new Set(this.#fillingByShard.keys()));
      this.#answer(({ block, index }) => ({
        status: 'appended',
        shardId: this.#owner.table.idOf(block.shardIndex),
        sequenceNumber: String(block.firstNumber + index),
      }));
    }
  }

  #answer(resultOf: (place: Waiter['places'][number]) => AppendResult): void {
    for (const { places, resolve } of this.#waiters) resolve(places.map(resultOf));
  }

  #blockFor(shardIndex: number): PendingBlock {
    const filling = this.#fillingByShard.get(shardIndex);
    if (filling !== undefined && filling.builder.bytes < this.#owner.blockBytesMax) return filling;
    const block = { shardIndex, builder: new BlockBuilder(), firstNumber: 0 };
    this.#fillingByShard.set(shardIndex, block);
    this.#blocks.push(block);
    return block;
  }
}

function failure(outcome: Exclude<CommitOutcome, { status: 'durable' }>): AppendResult {
  if (outcome.status === 'unknown')
    return { status: 'unknown', reason: `the disk failed: ${String(outcome.cause)}` };
  return { status: 'refused', reason: `log ${outcome.reason}` };
}
