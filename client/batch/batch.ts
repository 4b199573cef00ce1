import type { Increment } from '../generated/schemas.ts';
import type { BatchRequest } from './batch-sender.ts';

/** The amount added to one counter. */
export interface Entry extends Increment {
  /** The number of `add` calls in its sum. */
  readonly adds: number;
}

/** `{"increments":[]}` */
const frameBytes = 18;

/** The increments of one request: one entry per counter. */
export class Batch {
  readonly #entries = new Map<string, Entry>();
  /** The most bytes of the entries as JSON. */
  bytes = 0;
  /** The request of the first attempt, for all others; undefined: none has been made. */
  request: BatchRequest | undefined;
  /** The request was also sent as the page closed, where nobody waits for the answer: it may have been counted. */
  parted = false;
  /** Resolves when every increment in it is acknowledged or reported as failed. */
  readonly settled: Promise<void>;
  readonly settle: () => void;

  constructor() {
    let settle = (): void => undefined;
    this.settled = new Promise((resolve) => {
      settle = resolve;
    });
    this.settle = settle;
  }

  get size(): number {
    return this.#entries.size;
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  fits(bytes: number, { entriesMax, bytesMax }: { entriesMax: number; bytesMax: number }): boolean {
    return this.size < entriesMax && frameBytes + this.bytes + bytes <= bytesMax;
  }

  /** true: the counter already had an entry, which now includes the increment. */
  merge(key: string, value: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || !Number.isSafeInteger(entry.value + value)) return false;
    this.#entries.set(key, { key, value: entry.value + value, adds: entry.adds + 1 });
    return true;
  }

  /** The counter must not have an entry yet. */
  put(key: string, value: number, bytes: number): void {
    this.#entries.set(key, { key, value, adds: 1 });
    this.bytes += bytes;
  }

  /** Removes the entries at these indexes before the next request. */
  drop(entries: readonly Entry[]): void {
    for (const { key } of entries) this.#entries.delete(key);
    this.request = undefined;
    this.parted = false;
  }
}

/** `{"key":,"value":},`, and a value that may grow to 16 digits. */
const entryFrameBytes = 19 + 16;

/** The most bytes of an entry in a body. */
export function entryBytes(key: string): number {
  const text = JSON.stringify(key);
  const isAscii = /^[ -~]*$/.test(text);
  return entryFrameBytes + (isAscii ? text.length : new TextEncoder().encode(text).length);
}
