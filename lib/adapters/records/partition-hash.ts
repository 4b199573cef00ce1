import { textHash } from '../../core/text-hash.ts';

/** Shards share the hash space 0 .. `hashSpace` - 1. */
export const hashSpace = 2 ** 32;

/** Where a partition key falls in it. */
export const partitionHash = textHash;

/** As `hashPosition` of an event log. */
export function hashPosition(partitionKey: string): number {
  return partitionHash(partitionKey) / hashSpace;
}

/** The first hash of part `index` when the space is cut into `count` equal parts; part `count` is the end. */
export function hashBoundary(index: number, count: number): number {
  return Math.floor((hashSpace * index) / count);
}
