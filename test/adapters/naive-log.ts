import type { LogEntry } from '../../lib/ports/event-log.ts';

/** A record as the naive log keeps it. */
export interface NaiveRecord {
  readonly number: number;
  readonly key: string;
  readonly text: string;
  readonly arrivedAtMs: number;
}

interface NaiveBlock {
  readonly shardId: string;
  readonly arrivedAtMs: number;
  readonly records: NaiveRecord[];
  bytes: number;
}

export interface NaiveLimits {
  readonly blockBytesMax: number;
  readonly blocksPerTrimMax: number;
  readonly retentionMs: number;
}

/**
 * What the log on LMDB promises, in lists: blocks of records, checkpoints, and the last number that each
 * shard has dropped. It is told where a key goes, and says which numbers its records get.
 */
export class NaiveLog {
  readonly #limits: NaiveLimits;
  #blocks: NaiveBlock[] = [];
  #next = 1;
  readonly #checkpoints = new Map<string, number>();
  readonly #dropped = new Map<string, number>();

  constructor(limits: NaiveLimits) {
    this.#limits = limits;
  }

  get lastNumber(): number {
    return this.#next - 1;
  }

  /** The records of one commit. Each shard fills one block after the other; a full one takes no more. */
  append(
    entries: readonly LogEntry[],
    shardIdOf: (key: string) => string,
    arrivedAtMs: number,
  ): readonly number[] {
    const blocks: { shardId: string; bytes: number; indexes: number[] }[] = [];
    entries.forEach(({ partitionKey, data }, index) => {
      const shardId = shardIdOf(partitionKey);
      const last = blocks.findLast((block) => block.shardId === shardId);
      const filling = last !== undefined && last.bytes < this.#limits.blockBytesMax ? last : undefined;
      const block = filling ?? { shardId, bytes: 0, indexes: [] };
      if (filling === undefined) blocks.push(block);
      // The key and the data, each with its length in one byte.
      block.bytes += 1 + Buffer.byteLength(partitionKey) + 1 + data.length;
      block.indexes.push(index);
    });
    const numbers: number[] = [];
    for (const { shardId, bytes, indexes } of blocks) {
      const records = indexes.map((index): NaiveRecord => {
        const entry = entries[index];
        const number = this.#next;
        this.#next += 1;
        numbers[index] = number;
        const text = Buffer.from(entry?.data ?? []).toString('latin1');
        return { number, key: entry?.partitionKey ?? '', text, arrivedAtMs };
      });
      this.#blocks.push({ shardId, arrivedAtMs, records, bytes });
    }
    return numbers;
  }

  read(
    shardId: string,
    after: number,
    { recordsMax, bytesMax }: { readonly recordsMax: number; readonly bytesMax: number },
  ): readonly NaiveRecord[] {
    const page: NaiveRecord[] = [];
    let bytes = 0;
    for (const record of this.records(shardId)) {
      if (record.number <= after) continue;
      bytes += record.text.length;
      if (page.length === recordsMax || (page.length > 0 && bytes > bytesMax)) break;
      page.push(record);
    }
    return page;
  }

  records(shardId: string): readonly NaiveRecord[] {
    return this.#blocks.filter((block) => block.shardId === shardId).flatMap(({ records }) => records);
  }

  settle(consumer: string, shardId: string, number: number): void {
    this.#checkpoints.set(`${consumer} ${shardId}`, number);
  }

  checkpoint(consumer: string, shardId: string): string | undefined {
    return this.#checkpoints.get(`${consumer} ${shardId}`)?.toString();
  }

  /** Old blocks whose every record is settled by all consumers, oldest first, up to the first younger one. */
  trim(consumers: readonly string[], nowMs: number): { records: number; bytes: number } {
    const settledOf = (shardId: string): number =>
      Math.min(...consumers.map((consumer) => this.#checkpoints.get(`${consumer} ${shardId}`) ?? 0));
    const held = new Set<string>();
    const settled = this.#blocks.filter(({ shardId, records }) => {
      if (records.some(({ number }) => number > settledOf(shardId))) held.add(shardId);
      return !held.has(shardId);
    });
    const trimmed: NaiveBlock[] = [];
    for (const block of settled.slice(0, this.#limits.blocksPerTrimMax)) {
      if (nowMs - block.arrivedAtMs <= this.#limits.retentionMs) break;
      trimmed.push(block);
      this.#dropped.set(block.shardId, block.records.at(-1)?.number ?? 0);
    }
    this.#blocks = this.#blocks.filter((block) => !trimmed.includes(block));
    return {
      records: trimmed.reduce((sum, { records }) => sum + records.length, 0),
      bytes: trimmed.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** The last number that is gone from the shard; 0: none. */
  dropped(shardId: string): number {
    return this.#dropped.get(shardId) ?? 0;
  }
}
