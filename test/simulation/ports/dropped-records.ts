import type { AppendedRecord } from '../audit/auditor.ts';
import type { ObservedLog } from './observed-log.ts';

/** The records that a log took and no longer has, in the order of the appends; `shardId`: of this shard only. */
export async function droppedRecords(
  { log, records }: ObservedLog,
  shardId?: string,
): Promise<readonly AppendedRecord[]> {
  const dropped = new Set<AppendedRecord>();
  for (const shard of await log.shards()) {
    if (shardId !== undefined && shard.shardId !== shardId) continue;
    const [oldest] = await log.read(shard.shardId, undefined, { recordsMax: 1, bytesMax: 1 });
    for (const record of records) {
      if (record.shardId !== shard.shardId) continue;
      if (record.sequenceNumber === oldest?.sequenceNumber) break;
      dropped.add(record);
    }
  }
  return records.filter((record) => dropped.has(record));
}
