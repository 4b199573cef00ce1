import type { LogHistory } from '../../../lib/ports/log-history.ts';
import type { StoredBook } from '../../../lib/ports/stored-book.ts';
import type { MemoryEventLog } from './memory-event-log.ts';

export function createMemoryStoredBook(name = 'the book'): StoredBook {
  let stored: { readonly bytes: Uint8Array; readonly version: string } | undefined;
  let versions = 0;
  return {
    name,
    read: () => Promise.resolve(stored),
    write(bytes, version) {
      if (stored?.version !== version) return Promise.resolve(false);
      versions += 1;
      stored = { bytes: Uint8Array.from(bytes), version: String(versions) };
      return Promise.resolve(true);
    },
  };
}

/** A log that has dropped nothing. */
export function wholeHistory(log: MemoryEventLog): LogHistory {
  return {
    ...{ stream: log.stream, epoch: log.epoch },
    shards: () => log.shards(),
    read: (...args) => log.read(...args),
    isWhole: () => Promise.resolve(true),
    droppedThrough: () => Promise.resolve(undefined),
  };
}
