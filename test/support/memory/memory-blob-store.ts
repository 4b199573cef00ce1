import { assertBlob } from '../../../lib/adapters/records/blob-limits.ts';
import type { BlobStore } from '../../../lib/ports/blob-store.ts';

export interface MemoryBlobStore extends BlobStore {
  readonly names: readonly string[];
}

export function createMemoryBlobStore(): MemoryBlobStore {
  const blobs = new Map<string, Uint8Array>();
  return {
    get names() {
      return [...blobs.keys()].sort();
    },
    put: (name, bytes) =>
      Promise.try(() => {
        assertBlob(name, bytes);
        blobs.set(name, Uint8Array.from(bytes));
      }),
    get: (name) =>
      Promise.try(() => {
        assertBlob(name);
        const bytes = blobs.get(name);
        return bytes && Uint8Array.from(bytes);
      }),
    remove: (name) =>
      Promise.try(() => {
        assertBlob(name);
        blobs.delete(name);
      }),
  };
}
