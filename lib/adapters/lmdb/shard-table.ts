import { assert } from '../../core/assert.ts';
import { hashBoundary, hashSpace } from '../records/partition-hash.ts';
import { DataFormatError } from './data-file.ts';
import type { Bytes } from './databases.ts';

/** A shard of a stream and the partition keys it owns: those whose hash is in `hashFrom` .. `hashTo` - 1. */
export interface StoredShard {
  readonly shardId: string;
  readonly parentShardIds: readonly string[];
  readonly closed: boolean;
  readonly hashFrom: number;
  readonly hashTo: number;
}

const shardsMax = 65_536;

/**
 * The shards of a stream, by index. If the stage's shard count has changed since the last start, all open
 * shards are closed and become the parents of new ones. Readers finish parents first, so each key keeps its
 * order.
 */
export function alignShards(known: readonly StoredShard[], shardCount: number): readonly StoredShard[] {
  const open = known.filter(({ closed }) => !closed);
  if (open.length === shardCount) return known;
  if (!Number.isInteger(shardCount) || shardCount < 1 || known.length + shardCount > shardsMax) {
    throw new RangeError(`${shardCount} shards`);
  }
  const children = Array.from({ length: shardCount }, (_, index): StoredShard => {
    const hashFrom = hashBoundary(index, shardCount);
    const hashTo = hashBoundary(index + 1, shardCount);
    const parents = open.filter((parent) => parent.hashFrom < hashTo && parent.hashTo > hashFrom);
    return {
      shardId: `shardId-${String(known.length + index).padStart(12, '0')}`,
      parentShardIds: parents.map(({ shardId }) => shardId),
      closed: false,
      hashFrom,
      hashTo,
    };
  });
  return [...known.map((shard) => ({ ...shard, closed: true })), ...children];
}

function tableKey(logName: string): Buffer {
  return Buffer.from(`shards/${logName}`);
}

/** The shards of one stream; the open ones are last, in equal parts of the hash space. */
export class ShardTable {
  readonly shards: readonly StoredShard[];
  readonly #firstOpen: number;

  /**
   * Reads the table and applies the stage's shard count. `as-stored` keeps the stored shards, for a process
   * that does not own the folder; it throws a DataFormatError if there are none.
   */
  constructor(meta: Bytes, logName: string, shardCount: number | 'as-stored') {
    const stored = meta.get(tableKey(logName));
    const known = stored === undefined ? [] : (JSON.parse(stored.toString('utf8')) as readonly StoredShard[]);
    if (shardCount === 'as-stored' && known.length === 0) {
      throw new DataFormatError(`there is no ${logName} in the data folder; start a server on it once`);
    }
    this.shards = shardCount === 'as-stored' ? known : alignShards(known, shardCount);
    this.#firstOpen = this.shards.findIndex(({ closed }) => !closed);
    if (this.shards !== known) meta.putSync(tableKey(logName), Buffer.from(JSON.stringify(this.shards)));
  }

  /** The index of the open shard that owns a hash. */
  indexOf(hash: number): number {
    const index = this.#firstOpen + Math.floor((hash / hashSpace) * (this.shards.length - this.#firstOpen));
    const guess = this.shards[index];
    assert(guess !== undefined, 'a hash within the space');
    // Boundaries are rounded down, so the guess is off by one at most.
    if (hash < guess.hashFrom) return index - 1;
    return hash >= guess.hashTo ? index + 1 : index;
  }

  idOf(index: number): string {
    const shard = this.shards[index];
    assert(shard !== undefined, 'an index of the table');
    return shard.shardId;
  }

  /** Throws a RangeError for an unknown shard. */
  indexOfId(shardId: string): number {
    const index = this.shards.findIndex((shard) => shard.shardId === shardId);
    if (index < 0) throw new RangeError(`no shard ${shardId}`);
    return index;
  }
}
