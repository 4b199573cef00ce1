import type { Defect } from '../defect.ts';

export const lmdbDefects: readonly Defect[] = [
  {
    name: 'fence-not-raised',
    file: 'lib/adapters/lmdb/group-writer.ts',
    find: '      void fence.put(fenceKey, fenceValue, generation + 1);',
    replace: '      void fence.put(fenceKey, fenceValue, generation);',
    breaks:
      "An operator's tool beside the running server no longer notices its commits (nor the server the tool's), so both decide on old items and overwrite each other: lost or double counts.",
  },
  {
    name: 'expiry-sweep-never-starts-over',
    file: 'lib/adapters/lmdb/expiry-sweep.ts',
    find: `    this.#position = Buffer.of(0);
    return deleted;`,
    replace: '    return deleted;',
    breaks:
      'After its first walk the sweep stays at the last key, so expired claims, requests and outcomes are never deleted again and the data file grows without bound.',
  },
  {
    name: 'trimmer-takes-half-settled-blocks',
    file: 'lib/adapters/lmdb/log-trimmer.ts',
    find: '      if (block.lastNumber > settled) break;',
    replace: '      if (block.lastNumber - block.count >= settled) break;',
    breaks:
      'A block of which the consumer has settled only the first records is trimmed when the log is full or old; after a restart the rest is gone uncounted.',
  },
  {
    name: 'refused-appends-never-released',
    file: 'lib/adapters/lmdb/pending-appends.ts',
    find: '    this.#owner.release(this.bytes);',
    replace: `    if (outcome.status === 'durable') this.#owner.release(this.bytes);`,
    breaks:
      "Each append that is refused (disk full, overload) stays in the account of waiting bytes; after 64 MiB of them the log answers 'overloaded' until the restart, even with the disk free again.",
  },
  {
    name: 'schedule-time-index-not-cleared',
    file: 'lib/adapters/lmdb/lmdb-expiry-schedule.ts',
    find: `      batch.remove(this.#byName, Buffer.from(name));
      batch.remove(this.#byTime, timeKey(found.atMs, name));`,
    replace: '      batch.remove(this.#byName, Buffer.from(name));',
    breaks:
      'Index entries of fired and cleared schedules stay; after a hundred of them every look-up returns only those, and no schedule fires any more.',
  },
  {
    name: 'query-page-cut-at-a-megabyte',
    file: 'lib/adapters/lmdb/lmdb-state-store.ts',
    find: '        if (items.length >= range.limit || bytes >= pageBytesMax) return { items, more: true };',
    replace: `        if (items.length >= range.limit || bytes >= pageBytesMax)
          return { items, more: items.length >= range.limit };`,
    breaks:
      "A range that is larger than a page's bytes ends silently at the first megabyte: sketches of hot keys, series and tokens behind it are missing.",
  },
  {
    name: 'full-disk-stops-trimming',
    file: 'lib/adapters/lmdb/disk-room.ts',
    find: '    const needed = this.#needed(writes, bytes) + (givesBack ? 0 : this.#marginBytes);',
    replace: '    const needed = this.#needed(writes, bytes) + this.#marginBytes;',
    breaks:
      'When the disk is full, trimming and deleting need the reserved margin and are refused too, so the server can never free space by itself.',
  },
];
