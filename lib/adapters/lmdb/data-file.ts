import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** The folder was written by another version of this code, or holds something else. */
export class DataFormatError extends Error {
  override readonly name = 'DataFormatError';
}

export function dataFile(folder: string): string {
  return join(folder, 'data.mdb');
}

/** Each of the first two pages begins with a header, then this number, in the byte order of the machine. */
const magic = 0xbeefc0de;
const magicPosition = 24;
const pageBytes = 4096;

/** LMDB maps whatever it is given and dies of it: what is no database must not reach it. */
export function assertDatabaseFile(folder: string): void {
  if (!existsSync(dataFile(folder))) return;
  const file = openSync(dataFile(folder), 'r');
  try {
    if (fstatSync(file).size === 0) return;
    const pages = Buffer.alloc(2 * pageBytes);
    const bytesRead = readSync(file, pages, 0, pages.length, 0);
    const isDatabase = [magicPosition, pageBytes + magicPosition].every(
      (position) => pages.readUInt32LE(position) === magic,
    );
    if (bytesRead < pages.length || !isDatabase)
      throw new DataFormatError(`${dataFile(folder)} is no database`);
  } finally {
    closeSync(file);
  }
}

/** Pages at the end may never have been written; more than these are not missing unless the file was cut. */
const missingBytesMax = 64 * 1024;

/** `usedBytes`: up to where the database says that it has used the file. */
export function assertWholeFile(folder: string, usedBytes: number): void {
  const file = openSync(dataFile(folder), 'r');
  try {
    if (usedBytes - fstatSync(file).size <= missingBytesMax) return;
    throw new DataFormatError(`${dataFile(folder)} has been cut short`);
  } finally {
    closeSync(file);
  }
}
