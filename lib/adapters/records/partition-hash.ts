import { textHash } from '../../core/text-hash.ts';

/** Shards divide the hash space 0 .. `hashSpace` - 1. */
export const hashSpace = 2 ** 32;

/** The hash of a partition key. */
export const partitionHash = textHash;

/** As `hashPosition` of an event log. */
export function hashPosition(partitionKey: string): number {
  return partitionHash(partitionKey) / hashSpace;
}

/** The first hash of part `index` when the space is cut into `count` equal parts; part `count` is the end. */
export function hashBoundary(index: number, count: number): number {
  return Math.floor((hashSpace * index) / count);
}
