import type { StreamName } from '../../core/streams.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { systemClock } from '../system/system-clock.ts';
import { openDatabases } from './databases.ts';
import { DiskRoom, type DiskRoomOptions } from './disk-room.ts';
import { ensureFence, GroupWriter, type GroupWriterOptions } from './group-writer.ts';
import { createLmdbEventLog, type LmdbEventLog, type LmdbEventLogOptions } from './lmdb-event-log.ts';
import { lmdbLimits, type LmdbLimits } from './lmdb-limits.ts';
import { createLmdbExpirySchedule, type LmdbExpirySchedule } from './lmdb-expiry-schedule.ts';
import { createLmdbQuarantine } from './lmdb-quarantine.ts';
import { createLmdbStateStore, type LmdbStateStore } from './lmdb-state-store.ts';

export interface OpenLmdbOptions extends DiskRoomOptions, GroupWriterOptions {
  /**
   * Created if absent. One process owns it; others may also write, see `trims` and `shardCount`. All of them
   * open it by joinFolder, unless there is only one.
   */
  readonly folder: string;
  readonly streams: Readonly<Record<StreamName, Omit<LmdbEventLogOptions, 'stream'>>>;
  /** Default: the system clock. */
  readonly clock?: Pick<Clock, 'nowMs'>;
  /** Default: `lmdbLimits`. */
  readonly limits?: Partial<LmdbLimits>;
}

export interface LmdbStores {
  readonly adEvents: LmdbEventLog;
  readonly increments: LmdbEventLog;
  readonly state: LmdbStateStore;
  readonly schedule: LmdbExpirySchedule;
  readonly quarantine: Quarantine;
  /** false: the disk is full, or the limit of all data is reached, and writes are refused. */
  readonly isWritable: () => boolean;
  /** Copies everything consistently into a new folder, which can be opened like this one. */
  readonly backup: (folder: string) => Promise<void>;
  /** Resolves once no commit runs; none begins until the returned function is called. See join-folder.ts. */
  readonly hold: () => Promise<() => void>;
  /** Finishes the current writes, refuses others, and closes. Do not read afterwards. */
  readonly close: () => Promise<void>;
}

/**
 * Opens every port on one LMDB environment. An acknowledged write is on disk. Throws a DataFormatError if the
 * folder holds something else, and a DataFolderUnusableError if it cannot be used.
 */
export function openLmdb(options: OpenLmdbOptions): LmdbStores {
  const { folder, streams, clock = systemClock } = options;
  const limits = { ...lmdbLimits, ...options.limits };
  const databases = openDatabases(folder);
  ensureFence(databases);
  const room = new DiskRoom(folder, databases, options);
  const writer = new GroupWriter(databases, room, options, limits);
  const openLog = (stream: StreamName): LmdbEventLog =>
    createLmdbEventLog({ databases, writer, clock, limits }, { stream, ...streams[stream] });
  return {
    adEvents: openLog('ad-events'),
    increments: openLog('increments'),
    state: createLmdbStateStore(databases.items, writer),
    schedule: createLmdbExpirySchedule(databases, writer),
    quarantine: createLmdbQuarantine(databases.quarantine, writer),
    isWritable: () => room.isWritable(),
    hold: () => writer.hold(),
    backup: (to) => databases.root.backup(to, true),
    async close() {
      await writer.close();
      await databases.root.close();
      room.close();
    },
  };
}
