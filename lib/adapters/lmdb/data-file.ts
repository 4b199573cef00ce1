import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `data-format`: another version of this code wrote the folder, or it is not a data folder. The message says what
 * to do.
 */
export class DataFormatError extends Error {
  override readonly name = 'DataFormatError';
  readonly code = 'data-format';
}

export function dataFile(folder: string): string {
  return join(folder, 'data.mdb');
}

/** Each of the first two pages begins with a header, then this number, in the byte order of the machine. */
const magic = 0xbeefc0de;
const magicPosition = 24;
const pageBytes = 4096;

/** LMDB maps any file and crashes on one that is not a database, so this checks first. */
export function assertDatabaseFile(folder: string): void {
  if (!existsSync(dataFile(folder))) return;
  const file = openSync(dataFile(folder), 'r');
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory())
      throw new DataFormatError(
        `${dataFile(folder)} is a folder; choose another folder or restore a back-up`,
      );
    if (stats.size === 0) return;
    const pages = Buffer.alloc(2 * pageBytes);
    const bytesRead = readSync(file, pages, 0, pages.length, 0);
    const isDatabase = [magicPosition, pageBytes + magicPosition].every(
      (position) => pages.readUInt32LE(position) === magic,
    );
    if (bytesRead < pages.length || !isDatabase)
      throw new DataFormatError(
        `${dataFile(folder)} is not a database; choose another folder or restore a back-up`,
      );
  } finally {
    closeSync(file);
  }
}

/** The last pages may never have been written. If more than these are missing, the file was cut short. */
const missingBytesMax = 64 * 1024;

/** `usedBytes`: the used size of the file according to the database. */
export function assertWholeFile(folder: string, usedBytes: number): void {
  const file = openSync(dataFile(folder), 'r');
  try {
    if (usedBytes - fstatSync(file).size <= missingBytesMax) return;
    throw new DataFormatError(`${dataFile(folder)} has been cut short; restore a back-up`);
  } finally {
    closeSync(file);
  }
}

/**
 * Returns a check that the folder still has the data file that it has now. LMDB keeps writing to a file that was
 * removed, moved or replaced, and nobody will find there what it wrote. The check throws a DataFileGoneError.
 */
export function watchDataFile(folder: string): () => void {
  const identity = identityOf(folder);
  return () => {
    if (identityOf(folder) !== identity) throw new DataFileGoneError(dataFile(folder));
  };
}

export class DataFileGoneError extends Error {
  override readonly name = 'DataFileGoneError';

  constructor(file: string) {
    super(`${file} was removed, moved or replaced while it was open; start again on the right folder`);
  }
}

function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(dataFile(folder), { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
