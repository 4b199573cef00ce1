/**
 * The lane that works a partition key, 0 .. `lanes` - 1: always the same for one key, so that a key's records stay in
 * order while lanes run side by side. FNV-1a over the UTF-16 units; which lane Lambda takes is not known and not promised.
 */
export function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < partitionKey.length; i += 1) {
    hash = Math.imul(hash ^ partitionKey.charCodeAt(i), 0x01000193);
  }
  // The low bits of FNV-1a of similar keys are alike; folding the high half in spreads them.
  return ((hash ^ (hash >>> 15)) >>> 0) % lanes;
}
