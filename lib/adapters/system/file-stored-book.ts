import { open, readFile, rename, stat } from 'node:fs/promises';
import { StoredBookError, type StoredBook } from '../../ports/stored-book.ts';

/**
 * A book in one file, readable by its owner alone. Two processes that write at the same moment may both succeed;
 * the file is then that of the later one.
 */
export function createFileStoredBook(path: string): StoredBook {
  return {
    name: path,
    async read() {
      return orUnavailable(path, async () => {
        const version = await versionOf(path);
        return version === undefined ? undefined : { bytes: await readFile(path), version };
      });
    },
    async write(bytes, version) {
      return orUnavailable(path, async () => {
        const temporary = `${path}.${process.pid}.book`;
        const file = await open(temporary, 'w', 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        if ((await versionOf(path)) !== version) return false;
        await rename(temporary, path);
        return true;
      });
    },
  };
}

/** Every write makes a new file. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return `${ino}/${mtimeNs}/${size}`;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function orUnavailable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StoredBookError(`the file ${path} cannot be read or written`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
