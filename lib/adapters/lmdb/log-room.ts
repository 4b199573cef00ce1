import { liveBytes, type Bytes } from './databases.ts';
import type { CheckpointTable } from './checkpoint-table.ts';
import type { LogTrimmer, TrimResult } from './log-trimmer.ts';
import type { ShardTable } from './shard-table.ts';
import type { WriteBatch } from './write-batch.ts';

export interface LogRoomOptions {
  /** Settled records older than this are trimmed. */
  readonly retentionMs: number;
  /**
   * Above this, settled records are trimmed earlier; if there are none, appends are refused. Default 4 GiB.
   */
  readonly bytesMax?: number;
  /** The consumers that must have settled a record before it is trimmed. Default none. */
  readonly consumers?: readonly string[];
  /** false: another process trims the log; this one refuses an append above the limits. Default true. */
  readonly trims?: boolean;
}

const defaultBytesMax = 4 * 1024 ** 3;

/** A timed step trims down to this share of the limit, so that appends seldom have to. */
const targetShare = 0.9;

/** Keeps a log within its limits of age and bytes. */
export class LogRoom {
  readonly #log: Bytes;
  readonly #table: ShardTable;
  readonly #checkpoints: CheckpointTable;
  readonly #trimmer: LogTrimmer;
  readonly #retentionMs: number;
  readonly #bytesMax: number;
  readonly #consumers: readonly string[];
  readonly #trims: boolean;

  constructor(
    deps: { log: Bytes; table: ShardTable; checkpoints: CheckpointTable; trimmer: LogTrimmer },
    { retentionMs, bytesMax = defaultBytesMax, consumers = [], trims = true }: LogRoomOptions,
  ) {
    this.#log = deps.log;
    this.#table = deps.table;
    this.#checkpoints = deps.checkpoints;
    this.#trimmer = deps.trimmer;
    this.#retentionMs = retentionMs;
    this.#bytesMax = bytesMax;
    this.#consumers = consumers;
    this.#trims = trims;
  }

  /** Reserves `bytes` within the limit, and trims in the same commit if necessary; false: the log is full. */
  reserve(batch: WriteBatch, bytes: number, nowMs: number): boolean {
    const spent = batch.local(this, () => ({ bytes: 0 }));
    const excess = liveBytes(this.#log) + spent.bytes + bytes - this.#bytesMax;
    if (excess > 0 && !this.#trims) return false;
    if (excess > 0) {
      const freed = this.#trim(batch, excess, nowMs).bytes;
      spent.bytes -= freed;
      if (freed < excess) return false;
    }
    spent.bytes += bytes;
    return true;
  }

  /** One step of trimming by age and bytes. */
  trimStep(batch: WriteBatch, nowMs: number): TrimResult {
    return this.#trim(batch, liveBytes(this.#log) - this.#bytesMax * targetShare, nowMs);
  }

  #trim(batch: WriteBatch, bytes: number, nowMs: number): TrimResult {
    const settled = this.#table.shards.map(({ shardId }) => this.#settledNumber(shardId));
    return this.#trimmer.trim(batch, settled, { arrivedBeforeMs: nowMs - this.#retentionMs, bytes });
  }

  /** A consumer without a checkpoint has settled nothing. */
  #settledNumber(shardId: string): number {
    return this.#consumers.reduce(
      (least, consumer) => Math.min(least, Number(this.#checkpoints.read(consumer, shardId) ?? '0')),
      Number.MAX_SAFE_INTEGER,
    );
  }
}
