import { PortError } from './port-error.ts';

/**
 * Text, an integer of at most 38 digits, or bytes. A missing attribute is absent, never null. The names `pk`, `sk` and
 * `__proto__` are refused. Neither side can change the other's values after a call.
 */
export type AttributeValue = string | bigint | Uint8Array;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export type TableName = 'ads' | 'counters' | 'requests' | 'tokens';

/**
 * `pk` has 1..`partitionKeyBytesMax` bytes of UTF-8, `sk` at most `sortKeyBytesMax`; `sk` is `''` where one item stands
 * alone under its `pk`. Items under one `pk` are ordered by `sk`, by UTF-8 bytes. Text holds no lone surrogates.
 */
export interface ItemKey {
  readonly table: TableName;
  readonly pk: string;
  readonly sk: string;
}

/**
 * Comparisons are false when the attribute is absent or of another type; text compares by UTF-8 bytes.
 * `any` of nothing is false, `all` of nothing is true.
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
  /** Creates the item if absent. `add` counts an absent attribute as 0. An attribute is named once at most. */
  | {
      readonly type: 'update';
      readonly key: ItemKey;
      readonly set?: Attributes;
      readonly add?: Readonly<Record<string, bigint>>;
      readonly remove?: readonly string[];
      readonly condition?: Condition;
    }
  /** Deleting what is absent is fine. */
  | { readonly type: 'delete'; readonly key: ItemKey; readonly condition?: Condition }
  /** Writes nothing; only its condition counts. In transactions alone. */
  | { readonly type: 'check'; readonly key: ItemKey; readonly condition: Condition };

/** `item`: after success, the item as it stands now; after a failed condition, as it was found. */
export type WriteResult =
  | { readonly status: 'written'; readonly item: Attributes | undefined }
  | { readonly status: 'condition-failed'; readonly item: Attributes | undefined };

export type TransactResult =
  | { readonly status: 'written' }
  /** Nothing was written. `failed`: every action whose condition was false, with its item as it was found. */
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

/** How many writes in one call are made. */
export interface EachOptions {
  /**
   * Asked before each is begun: from `true` on none is, and those left are told `state-throttled`. A store that begins all
   * at once does not ask.
   */
  readonly isLate?: () => boolean;
}

/**
 * Items with conditional writes and transactions, and no more than that.
 *
 * Promise: every read is strongly consistent; every write is atomic, durable when it resolves, and serialisable
 * with every other. An attribute `expires_at` (seconds since 1970) marks an item that the store may delete once that
 * time has passed, at once or days later: whoever reads it compares the time itself.
 * Rejects with a StateStoreError, or a RangeError (a bug of the caller, nothing written) when a limit is passed.
 */
export interface StateStore {
  get(key: ItemKey): Promise<Attributes | undefined>;
  /** Result i belongs to key i; at most `readItemsMax` keys, no key twice. */
  getMany(keys: readonly ItemKey[]): Promise<readonly (Attributes | undefined)[]>;
  /** `more`: there may be further items; go on after the last `sk`. */
  query(range: QueryRange): Promise<{ readonly items: readonly StoredItem[]; readonly more: boolean }>;
  write(action: Exclude<WriteAction, { type: 'check' }>): Promise<WriteResult>;
  /**
   * Independent writes, each atomic by itself, in no order; at most `writeEachActionsMax`, one per item. Result i
   * belongs to action i; a failure of one is in its place and does not touch the others. A limit that only the stored
   * item shows (a sum over 38 digits, an item grown too large) rejects the call once the others are written.
   */
  writeEach(
    actions: readonly Exclude<WriteAction, { type: 'check' }>[],
    options?: EachOptions,
  ): Promise<readonly (WriteResult | StateStoreError)[]>;
  /**
   * All or nothing; 1..`transactActionsMax` actions of at most `transactBytesMax` bytes together. Two actions on one
   * item are refused with a RangeError.
   */
  transact(actions: readonly WriteAction[]): Promise<TransactResult>;
  /**
   * Independent transactions, each as `transact` carries it out, in no order; at most `transactEachMax`. Result i belongs
   * to transaction i; a failure of one is in its place and does not touch the others. Two that name one item get in each
   * other's way at worst (`state-conflict`). A limit that only a stored item shows rejects the call once the others are
   * written.
   */
  transactEach(
    transactions: readonly (readonly WriteAction[])[],
    options?: EachOptions,
  ): Promise<readonly (TransactResult | StateStoreError)[]>;
}

/**
 * `state-conflict`: a concurrent write got in the way, nothing was written. `state-throttled`: over a limit of the
 * store, nothing was written. `state-unavailable`: no answer or a server error; a write may have been applied, or
 * may yet be. `state-full`: no room (disk), nothing was written. All are worth trying again later.
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
