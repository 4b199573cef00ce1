import type { Bytes } from './databases.ts';
import type { DroppedTable } from './dropped-table.ts';
import type { LmdbLimits } from './lmdb-limits.ts';
import { blockBound, decodeBlockKey, type BlockKey } from './record-block.ts';
import type { WriteBatch } from './write-batch.ts';

export interface TrimResult {
  readonly records: number;
  readonly bytes: number;
}

interface Candidate {
  readonly key: Buffer;
  readonly block: BlockKey;
}

/**
 * Removes the oldest blocks: those past the retention, and younger ones if bytes must be freed. It never
 * removes a block that a registered consumer has not settled.
 */
export class LogTrimmer {
  readonly #log: Bytes;
  readonly #dropped: DroppedTable;
  readonly #blocksMax: number;

  constructor(log: Bytes, dropped: DroppedTable, limits: Pick<LmdbLimits, 'blocksPerTrimMax'>) {
    this.#log = log;
    this.#dropped = dropped;
    this.#blocksMax = limits.blocksPerTrimMax;
  }

  /** `settledNumbers`: by shard index, the last number that every consumer has settled. */
  trim(
    batch: WriteBatch,
    settledNumbers: readonly number[],
    wanted: { readonly arrivedBeforeMs: number; readonly bytes: number },
  ): TrimResult {
    // Jobs of one batch do not see each other's removals, so this remembers them.
    const trimmed = batch.local<number[]>(this, () => settledNumbers.map(() => 0));
    const candidates = settledNumbers
      .flatMap((settled, shardIndex) => this.#settledBlocks(shardIndex, trimmed[shardIndex] ?? 0, settled))
      .sort((a, b) => a.block.lastNumber - b.block.lastNumber)
      .slice(0, this.#blocksMax);
    const touched = new Set<number>();
    let records = 0;
    let bytes = 0;
    for (const { key, block } of candidates) {
      // All shards share one sequence of numbers, so the candidates are in order of arrival.
      if (block.arrivedAtMs >= wanted.arrivedBeforeMs && bytes >= wanted.bytes) break;
      batch.remove(this.#log, key);
      trimmed[block.shardIndex] = block.lastNumber;
      touched.add(block.shardIndex);
      records += block.count;
      bytes += block.bytes;
    }
    for (const index of touched) this.#dropped.write(batch, index, trimmed[index] ?? 0);
    return { records, bytes };
  }

  #settledBlocks(shardIndex: number, after: number, settled: number): Candidate[] {
    const candidates: Candidate[] = [];
    const keys = this.#log.getKeys({
      start: blockBound(shardIndex, after + 1),
      end: blockBound(shardIndex + 1, 0),
      limit: this.#blocksMax,
    });
    for (const key of keys) {
      const block = decodeBlockKey(key);
      if (block.lastNumber > settled) break;
      candidates.push({ key, block });
    }
    return candidates;
  }
}
