/**
 * The partition key of an increment names its counter even when the record's body is garbage. One counter may be
 * fed by several partition keys (lanes); the separator cannot occur in a counter key, which has no control character.
 */
const laneSeparator = '\u0001';

export function toPartitionKey(counterKey: string, lane = ''): string {
  return lane === '' ? counterKey : `${counterKey}${laneSeparator}${lane}`;
}

export function parsePartitionKey(partitionKey: string): { counterKey: string; lane: string } {
  const at = partitionKey.indexOf(laneSeparator);
  if (at < 0) return { counterKey: partitionKey, lane: '' };
  return { counterKey: partitionKey.slice(0, at), lane: partitionKey.slice(at + 1) };
}
