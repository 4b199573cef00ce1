/**
 * The hashes that stored partition keys depend on, written out again from their papers and in the simplest
 * way: test/core/counters/hot/stored-names.test.ts compares lib's with them and with fixed values.
 */

const mask32 = 0xffff_ffffn;

/** FNV-1a over the bytes of UTF-16, little end first, then the finaliser of MurmurHash3. */
export function referenceHash(text: string): number {
  let hash = 0x811c9dc5n;
  for (const byte of Buffer.from(text, 'utf16le')) hash = ((hash ^ BigInt(byte)) * 0x01000193n) & mask32;
  hash = ((hash ^ (hash >> 16n)) * 0x85ebca6bn) & mask32;
  hash = ((hash ^ (hash >> 13n)) * 0xc2b2ae35n) & mask32;
  return Number(hash ^ (hash >> 16n));
}

/** Jump consistent hash: the last bucket below `buckets` that the key jumps to. */
export function referenceJump(key: number, buckets: number): number {
  let state = BigInt(key);
  let [bucket, next] = [-1, 0];
  while (next < buckets) {
    bucket = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = Math.floor(((bucket + 1) * 2 ** 31) / (Number(state >> 33n) + 1));
  }
  return bucket;
}
