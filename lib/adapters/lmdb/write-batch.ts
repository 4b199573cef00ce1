import type { Bytes } from './databases.ts';

interface Write {
  readonly database: Bytes;
  readonly key: Buffer;
  /** undefined: remove. */
  readonly value: Buffer | undefined;
}

/** LMDB gives a value that does not fit twice on a page pages of its own. */
const largeValueBytes = 1500;
const pageBytes = 4096;

/** The writes of one commit, in order, and what the jobs that share it know of each other. */
export class WriteBatch {
  readonly writes: Write[] = [];
  /** Room that the values take, in pages of their own or on pages half full. */
  bytes = 0;
  readonly #locals = new Map<object, unknown>();
  readonly #finishers: (() => void)[] = [];

  /** The batch keeps `key` and `value`: hand in bytes that nobody else writes to. */
  put(database: Bytes, key: Buffer, value: Buffer): void {
    this.bytes += value.length > largeValueBytes ? value.length + pageBytes : 2 * (key.length + value.length);
    this.writes.push({ database, key, value });
  }

  remove(database: Bytes, key: Buffer): void {
    this.writes.push({ database, key, value: undefined });
  }

  /** What the jobs of one owner share in this batch, such as values decided but not yet committed. */
  local<T>(owner: object, create: () => T): T {
    const known = this.#locals.get(owner);
    if (known !== undefined) return known as T;
    const created = create();
    this.#locals.set(owner, created);
    return created;
  }

  /** Called once all jobs have been prepared, to add the writes that sum them up. */
  onFinish(finisher: () => void): void {
    this.#finishers.push(finisher);
  }

  finish(): void {
    for (const finisher of this.#finishers) finisher();
  }
}
