import { assert } from '../../assert.ts';
import { toPartitionKey } from '../counter-key.ts';

/** The most partition keys that one counter is spread over. Each has a mark in its item. */
export const lanesMax = 32;

/** A counter that is spread over `lanes` (2..`lanesMax`) partition keys however cool it is. */
export interface PinnedKey {
  readonly key: string;
  readonly lanes: number;
}

/**
 * Names tried for one lane: one try in `lanesMax` meets the wanted position, so this many fail once in a
 * million times.
 */
const triesMax = 450;

/**
 * The name of lane 1 .. `lanesMax` - 1 of a counter. It is chosen so that its partition key hashes into the
 * widest gap between the lanes before it, starting from the plain key (lane 0): two lanes are opposite each
 * other, four at quarters. So even a few lanes spread evenly over shards of equal size. The name depends on
 * counter and lane alone, so a counter never gets other lanes. `hashPosition`: as the event log's.
 */
export function laneName(
  counterKey: string,
  lane: number,
  hashPosition: (partitionKey: string) => number,
): string {
  const slotOf = (partitionKey: string): number => Math.floor(hashPosition(partitionKey) * lanesMax);
  const wanted = (slotOf(counterKey) + reversedBits(lane)) % lanesMax;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const name = tries === 0 ? String(lane) : `${lane}.${tries}`;
    if (slotOf(toPartitionKey(counterKey, name)) === wanted) return name;
  }
  return String(lane);
}

/** Reverses five bits: 1, 2, 3 become 16, 8, 24, each in the middle of the widest gap. */
function reversedBits(lane: number): number {
  let reversed = 0;
  for (let bit = 1; bit < lanesMax; bit *= 2) reversed = reversed * 2 + (lane & bit ? 1 : 0);
  return reversed;
}

/**
 * The bucket of a key, 0 .. `buckets` - 1: jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory,
 * Consistent Hash Algorithm", 2014). When a bucket is added, only the keys that it gets move. `key`: 32 bits.
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
