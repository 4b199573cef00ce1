/** Shards share the hash space 0 .. `hashSpace` - 1. */
export const hashSpace = 2 ** 32;

/**
 * A stable hash of a partition key: FNV-1a over its UTF-16 code units, then the finaliser of MurmurHash3, so that
 * similar keys spread over the whole space. Stored data depends on it: it must never change.
 */
export function partitionHash(partitionKey: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < partitionKey.length; i += 1) {
    const unit = partitionKey.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The first hash of part `index` when the space is cut into `count` equal parts; part `count` is the end. */
export function hashBoundary(index: number, count: number): number {
  return Math.floor((hashSpace * index) / count);
}
