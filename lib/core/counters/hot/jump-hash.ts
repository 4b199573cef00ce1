import { assert } from '../../assert.ts';

/**
 * The bucket of a key, 0 .. `buckets` - 1: jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent
 * Hash Algorithm", 2014). When a bucket is added only the keys that fall into it move. `key`: 32 bits.
 */
export function jumpHash(key: number, buckets: number): number {
  assert(buckets >= 1, 'there is one bucket at least');
  let state = BigInt(key);
  let bucket = 0;
  for (let next = 0; next < buckets;) {
    bucket = next;
    state = BigInt.asUintN(64, state * 2862933555777941757n + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(state >> 33n) + 1)));
  }
  return bucket;
}
