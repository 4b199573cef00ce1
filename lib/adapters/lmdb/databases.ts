import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type Database, type DatabaseOptions, type RootDatabase } from 'lmdb';
import { assertDatabaseFile, assertWholeFile, DataFormatError } from './data-file.ts';
import { assertRoomToOpen, makeDataFolder, usable } from './data-folder.ts';

/** Keys and values are bytes that we encode. */
export type Bytes = Database<Buffer, Buffer>;

/** One LMDB environment (a folder) with its databases. */
export interface Databases {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** One entry, whose version counts the commits. */
  readonly fence: Bytes;
  /** Format stamp, shards, next numbers, checkpoints. */
  readonly meta: Bytes;
  readonly items: Bytes;
  readonly quarantine: Bytes;
  readonly schedules: Bytes;
  readonly scheduleTimes: Bytes;
  /** The records of one epoch of a stream. */
  openLog(name: string): Bytes;
  all(): readonly Bytes[];
}

/** Enough for seven databases and the logs of many epochs. */
const databasesMax = 64;

const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;

const formatKey = Buffer.from('format');
const format = 'adtally-lmdb-1';

/**
 * `overlappingSync: false`: LMDB shows a commit only once it is on disk. With the default, a consumer could
 * read and act on a commit that a power failure then undoes.
 */
export function openDatabases(folder: string): Databases {
  makeDataFolder(folder);
  assertRoomToOpen(folder);
  const root = usable(folder, () => {
    assertDatabaseFile(folder);
    return openRoot(folder);
  });
  assertWholeFile(folder, fileUse(root));
  const meta = root.openDB<Buffer, Buffer>('meta', binary);
  stampFormat(folder, root, meta);
  syncFolder(folder);
  syncFolder(dirname(folder));
  const opened: Bytes[] = [meta];
  const openOne = (name: string, options: DatabaseOptions = {}): Bytes => {
    const database = root.openDB<Buffer, Buffer>(name, { ...binary, ...options });
    opened.push(database);
    return database;
  };
  return {
    root,
    meta,
    fence: openOne('fence', { useVersions: true }),
    items: openOne('items'),
    quarantine: openOne('quarantine'),
    schedules: openOne('schedules'),
    scheduleTimes: openOne('schedule-times'),
    openLog: (name) => openOne(name),
    all: () => opened,
  };
}

function openRoot(folder: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>(folder, {
    ...binary,
    noSubdir: false,
    overlappingSync: false,
    // Each commit is one explicit batch. With this on, lmdb opens another batch whose promise nothing can
    // await.
    eventTurnBatching: false,
    maxDbs: databasesMax,
  });
}

function stampFormat(folder: string, root: RootDatabase<Buffer, Buffer>, meta: Bytes): void {
  const found = meta.get(formatKey)?.toString('utf8');
  if (found === format) return;
  // The root lists the databases. A new folder has only the one that was just opened.
  const isNew = found === undefined && Array.from(root.getKeys({ start: Buffer.of(0) })).length <= 1;
  if (isNew) {
    meta.putSync(formatKey, Buffer.from(format));
    return;
  }
  void root.close();
  throw new DataFormatError(
    found === undefined
      ? `${folder} holds the database of another program; choose another folder`
      : `${folder} holds format '${found}', and this version reads '${format}'; start the version of adtally that wrote it`,
  );
}

/** A new file is durable only once its folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes in pages that hold data of this database. */
export function liveBytes(database: Bytes): number {
  const stats = database.getStats() as PageStats;
  return (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages) * stats.pageSize;
}

/** The used size of the file, free pages included. */
export function fileUse(root: RootDatabase<Buffer, Buffer>): number {
  const stats = root.getStats() as PageStats;
  return (stats.lastPageNumber + 1) * stats.pageSize;
}

interface PageStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly lastPageNumber: number;
}
