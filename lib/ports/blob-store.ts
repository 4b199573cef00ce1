export const blobNameBytesMax = 200;
export const blobBytesMax = 16_000_000;

/**
 * Bytes that never change, under a name that is made of their hash.
 *
 * Promise: a blob is durable, and every later `get` finds it, when `put` resolves. A name always has the same bytes, so
 * storing them again changes nothing. Rejects with a StateStoreError; after `state-unavailable` a blob may be stored or
 * removed, now or later. Names have 1..`blobNameBytesMax` characters of `a-z`, `0-9` and `/`; another, or a larger blob,
 * is refused with a RangeError.
 */
export interface BlobStore {
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** undefined: there is none. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Removing a missing one is no error. */
  remove(name: string): Promise<void>;
}
