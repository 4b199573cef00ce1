import type { StreamName } from '../../core/streams.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AppendResult, EventLog, LogEntry } from '../../ports/event-log.ts';
import type { LogHistory } from '../../ports/log-history.ts';
import { LogError, type LogReader, type LogRecord, type Shard } from '../../ports/log-reader.ts';
import { AppendListeners } from '../records/append-listeners.ts';
import { assertEntries } from '../records/entry-limits.ts';
import { hashPosition } from '../records/partition-hash.ts';
import { BlockAppender } from './block-appender.ts';
import { CheckpointTable } from './checkpoint-table.ts';
import { liveBytes, type Bytes, type Databases } from './databases.ts';
import { DroppedTable } from './dropped-table.ts';
import type { GroupWriter } from './group-writer.ts';
import type { LmdbLimits } from './lmdb-limits.ts';
import { LogRoom, type LogRoomOptions } from './log-room.ts';
import { LogTrimmer, type TrimResult } from './log-trimmer.ts';
import { blockBound, decodeBlockKey, readBlock } from './record-block.ts';
import type { WriteBatch } from './write-batch.ts';
import { ShardTable } from './shard-table.ts';

export interface LmdbEventLogOptions extends LogRoomOptions {
  readonly stream: StreamName;
  /** Logs of other epochs in the same folder are not changed. */
  readonly epoch: string;
  /** If it differs from the last start, the log is resharded; `as-stored`: never. */
  readonly shardCount: number | 'as-stored';
}

export interface LmdbEventLog extends EventLog, LogReader, LogHistory {
  /** Runs one bounded step of trimming; call it every few seconds. Rejects with a LogError. */
  trim(): Promise<TrimResult>;
  /** The bytes of the records. */
  liveBytes(): number;
}

export interface LmdbEventLogDeps {
  readonly databases: Databases;
  readonly writer: GroupWriter;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly limits: LmdbLimits;
}

export function createLmdbEventLog(deps: LmdbEventLogDeps, options: LmdbEventLogOptions): LmdbEventLog {
  return new BlockLog(deps, options);
}

/**
 * All shards share one sequence of numbers, stored with the records. It never restarts, even when all records
 * are trimmed.
 */
class BlockLog implements LmdbEventLog {
  readonly stream: StreamName;
  readonly epoch: string;
  readonly #log: Bytes;
  readonly #writer: GroupWriter;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #table: ShardTable;
  readonly #checkpoints: CheckpointTable;
  readonly #dropped: DroppedTable;
  readonly #room: LogRoom;
  readonly #appender: BlockAppender;
  readonly #listeners = new AppendListeners();

  constructor({ databases, writer, clock, limits }: LmdbEventLogDeps, options: LmdbEventLogOptions) {
    const name = `log/${options.stream}/${options.epoch}`;
    const { meta } = databases;
    const log = databases.openLog(name);
    const table = new ShardTable(meta, name, options.shardCount);
    const checkpoints = new CheckpointTable(meta, writer, name);
    const dropped = new DroppedTable({ meta, log, shards: table }, name);
    if (options.trims !== false) dropped.begin();
    const trimmer = new LogTrimmer(log, dropped, limits);
    const room = new LogRoom({ log, table, checkpoints, trimmer }, options);
    const announce = (shardId: string): void => {
      this.#listeners.call(shardId);
    };
    this.stream = options.stream;
    this.epoch = options.epoch;
    this.#log = log;
    this.#writer = writer;
    this.#clock = clock;
    this.#table = table;
    this.#checkpoints = checkpoints;
    this.#dropped = dropped;
    this.#room = room;
    this.#appender = new BlockAppender({ log, meta, name, table, writer, room, clock, announce, limits });
  }

  async append(entries: readonly LogEntry[]): Promise<readonly AppendResult[]> {
    assertEntries(entries);
    return entries.length === 0 ? [] : this.#appender.append(entries);
  }

  hashPosition(partitionKey: string): number {
    return hashPosition(partitionKey);
  }

  async shards(): Promise<readonly Shard[]> {
    return Promise.resolve(
      this.#table.shards.map(({ shardId, parentShardIds, closed }) => ({ shardId, parentShardIds, closed })),
    );
  }

  async read(
    shardId: string,
    afterSequenceNumber: string | undefined,
    limits: { readonly recordsMax: number; readonly bytesMax: number },
  ): Promise<readonly LogRecord[]> {
    return Promise.try(() => {
      const shardIndex = this.#table.indexOfId(shardId);
      const after = Number(afterSequenceNumber ?? '0');
      const records: LogRecord[] = [];
      if (!Number.isSafeInteger(after)) return records;
      const budget = { records: limits.recordsMax, bytes: limits.bytesMax };
      const range = { start: blockBound(shardIndex, after + 1), end: blockBound(shardIndex + 1, 0) };
      for (const { key, value } of this.#log.getRange(range)) {
        if (!readBlock(value, decodeBlockKey(key), after, records, budget)) break;
      }
      return records;
    });
  }

  async isWhole(
    shardId: string,
    after: { readonly sequenceNumber: string | undefined } | undefined,
  ): Promise<boolean> {
    return Promise.try(() => {
      const dropped = this.#dropped.numberOf(this.#table.indexOfId(shardId));
      return dropped <= Number(after?.sequenceNumber ?? '0');
    });
  }

  async droppedThrough(shardId: string): Promise<string | undefined> {
    return Promise.try(() => {
      const dropped = this.#dropped.numberOf(this.#table.indexOfId(shardId));
      return dropped === 0 ? undefined : String(dropped);
    });
  }

  onAppend(listener: (shardId: string) => void): () => void {
    return this.#listeners.add(listener);
  }

  async readCheckpoint(consumer: string, shardId: string): Promise<string | undefined> {
    return Promise.try(() => this.#checkpoints.read(consumer, shardId));
  }

  async writeCheckpoint(consumer: string, shardId: string, sequenceNumber: string): Promise<void> {
    return this.#checkpoints.write(consumer, shardId, sequenceNumber);
  }

  async trim(): Promise<TrimResult> {
    let result: TrimResult = { records: 0, bytes: 0 };
    const prepare = (batch: WriteBatch): void => {
      result = this.#room.trimStep(batch, this.#clock.nowMs());
    };
    await this.#writer.write(
      { bytes: 0, prepare },
      (outcome) => new LogError(`not trimmed: ${outcome.status}`),
    );
    return result;
  }

  liveBytes(): number {
    return liveBytes(this.#log);
  }
}
