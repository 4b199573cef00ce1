import { statfsSync } from 'node:fs';
import { fileBytes, liveBytes, type Databases } from './databases.ts';

export interface DiskRoomOptions {
  /** Bytes that the data may take together; default without bound. */
  readonly bytesMax?: number;
  /** Bytes of the disk left alone; default 64 MiB. Covers what a commit needs beyond its data. */
  readonly freeBytesMin?: number;
}

/** A room this large needs no new look for a while. */
const plentyBytes = 256 * 1024 * 1024;
const plentyCommits = 16;

/** Knows how much more can be written: the answer comes before LMDB runs into a full disk, not after. */
export class DiskRoom {
  readonly #folder: string;
  readonly #databases: Databases;
  readonly #bytesMax: number;
  readonly #freeBytesMin: number;
  #lastBytes = 0;
  #commitsSince = plentyCommits;

  constructor(folder: string, databases: Databases, options: DiskRoomOptions) {
    this.#folder = folder;
    this.#databases = databases;
    this.#bytesMax = options.bytesMax ?? Infinity;
    this.#freeBytesMin = options.freeBytesMin ?? 64 * 1024 * 1024;
  }

  /** Bytes that may be written now; asked once per commit. */
  left(): number {
    this.#commitsSince += 1;
    if (this.#lastBytes < plentyBytes || this.#commitsSince > plentyCommits) {
      this.#lastBytes = this.#measure();
      this.#commitsSince = 0;
    }
    return this.#lastBytes;
  }

  /** `bytes` were written, or found no room: what is known is out of date. */
  spend(bytes: number): void {
    this.#lastBytes -= bytes;
  }

  #measure(): number {
    const live = this.#databases.all().reduce((sum, database) => sum + liveBytes(database), 0);
    const { bavail, bsize } = statfsSync(this.#folder);
    // Of the free pages within the file half are counted: a large record needs some that stand side by side.
    const reusable = Math.max(fileBytes(this.#databases.root) - live, 0) / 2;
    return Math.min(this.#bytesMax - live, bavail * bsize - this.#freeBytesMin + reusable);
  }
}
