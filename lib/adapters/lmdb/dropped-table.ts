import type { Bytes } from './databases.ts';
import { blockBound, decodeBlockKey } from './record-block.ts';
import type { ShardTable } from './shard-table.ts';
import type { WriteBatch } from './write-batch.ts';

/** The last trimmed record number of each shard of a log. */
export class DroppedTable {
  readonly #meta: Bytes;
  readonly #log: Bytes;
  readonly #logName: string;
  readonly #shards: ShardTable;

  constructor(deps: { meta: Bytes; log: Bytes; shards: ShardTable }, logName: string) {
    this.#meta = deps.meta;
    this.#log = deps.log;
    this.#shards = deps.shards;
    this.#logName = logName;
  }

  /** Call it before the first trim: a folder older than this table may already have lost records. */
  begin(): void {
    const key = this.#key('before');
    if (this.#meta.get(key) === undefined) this.#meta.putSync(key, toValue(this.#lowestKept() - 1));
  }

  /** 0: none. For an older folder it may be too high, never too low. */
  numberOf(shardIndex: number): number {
    const before = fromValue(this.#meta.get(this.#key('before'))) ?? this.#lowestKept() - 1;
    return Math.max(before, fromValue(this.#meta.get(this.#key(shardIndex))) ?? 0);
  }

  write(batch: WriteBatch, shardIndex: number, number: number): void {
    batch.put(this.#meta, this.#key(shardIndex), toValue(number));
  }

  /** The lowest kept number of all shards; the next number if no record is left. */
  #lowestKept(): number {
    let lowest = Number(this.#meta.get(Buffer.from(`next/${this.#logName}`))?.toString('latin1') ?? '1');
    for (let index = 0; index < this.#shards.shards.length; index += 1) {
      const range = { start: blockBound(index, 0), end: blockBound(index + 1, 0), limit: 1 };
      for (const key of this.#log.getKeys(range)) {
        const { lastNumber, count } = decodeBlockKey(key);
        lowest = Math.min(lowest, lastNumber - count + 1);
      }
    }
    return lowest;
  }

  #key(what: 'before' | number): Buffer {
    return Buffer.from(`dropped/${this.#logName}/${what}`);
  }
}

function toValue(number: number): Buffer {
  return Buffer.from(String(number), 'latin1');
}

function fromValue(value: Buffer | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toString('latin1'));
}
