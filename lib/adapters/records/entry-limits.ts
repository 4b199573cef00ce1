import { appendEntriesMax, recordBytesMax, type LogEntry } from '../../ports/event-log.ts';

const partitionKeyCharactersMax = 256;

/** Checks the limits of `EventLog.append`; throws a RangeError. */
export function assertEntries(entries: readonly LogEntry[]): void {
  if (entries.length > appendEntriesMax) throw new RangeError(`${entries.length} entries in one append`);
  for (const { partitionKey, data } of entries) {
    assertPartitionKey(partitionKey);
    // A UTF-16 code unit has at most 3 bytes of UTF-8, so the exact length matters only near the limit.
    if (data.byteLength + partitionKey.length * 3 <= recordBytesMax) continue;
    const bytes = data.byteLength + Buffer.byteLength(partitionKey, 'utf8');
    if (bytes > recordBytesMax) throw new RangeError(`a record of ${bytes} bytes`);
  }
}

/** Characters are code points: an astral one is two code units. */
function assertPartitionKey(partitionKey: string): void {
  const units = partitionKey.length;
  if (units >= 1 && units <= partitionKeyCharactersMax && partitionKey.isWellFormed()) return;
  if (units < 1 || units > 2 * partitionKeyCharactersMax || !partitionKey.isWellFormed()) {
    throw new RangeError(`a partition key of ${units} code units, or with a lone surrogate`);
  }
  const characters = Array.from(partitionKey).length;
  if (characters > partitionKeyCharactersMax)
    throw new RangeError(`a partition key of ${characters} characters`);
}
