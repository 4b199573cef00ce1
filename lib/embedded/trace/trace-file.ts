import { open, type FileHandle } from 'node:fs/promises';

/** How every file begins that this program has written: such a file may be written over. */
export const traceHead = '[{"name":"adtally trace"';

/** Where a trace ends by default. Viewers read it whole: some hundred megabytes are what a browser takes. */
export const traceBytesMax = 64 * 1024 * 1024;
/** Less holds no request with its batch. */
export const traceBytesMin = 64 * 1024;

/** Events that wait for the disk; more are left out. */
const waitingBytesMax = 8 * 1024 * 1024;

const tail = Buffer.from('\n]');

/** `trace-file`: the file cannot be written, or it is something else than a trace. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';
  readonly code = 'trace-file';
}

/**
 * A JSON array that grows. Each write replaces the closing bracket and sets a new one, so that the file is whole JSON
 * between any two of them, however the process ends.
 */
export class TraceFile {
  readonly #handle: FileHandle;
  readonly #bytesMax: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  /** Where the next event goes. */
  #end = 0;
  /** Offered and taken so far. */
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #broken: Error | undefined;

  private constructor(handle: FileHandle, bytesMax: number) {
    this.#handle = handle;
    this.#bytesMax = bytesMax;
  }

  /** Rejects with a TraceFileError. */
  static async open(path: string, bytesMax: number): Promise<TraceFile> {
    try {
      const handle = await open(path, 'a+');
      await handle.close();
      const over = await open(path, 'r+');
      if (await isSomethingElse(over)) {
        await over.close();
        throw new TraceFileError(`${path} is there already and is no trace`);
      }
      const stats = await over.stat();
      if (stats.isFile()) await over.truncate(0);
      return new TraceFile(over, bytesMax);
    } catch (error) {
      if (error instanceof TraceFileError) throw error;
      throw new TraceFileError(`${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Bytes that may still come. */
  get bytesLeft(): number {
    return this.#bytesMax - this.#bytes;
  }

  /** false: the disk is too slow for so many, what comes now should be left out. */
  get ready(): boolean {
    return this.#waitingBytes < waitingBytesMax;
  }

  /** Takes events, to be written by the next flush. */
  offer(events: readonly string[]): void {
    if (events.length === 0) return;
    const text = events.join(',\n');
    const bytes = Buffer.byteLength(text) + ',\n'.length;
    this.#waiting.push(text);
    this.#waitingBytes += bytes;
    this.#bytes += bytes;
  }

  /** Writes what waits. Rejects when the disk refuses; nothing can be written from then on. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#writing = this.#write();
    try {
      await this.#writing;
    } finally {
      this.#writing = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    if (this.#waiting.length === 0) return;
    const text = (this.#end === 0 ? '[' : ',\n') + this.#waiting.join(',\n');
    this.#waiting = [];
    this.#waitingBytes = 0;
    const bytes = Buffer.concat([Buffer.from(text), tail]);
    try {
      await this.#writeAll(bytes, this.#end);
    } catch (error) {
      this.#broken = error as Error;
      throw error;
    }
    this.#end += bytes.length - tail.length;
  }

  async #writeAll(bytes: Buffer, at: number): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      const result = await this.#handle.write(bytes, written, bytes.length - written, at + written);
      written += result.bytesWritten;
    }
  }
}

/** Nobody's data file shall be lost to a slip of the tongue. */
async function isSomethingElse(handle: FileHandle): Promise<boolean> {
  const stats = await handle.stat();
  if (!stats.isFile() || stats.size === 0) return false;
  const head = Buffer.alloc(traceHead.length);
  await handle.read(head, 0, head.length, 0);
  return head.toString('latin1') !== traceHead;
}
