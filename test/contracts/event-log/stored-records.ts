import type { AppendResult, EventLog, LogEntry } from '../../../lib/ports/event-log.ts';
import type { LogReader, LogRecord } from '../../../lib/ports/log-reader.ts';
import { eventually } from '../eventually.ts';
import type { EventLogUnderTest } from './event-log-under-test.ts';

/** What a suite is given: the log and its reader, once they are open. */
export type LogUnderTest = () => EventLogUnderTest;

export interface StoredRecord extends LogRecord {
  readonly shardId: string;
}

export type Appended = Extract<AppendResult, { status: 'appended' }>;

export function entry(partitionKey: string, text: string): LogEntry {
  return { partitionKey, data: new TextEncoder().encode(text) };
}

export function textOf(record: LogRecord): string {
  return new TextDecoder().decode(record.data);
}

/** With the bytes as text: Jest compares two long texts in no time, and two long arrays in seconds. */
export function comparable(records: readonly LogRecord[]): readonly object[] {
  return records.map((record) => ({ ...record, data: Buffer.from(record.data).toString('latin1') }));
}

/** Appends, and fails the test unless every entry was taken. */
export async function appendAll(log: EventLog, entries: readonly LogEntry[]): Promise<readonly Appended[]> {
  const results = await log.append(entries);
  return results.map((result) => {
    if (result.status !== 'appended') throw new Error(`${result.status}: ${result.reason}`);
    return result;
  });
}

/** The records of these partition keys, shard by shard in order, once there are `count` of them. */
export async function recordsOf(
  reader: LogReader,
  partitionKeys: readonly string[],
  count: number,
): Promise<readonly StoredRecord[]> {
  const wanted = new Set(partitionKeys);
  return eventually(`${count} records`, async () => {
    const found: StoredRecord[] = [];
    for (const { shardId } of await reader.shards()) {
      for (const record of await readShard(reader, shardId)) {
        if (wanted.has(record.partitionKey)) found.push({ ...record, shardId });
      }
    }
    return found.length >= count ? found : undefined;
  });
}

const pagesMax = 1000;

/** Everything in a shard, page by page. */
export async function readShard(
  reader: LogReader,
  shardId: string,
  limits = { recordsMax: 1000, bytesMax: 10_000_000 },
  after?: string,
): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  let position = after;
  for (let page = 0; page < pagesMax; page += 1) {
    const found = await reader.read(shardId, position, limits);
    if (found.length === 0) return records;
    records.push(...found);
    position = found.at(-1)?.sequenceNumber;
  }
  throw new Error(`more than ${pagesMax} pages`);
}
