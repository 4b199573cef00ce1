import { closeSync, existsSync, fstatSync, openSync, statfsSync, writeSync } from 'node:fs';
import { dataFile } from './data-file.ts';
import { fileUse, liveBytes, type Databases } from './databases.ts';
import { lmdbLimits } from './lmdb-limits.ts';

export interface DiskRoomOptions {
  /** The most bytes of all data; default: no limit. */
  readonly bytesMax?: number;
  /** Bytes of the disk to leave free; default 32 MiB. */
  readonly freeBytesMin?: number;
  /** Bytes reserved for writes that free space, such as trimming; default 8 MiB. */
  readonly marginBytes?: number;
}

const mebibyte = 1024 * 1024;

/** The file grows by at least this much at a time. */
const growthBytes = 4 * mebibyte;
const zeros = Buffer.alloc(mebibyte);

/** Commits between two checks of the used space, unless they could use what is left. */
const commitsPerLook = 16;
const littleBytes = (commitsPerLook + 1) * lmdbLimits.bytesPerCommitMax;

/**
 * Ensures that LMDB never runs out of disk space in the middle of a commit: it extends the file with zeros
 * beforehand, where a full disk is an ordinary error. (In lmdb 3.5.6, LMDB's own handling of a failed write
 * writes past the end of a buffer.)
 */
export class DiskRoom {
  readonly #folder: string;
  readonly #databases: Databases;
  readonly #bytesMax: number;
  readonly #freeBytesMin: number;
  readonly #marginBytes: number;
  readonly #file: number;
  #fileBytes: number;
  #liveBytes = 0;
  #commitsSinceLook = commitsPerLook;

  constructor(folder: string, databases: Databases, options: DiskRoomOptions) {
    this.#folder = folder;
    this.#databases = databases;
    this.#bytesMax = options.bytesMax ?? Infinity;
    this.#freeBytesMin = options.freeBytesMin ?? 32 * mebibyte;
    this.#marginBytes = options.marginBytes ?? 8 * mebibyte;
    // Append mode, because another process may have extended the file, and zeros must never overwrite its
    // data.
    this.#file = openSync(dataFile(folder), 'a');
    this.#fileBytes = fstatSync(this.#file).size;
  }

  /** The bytes left up to `bytesMax`; called once per commit. */
  left(): number {
    this.#commitsSinceLook += 1;
    if (this.#commitsSinceLook > commitsPerLook || this.#bytesMax - this.#liveBytes < littleBytes)
      this.#look();
    return this.#bytesMax - this.#liveBytes;
  }

  /**
   * Whether a commit of `writes` entries with values of `bytes` fits in the file. Only a commit that frees
   * space may use the margin. Called while no commit runs, so the end of the file is unused.
   */
  ensure({ writes, bytes, givesBack }: { writes: number; bytes: number; givesBack: boolean }): boolean {
    const needed = this.#needed(writes, bytes) + (givesBack ? 0 : this.#marginBytes);
    const use = fileUse(this.#databases.root);
    if (this.#fileBytes - use >= needed) return true;
    this.#fileBytes = fstatSync(this.#file).size;
    if (this.#fileBytes - use >= needed) return true;
    this.#extend(use + needed + growthBytes);
    if (this.#fileBytes - use >= needed) return true;
    this.#look();
    return this.#fileBytes - use + this.#reusable(use) >= needed;
  }

  /** Whether a commit of a mebibyte would fit now. Writes nothing, so it may be called at any time. */
  isWritable(): boolean {
    if (this.left() <= 0 || !existsSync(dataFile(this.#folder))) return false;
    const needed = this.#needed(1, mebibyte) + this.#marginBytes;
    const use = fileUse(this.#databases.root);
    const unused = fstatSync(this.#file).size - use;
    if (unused >= needed || unused + this.#diskBytes() >= needed) return true;
    this.#look();
    return unused + this.#reusable(use) >= needed;
  }

  close(): void {
    closeSync(this.#file);
  }

  #look(): void {
    this.#commitsSinceLook = 0;
    this.#liveBytes = this.#databases.all().reduce((sum, database) => sum + liveBytes(database), 0);
  }

  /** Every entry may copy and split its page, but a commit copies at most the existing pages. */
  #needed(writes: number, bytes: number): number {
    return Math.min(writes * 2 * pageBytes, this.#liveBytes) + commitOverheadBytes + bytes;
  }

  /** Half of the free pages of the file, because large values need adjacent pages. */
  #reusable(use: number): number {
    return Math.max(use - this.#liveBytes, 0) / 2;
  }

  /** By so much may the file grow. */
  #diskBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize - this.#freeBytesMin;
  }

  /** As far as the disk allows. */
  #extend(wantedBytes: number): void {
    const end = Math.min(wantedBytes, this.#fileBytes + this.#diskBytes());
    try {
      while (this.#fileBytes < end) {
        const length = Math.min(zeros.length, end - this.#fileBytes);
        this.#fileBytes += writeSync(this.#file, zeros, 0, length);
      }
    } catch (error) {
      if (!isNoRoom(error)) throw error;
    }
  }
}

const pageBytes = 4096;

/** Pages of the free list, of the roots and of the meta data. */
const commitOverheadBytes = 256 * 1024;

/** No space, a limit of the process, or a quota. */
const noRoomCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EFBIG', 'EDQUOT']);

function isNoRoom(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && noRoomCodes.has(error.code);
}
