import type { StreamName } from '../../../lib/core/streams.ts';
import { partName, type ArchivedPart, type LogArchive } from '../../../lib/ports/log-archive.ts';

export interface MemoryLogArchive extends LogArchive {
  /** Every part, by shard and then as `parts` has them. */
  all(): readonly ArchivedPart[];
  remove(part: ArchivedPart): void;
  bytesOf(part: ArchivedPart): Uint8Array | undefined;
}

interface Stored {
  readonly part: ArchivedPart;
  readonly bytes: Uint8Array;
}

export function createMemoryLogArchive(stream: StreamName = 'increments', epoch = '1'): MemoryLogArchive {
  const shards = new Map<string, Map<string, Stored>>();
  const sorted = (shardId: string): readonly ArchivedPart[] =>
    [...(shards.get(shardId) ?? new Map<string, Stored>())]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { part }]) => part);
  return {
    ...{ stream, epoch },
    shardIds: () => Promise.resolve([...shards.keys()].sort()),
    parts(shardId, { behind, limit }) {
      const start = behind === undefined ? '' : partName(behind);
      const rest = sorted(shardId).filter((part) => partName(part) > start);
      return Promise.resolve({ parts: rest.slice(0, limit), more: rest.length > limit });
    },
    read: (part) => Promise.resolve(shards.get(part.shardId)?.get(partName(part))?.bytes),
    write(part, bytes) {
      const shard = shards.get(part.shardId) ?? new Map<string, Stored>();
      shards.set(part.shardId, shard);
      shard.set(partName(part), { part, bytes: Uint8Array.from(bytes) });
      return Promise.resolve();
    },
    all: () => [...shards.keys()].sort().flatMap(sorted),
    remove(part) {
      shards.get(part.shardId)?.delete(partName(part));
      if (shards.get(part.shardId)?.size === 0) shards.delete(part.shardId);
    },
    bytesOf: (part) => shards.get(part.shardId)?.get(partName(part))?.bytes,
  };
}
