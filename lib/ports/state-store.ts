import type { Consistency } from '../core/consistency.ts';
import { PortError } from './port-error.ts';

/**
 * Text, an integer of at most 38 digits, or bytes. A missing attribute is absent, never null. The names `pk`,
 * `sk` and `__proto__` are refused. After a call, neither side can change the other's values.
 */
export type AttributeValue = string | bigint | Uint8Array;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type TableName = 'ads' | 'counters' | 'requests' | 'tokens' | 'delivery';

/**
 * `pk` has 1..`partitionKeyBytesMax` bytes of UTF-8, `sk` at most `sortKeyBytesMax`; `sk` is `''` for an item
 * that is alone under its `pk`. Items under one `pk` are ordered by `sk`, by UTF-8 bytes. Text holds no lone
 * surrogates.
 */
export interface ItemKey {
  readonly table: TableName;
  readonly pk: string;
  readonly sk: string;
}

/**
 * Comparisons are false when the attribute is absent or of another type; text compares by UTF-8 bytes. `any`
 * of nothing is false, `all` of nothing is true.
 */
export type Condition =
  | { readonly op: 'item-absent' | 'item-present' }
  | { readonly op: 'absent' | 'present'; readonly attribute: string }
  | { readonly op: '=' | '<' | '<=' | '>' | '>='; readonly attribute: string; readonly value: AttributeValue }
  | { readonly op: 'any' | 'all'; readonly of: readonly Condition[] };

export type WriteAction =
  /** Replaces the whole item. */
  | {
      readonly type: 'put';
      readonly key: ItemKey;
      readonly attributes: Attributes;
      readonly condition?: Condition;
    }
  /**
   * Creates the item if absent. `add` counts an absent attribute as 0. An action names an attribute at most
   * once.
   */
  | {
      readonly type: 'update';
      readonly key: ItemKey;
      readonly set?: Attributes;
      readonly add?: Readonly<Record<string, bigint>>;
      readonly remove?: readonly string[];
      readonly condition?: Condition;
    }
  /** Deleting a missing item is not an error. */
  | { readonly type: 'delete'; readonly key: ItemKey; readonly condition?: Condition }
  /** Checks its condition and writes nothing. Only in transactions. */
  | { readonly type: 'check'; readonly key: ItemKey; readonly condition: Condition };

/** `item`: after success, the new item; after a failed condition, the stored item. */
export type WriteResult =
  | { readonly status: 'written'; readonly item: Attributes | undefined }
  | { readonly status: 'condition-failed'; readonly item: Attributes | undefined };

export type TransactResult =
  | { readonly status: 'written' }
  /** Nothing was written. `failed`: every action whose condition was false, with its stored item. */
  | {
      readonly status: 'condition-failed';
      readonly failed: readonly { readonly index: number; readonly item: Attributes | undefined }[];
    };

export interface StoredItem {
  readonly sk: string;
  readonly attributes: Attributes;
}

export interface QueryRange {
  readonly table: TableName;
  readonly pk: string;
  /** Exclusive lower bound on `sk`. */
  readonly after?: string;
  /** Inclusive upper bound on `sk`. */
  readonly through?: string;
  /** 1..1000 items; a page may be shorter (1 MB), see `more`. */
  readonly limit: number;
  readonly order?: 'ascending' | 'descending';
}

export const transactActionsMax = 100;
export const transactBytesMax = 4_000_000;
export const itemBytesMax = 400_000;
export const readItemsMax = 100;
export const queryItemsMax = 1000;
export const writeEachActionsMax = 10_000;
export const transactEachMax = 1000;
export const partitionKeyBytesMax = 2048;
export const sortKeyBytesMax = 1000;

/** Controls the reads of one call. */
export interface ReadOptions {
  /**
   * `eventual`: at half the price, each item as it was at some instant, mostly within the last second; an item may be
   * older than an earlier read found it, and items of one call may be of different instants. Default: strong.
   */
  readonly consistency?: Consistency;
}

/** Controls the writes of one call. */
export interface EachOptions {
  /**
   * Called before each write. After it returned `true`, no write begins, and the rest fail with
   * `state-throttled`. A store that begins all writes together does not call it.
   */
  readonly isLate?: () => boolean;
}

/**
 * Items with conditional writes and transactions, and no more than that.
 *
 * Promise: every read is strongly consistent unless it asks for less; every write is atomic, durable when it resolves, and
 * serialisable with every other. An attribute `expires_at` (seconds since 1970) marks an item that the store
 * may delete after that time, possibly days later: readers must compare the time themselves. Rejects with a
 * StateStoreError, or a RangeError (a bug of the caller, nothing written) if a limit is exceeded.
 */
export interface StateStore {
  get(key: ItemKey, options?: ReadOptions): Promise<Attributes | undefined>;
  /** Result i belongs to key i; at most `readItemsMax` keys, no key twice. */
  getMany(keys: readonly ItemKey[], options?: ReadOptions): Promise<readonly (Attributes | undefined)[]>;
  /** `more`: there may be more items; continue after the last `sk`. */
  query(
    range: QueryRange,
    options?: ReadOptions,
  ): Promise<{ readonly items: readonly StoredItem[]; readonly more: boolean }>;
  write(action: Exclude<WriteAction, { type: 'check' }>): Promise<WriteResult>;
  /**
   * Independent writes, each atomic, in no order; at most `writeEachActionsMax`, one per item. Result i
   * belongs to action i. A failure of one is in its result and does not affect the others. If the stored item
   * makes a write exceed a limit (a sum over 38 digits, an item that is too large), the call rejects after
   * the other writes.
   */
  writeEach(
    actions: readonly Exclude<WriteAction, { type: 'check' }>[],
    options?: EachOptions,
  ): Promise<readonly (WriteResult | StateStoreError)[]>;
  /**
   * All or nothing; 1..`transactActionsMax` actions of at most `transactBytesMax` bytes together. Two actions
   * on one item are refused with a RangeError.
   */
  transact(actions: readonly WriteAction[]): Promise<TransactResult>;
  /**
   * Independent transactions, each like `transact`, in no order; at most `transactEachMax`. Result i belongs
   * to transaction i. A failure of one is in its result and does not affect the others. Two transactions on
   * one item may conflict (`state-conflict`). If a stored item makes a transaction exceed a limit, the call
   * rejects after the other transactions.
   */
  transactEach(
    transactions: readonly (readonly WriteAction[])[],
    options?: EachOptions,
  ): Promise<readonly (TransactResult | StateStoreError)[]>;
}

export type StateReads = Pick<StateStore, 'get' | 'getMany' | 'query'>;

/**
 * `state-conflict`: a concurrent write conflicted, nothing was written. `state-throttled`: over a limit of
 * the store, nothing was written. `state-unavailable`: no answer or a server error; a write may have been
 * applied, now or later. `state-full`: the disk is full, nothing was written. All are retryable.
 */
export type StateStoreErrorCode = 'state-conflict' | 'state-throttled' | 'state-unavailable' | 'state-full';

export class StateStoreError extends PortError {
  override readonly name = 'StateStoreError';
  readonly retryable = true;
  readonly code: StateStoreErrorCode;

  constructor(code: StateStoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function isStateStoreError(value: unknown): value is StateStoreError {
  return value instanceof StateStoreError;
}
