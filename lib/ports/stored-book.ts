import { PortError } from './port-error.ts';

/**
 * Where the scheduled audit keeps its book from run to run. Bytes are replaced whole: a reader finds the old ones
 * or the new ones, also if a writer dies. Both methods reject with a StoredBookError.
 */
export interface StoredBook {
  /** For messages. */
  readonly name: string;
  /** undefined: nothing is stored. `version`: names these bytes for `write`. */
  read(): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;
  /**
   * Replaces the bytes that `read` gave with `version`; undefined: it gave none. Resolves to false, without a
   * write, if others are there by now. A retry after a lost answer may find its own bytes and say false.
   */
  write(bytes: Uint8Array, version: string | undefined): Promise<boolean>;
}

/** `book-unavailable`: the store of the book did not answer or refused. The book there is the old or the new one. */
export class StoredBookError extends PortError {
  override readonly name = 'StoredBookError';
  readonly code = 'book-unavailable';
  readonly retryable = true;
}
