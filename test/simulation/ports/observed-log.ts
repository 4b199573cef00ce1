import { assertEntries } from '../../../lib/adapters/records/entry-limits.ts';
import type { MemoryEventLog } from '../../support/memory/memory-event-log.ts';
import type { AppendResult, LogEntry } from '../../../lib/ports/event-log.ts';
import type { AppendedRecord } from '../audit/auditor.ts';
import type { Kernel } from '../kernel.ts';

/**
 * One incarnation of a stream, after all faults. It reports each record at the instant at which it accepts
 * it.
 */
export interface ObservedLog {
  readonly log: MemoryEventLog;
  /** Every record it ever took. */
  readonly records: readonly AppendedRecord[];
  append(entries: readonly LogEntry[], containerId?: string): Promise<readonly AppendResult[]>;
  /** Throws a RangeError where the adapter would. */
  assertEntries(entries: readonly LogEntry[]): void;
}

export function observeLog(
  kernel: Kernel,
  log: MemoryEventLog,
  appended: (record: AppendedRecord) => void,
): ObservedLog {
  const records: AppendedRecord[] = [];
  return {
    log,
    records,
    assertEntries,
    async append(entries, containerId) {
      if (entries.length === 0) return [];
      const arrivedAtMs = Math.floor(kernel.nowMs());
      const results = await log.append(entries);
      results.forEach((result, i) => {
        const entry = entries[i];
        if (result.status !== 'appended' || entry === undefined) return;
        const { shardId, sequenceNumber } = result;
        const record: AppendedRecord = {
          ...{ shardId, sequenceNumber, arrivedAtMs, epoch: log.epoch },
          partitionKey: entry.partitionKey,
          data: Uint8Array.from(entry.data),
          ...(containerId !== undefined && { containerId }),
        };
        records.push(record);
        appended(record);
      });
      return results;
    },
  };
}
