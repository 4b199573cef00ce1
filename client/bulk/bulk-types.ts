import type { AdtallyError } from '../errors.ts';
import type { EntryError } from '../faulty-entries.ts';
import type { AdsImported } from '../generated/schemas.ts';

export interface BulkOptions {
  /** Called after each request. */
  readonly onProgress?: ((progress: BulkProgress) => void) | undefined;
  /** Stops it: the request under way is aborted, and no other is sent. */
  readonly signal?: AbortSignal | undefined;
  /** Time-out of each request with its attempts, milliseconds; default: the client's `callTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

export interface BulkProgress {
  /** The items that have an answer. */
  readonly done: number;
  /** The answers so far, by their `result`. */
  readonly counts: Readonly<Record<string, number>>;
}

export interface BulkResult<Item> {
  /** One for each item that has an answer, in the order of the list. */
  readonly items: readonly Item[];
  readonly counts: Readonly<Record<string, number>>;
  /**
   * Why it stopped early: a request failed. Its items have the result `failed`; those after it were not sent.
   * undefined: it came to the end of the list.
   */
  readonly error: AdtallyError | undefined;
}

interface BulkItem {
  /** The index in the list. */
  readonly index: number;
  /** With `refused`: the invalid fields. */
  readonly errors?: readonly EntryError[] | undefined;
  /** With `failed`: why; its `repeat` says whether the item may be sent again. */
  readonly error?: AdtallyError | undefined;
}

type ImportResult = NonNullable<AdsImported['ads']>[number]['result'];

/** What became of an ad. */
export interface ImportedItem extends BulkItem {
  readonly external_id: string;
  /** `accepted`: logged, and not decided within the wait. */
  readonly result: ImportResult | 'failed';
  readonly id: string | null;
  readonly version: number | null;
  /** With `refused`: why, if no field is invalid. */
  readonly problem?: NonNullable<AdsImported['ads']>[number]['problem'];
}

/** What became of an increment. */
export interface IncrementedItem extends BulkItem {
  readonly key: string;
  readonly value: number;
  /** `accepted`: it is counted within seconds, and reads of the client include it. */
  readonly result: 'accepted' | 'refused' | 'failed';
}

export interface IncrementAllOptions extends BulkOptions {
  /**
   * Your name for this list, 1 to 200 visible ASCII characters. The same list under the same name is counted
   * once within 24 hours, so after an error, or in another process, send it again from the start.
   */
  readonly name?: string | undefined;
}
