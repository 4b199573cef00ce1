import type { Clock } from '../../ports/clock.ts';
import type { AppendResult, LogEntry } from '../../ports/event-log.ts';
import type { Bytes } from './databases.ts';
import type { GroupWriter } from './group-writer.ts';
import type { LmdbLimits } from './lmdb-limits.ts';
import type { LogRoom } from './log-room.ts';
import { PendingAppends, type PendingAppendsOwner, type PendingBlock } from './pending-appends.ts';
import { encodeBlockKey } from './record-block.ts';
import type { ShardTable } from './shard-table.ts';
import type { WriteBatch } from './write-batch.ts';

export interface BlockAppenderDeps {
  readonly log: Bytes;
  readonly meta: Bytes;
  readonly name: string;
  readonly table: ShardTable;
  readonly writer: GroupWriter;
  readonly room: LogRoom;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly announce: (shardId: string) => void;
  readonly limits: LmdbLimits;
}

/** The most bytes for lengths and headers of a record. */
const recordOverheadBytes = 16;

/** The write end of a log: collects appends, numbers their records and writes them as blocks. */
export class BlockAppender implements PendingAppendsOwner {
  readonly table: ShardTable;
  readonly blockBytesMax: number;
  readonly #deps: BlockAppenderDeps;
  readonly #nextKey: Buffer;
  #pending: PendingAppends | undefined;
  #waitingBytes = 0;

  constructor(deps: BlockAppenderDeps) {
    this.table = deps.table;
    this.blockBytesMax = deps.limits.blockBytesMax;
    this.#deps = deps;
    this.#nextKey = Buffer.from(`next/${deps.name}`);
  }

  append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    const bytes = entries.reduce(
      (sum, { partitionKey, data }) => sum + data.length + partitionKey.length * 3 + recordOverheadBytes,
      0,
    );
    const { appendBytesPerCommitMax, appendBytesWaitingMax } = this.#deps.limits;
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > appendBytesWaitingMax) {
      const refused = { status: 'refused', reason: 'log overloaded' } as const;
      return Promise.resolve(entries.map(() => refused));
    }
    this.#waitingBytes += bytes;
    const joinable =
      this.#pending !== undefined &&
      !this.#pending.closed &&
      this.#pending.bytes + bytes <= appendBytesPerCommitMax;
    if (joinable) return (this.#pending as PendingAppends).add(entries, bytes);
    const pending = new PendingAppends(this);
    const answer = pending.add(entries, bytes);
    this.#pending = pending;
    this.#deps.writer.submit(pending);
    return answer;
  }

  place(blocks: readonly PendingBlock[], bytes: number, batch: WriteBatch): string | undefined {
    const { log, meta, room, clock } = this.#deps;
    const arrivedAtMs = clock.nowMs();
    if (!room.reserve(batch, bytes, arrivedAtMs)) return 'log full: nothing can be trimmed yet';
    const next = batch.local(this, () => {
      const counter = { number: Number(meta.get(this.#nextKey)?.toString('latin1') ?? '1') };
      batch.onFinish(() => {
        batch.put(meta, this.#nextKey, Buffer.from(String(counter.number), 'latin1'));
      });
      return counter;
    });
    for (const block of blocks) {
      const { shardIndex, builder } = block;
      block.firstNumber = next.number;
      next.number += builder.count;
      const key = {
        shardIndex,
        lastNumber: next.number - 1,
        count: builder.count,
        arrivedAtMs,
        bytes: builder.bytes,
      };
      batch.put(log, encodeBlockKey(key), builder.finish());
    }
    return undefined;
  }

  announce(shardIndexes: ReadonlySet<number>): void {
    // In a separate turn: a listener that throws must not prevent the appends from resolving.
    for (const index of shardIndexes) {
      queueMicrotask(() => {
        this.#deps.announce(this.table.idOf(index));
      });
    }
  }

  release(bytes: number): void {
    this.#waitingBytes -= bytes;
  }
}
