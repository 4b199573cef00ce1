import type { LogEntry } from '../../ports/event-log.ts';

/**
 * Records and bytes (data and keys) of one PutRecords call. Kinesis now accepts 10 MiB; emulators and older
 * quotas accept 5.
 */
export const sliceEntriesMax = 500;
export const sliceBytesMax = 5_000_000;

/** Splits `indexes` in order into slices that fit one call each. */
export function* sliceEntries(
  entries: readonly LogEntry[],
  indexes: readonly number[],
): Generator<readonly number[]> {
  let slice: number[] = [];
  let sliceBytes = 0;
  for (const index of indexes) {
    const entry = entries[index];
    if (entry === undefined) continue;
    const bytes = entry.data.byteLength + Buffer.byteLength(entry.partitionKey, 'utf8');
    if (slice.length > 0 && (slice.length >= sliceEntriesMax || sliceBytes + bytes > sliceBytesMax)) {
      yield slice;
      slice = [];
      sliceBytes = 0;
    }
    slice.push(index);
    sliceBytes += bytes;
  }
  if (slice.length > 0) yield slice;
}
