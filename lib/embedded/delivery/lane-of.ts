/**
 * The lane of a partition key, 0 .. `lanes` - 1. A key always has the same lane, so its records stay in order
 * while lanes run side by side. FNV-1a over the UTF-16 units; AWS does not say how Lambda chooses.
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
