import { accessSync, constants, existsSync, mkdirSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { dataFile } from './data-file.ts';

/** `data-folder-unusable`: the folder cannot be created, read or written. The message says what to do. */
export class DataFolderUnusableError extends Error {
  override readonly name = 'DataFolderUnusableError';
  readonly code = 'data-folder-unusable';
}

/**
 * Creates the folder if needed and returns its path without symbolic links. Throws a DataFolderUnusableError if
 * this process cannot create, read or write it.
 */
export function makeDataFolder(folder: string): string {
  return usable(folder, () => {
    makeFolders(resolve(folder));
    const resolved = realpathSync(folder);
    accessSync(resolved, constants.R_OK | constants.W_OK | constants.X_OK);
    return resolved;
  });
}

/** Returns what `use` returns; an error of the system becomes a DataFolderUnusableError that says what to do. */
export function usable<T>(folder: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new DataFolderUnusableError(`the data folder ${folder} ${whyUnusable(error)}`, { cause: error });
  }
}

/**
 * What Node's recursive mkdir does, which never ends in /proc and says ENOENT for a file system that is
 * read-only (Node 24).
 */
function makeFolders(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && dirname(path) !== path) {
      makeFolders(dirname(path));
      mkdirSync(path);
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function whyUnusable(error: unknown): string {
  switch (codeOf(error)) {
    case 'EEXIST':
      return 'is a file; choose another folder';
    case 'ENOTDIR':
      return 'would be in a file; choose another folder';
    case 'EROFS':
      return 'is on a read-only file system (EROFS); mount it for writing or choose another folder';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be written by this user; change its permissions or choose another folder';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'is on a disk without room; make room or choose another folder';
    case undefined:
    default:
      return `cannot be created or opened (${(error as Error).message}); choose another folder`;
  }
}

const mebibyte = 1024 * 1024;

/** What DiskRoom keeps free of the disk and of the file, and the first growth of the file. */
const newFolderBytesMin = 44 * mebibyte;

/** LMDB maps its lock file, and a process that writes to a mapped page without room for it is killed. */
const lockFileBytesMin = 64 * 1024;

/** Throws a DataFolderUnusableError if LMDB would not find the room that it needs to open the folder. */
export function assertRoomToOpen(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize;
  const isNew = !existsSync(dataFile(folder));
  // A folder that was open before has the file, and can be opened and read on a full disk.
  const lockBytes = existsSync(join(folder, 'lock.mdb')) ? 0 : lockFileBytesMin;
  const neededBytes = isNew ? newFolderBytesMin : lockBytes;
  if (freeBytes >= neededBytes) return;
  const what = isNew ? 'a new data folder' : 'its lock file';
  const [free, needed] = [freeBytes, neededBytes].map((bytes) =>
    Math.floor(bytes / 1024).toLocaleString('en'),
  );
  throw new DataFolderUnusableError(
    `the data folder ${folder} is on a disk with ${free} KiB free, and ${what} needs ${needed} KiB; make room or choose another folder`,
  );
}

/** The name of an error of the system, such as EACCES; LMDB throws its number. undefined: it is another one. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  if (typeof error.code === 'number') return error.code > 0 ? getSystemErrorName(-error.code) : undefined;
  return 'syscall' in error ? String(error.code) : undefined;
}
