import { archiveLog, type ArchiveLogDeps, type ArchiveResult } from '../../lib/app/archive/archive-log.ts';
import { archiveLimits } from '../../lib/app/archive/archive-limits.ts';
import { createArchivedHistory } from '../../lib/app/archive/archived-history.ts';
import type { LogHistory } from '../../lib/ports/log-history.ts';
import type { LogRecord } from '../../lib/ports/log-reader.ts';
import { createMemoryEventLog } from './memory/memory-event-log.ts';
import { createMemoryLogArchive } from './memory/memory-log-archive.ts';
import { createMemoryStoredBook } from './memory/memory-stored-book.ts';
import { createRecordingTelemetry } from './recording-telemetry.ts';
import { createVirtualClock } from './virtual-clock.ts';

export const hourMs = 3_600_000;
export const retentionMs = 24 * hourMs;

/** Kinesis drops by age, not to the minute. */
const slackMs = hourMs;

export type Taken = LogRecord & { readonly shardId: string };
export type ArchiveWorld = ReturnType<typeof createArchiveWorld>;

/**
 * A log that drops what is older than its retention, its archiver, and a reader of both. `knows`: how the log finds out
 * that it has dropped something: by number, as LMDB does, or by the time, as Kinesis does. That one also forgets
 * closed shards whose records are all gone.
 */
export function createArchiveWorld({
  knows = 'times',
  limits = { ...archiveLimits, recordsPerRead: 3, recordsPerPart: 5, partsPerList: 2, unpackedMax: 2 },
}: { knows?: 'numbers' | 'times'; limits?: typeof archiveLimits } = {}) {
  const clock = createVirtualClock({ autoAdvance: true });
  const telemetry = createRecordingTelemetry();
  const log = createMemoryEventLog({ stream: 'increments', epoch: '1', shardCount: 2, clock });
  const createdAtMs = clock.nowMs();
  const archive = createMemoryLogArchive();
  const book = createMemoryStoredBook();
  const taken: Taken[] = [];
  const closedAtMs = new Map<string, number>();
  let droppedBeforeMs = -Infinity;
  const isGone = (shardId: string): boolean =>
    knows === 'times' && (closedAtMs.get(shardId) ?? Infinity) < droppedBeforeMs;
  const droppedOf = (shardId: string): bigint =>
    taken
      .filter((record) => record.shardId === shardId && record.arrivedAtMs < droppedBeforeMs)
      .reduce(
        (last, { sequenceNumber }) => (BigInt(sequenceNumber) > last ? BigInt(sequenceNumber) : last),
        -1n,
      );
  const history: LogHistory = {
    ...{ stream: 'increments', epoch: '1' },
    shards: async () => (await log.shards()).filter(({ shardId }) => !isGone(shardId)),
    read: (shardId, after, size) => {
      if (isGone(shardId)) throw new Error(`${shardId} is gone`);
      return log.read(shardId, after, size);
    },
    isWhole(shardId, after) {
      if (knows === 'times')
        return Promise.resolve(clock.nowMs() - (after?.atMs ?? createdAtMs) < retentionMs - slackMs);
      return Promise.resolve(droppedOf(shardId) <= BigInt(after?.sequenceNumber ?? '-1'));
    },
    droppedThrough(shardId) {
      const dropped = droppedOf(shardId);
      return Promise.resolve(knows === 'times' || dropped < 0n ? undefined : String(dropped));
    },
  };
  return {
    ...{ clock, telemetry, log, history, archive, book, taken, limits },
    async append(keys: readonly string[]): Promise<void> {
      const arrivedAtMs = clock.nowMs();
      const entries = keys.map((partitionKey, i) => ({ partitionKey, data: Uint8Array.from([i, 200]) }));
      const results = await log.append(entries);
      results.forEach((result, i) => {
        const entry = entries[i];
        if (result.status === 'appended' && entry !== undefined)
          taken.push({ ...entry, ...result, arrivedAtMs });
      });
    },
    /** Time goes by, and the log drops what is past its retention. */
    async pass(ms: number): Promise<void> {
      await clock.sleep(ms);
      droppedBeforeMs = clock.nowMs() - retentionMs;
      await log.dropBefore(droppedBeforeMs);
    },
    async split(shardId: string): Promise<void> {
      await log.reshard({ type: 'split', shardId });
      closedAtMs.set(shardId, clock.nowMs());
    },
    archiveNow: (some: Partial<ArchiveLogDeps> = {}): Promise<ArchiveResult> =>
      archiveLog({ ...{ history, archive, book, clock, telemetry, limits }, ...some }),
    /** As somebody sees it who opens it now. */
    open: (): LogHistory =>
      createArchivedHistory({ log: history, archive, book, clock, retentionMs, limits }),
  };
}

/** Everything after these positions, shard by shard; undefined: the history says that it does not have it all. */
export async function readAll(
  history: LogHistory,
  from?: { readonly positions: ReadonlyMap<string, string>; readonly atMs: number },
): Promise<readonly Taken[] | undefined> {
  const found: Taken[] = [];
  const shards = await history.shards();
  for (const { shardId } of shards) {
    const after = from && { sequenceNumber: from.positions.get(shardId), atMs: from.atMs };
    if (!(await history.isWhole(shardId, after))) return undefined;
  }
  for (const { shardId } of shards) {
    let after = from?.positions.get(shardId);
    for (;;) {
      const page = await history.read(shardId, after, { recordsMax: 4, bytesMax: 7 });
      const last = page.at(-1);
      if (last === undefined) break;
      found.push(...page.map((record) => ({ ...record, shardId })));
      after = last.sequenceNumber;
    }
  }
  return found;
}
