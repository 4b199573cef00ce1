import type { Bytes } from './databases.ts';

interface Write {
  readonly database: Bytes;
  readonly key: Buffer;
  /** undefined: remove. */
  readonly value: Buffer | undefined;
}

/** LMDB gives a value its own pages if two of its size do not fit on one page. */
const largeValueBytes = 1500;
const pageBytes = 4096;

/** The writes of one commit in order, and the state that its jobs share. */
export class WriteBatch {
  readonly writes: Write[] = [];
  /** The space of the values, in their own pages or on half-full pages. */
  bytes = 0;
  readonly #locals = new Map<object, unknown>();
  readonly #finishers: (() => void)[] = [];

  /** The batch keeps `key` and `value`, so no other code may write to their bytes. */
  put(database: Bytes, key: Buffer, value: Buffer): void {
    this.bytes += value.length > largeValueBytes ? value.length + pageBytes : 2 * (key.length + value.length);
    this.writes.push({ database, key, value });
  }

  remove(database: Bytes, key: Buffer): void {
    this.writes.push({ database, key, value: undefined });
  }

  /** The state that the jobs of one owner share in this batch, such as uncommitted values. */
  local<T>(owner: object, create: () => T): T {
    const known = this.#locals.get(owner);
    if (known !== undefined) return known as T;
    const created = create();
    this.#locals.set(owner, created);
    return created;
  }

  /** Called after all jobs are prepared, to add the writes that combine them. */
  onFinish(finisher: () => void): void {
    this.#finishers.push(finisher);
  }

  finish(): void {
    for (const finisher of this.#finishers) finisher();
  }
}
