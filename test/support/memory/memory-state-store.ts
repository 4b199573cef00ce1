import { applyAction } from '../../../lib/adapters/items/apply-action.ts';
import { conditionHolds } from '../../../lib/adapters/items/conditions.ts';
import { handOut } from '../../../lib/adapters/items/copy-attributes.ts';
import {
  assertAction,
  assertKey,
  assertQuery,
  assertReads,
  assertTransaction,
  assertTransactEach,
  assertWriteEach,
} from '../../../lib/adapters/items/item-limits.ts';
import { eachByItself } from '../../../lib/adapters/items/each-by-itself.ts';
import { itemBytes } from '../../../lib/adapters/items/item-size.ts';
import type {
  Attributes,
  ItemKey,
  QueryRange,
  ReadOptions,
  StateStore,
  StoredItem,
  TransactResult,
  WriteAction,
  WriteResult,
} from '../../../lib/ports/state-store.ts';
import { ItemTable, type Entry } from './item-table.ts';
import { LostStates, type Lag } from './lost-states.ts';

export interface MemoryStateStore extends StateStore {
  /**
   * Deletes up to `limit` items whose `expires_at` has passed, as a store may at any time; resolves to their
   * number.
   */
  sweepExpired(nowSeconds: number, limit: number): Promise<number>;
  /** Items kept, for tests and the simulator's limits. */
  readonly size: number;
  /** Everything that is stored, by key: two stores with the same items are equal. */
  all(): readonly Entry[];
}

/** A page ends once it has this many bytes, as in DynamoDB. */
const pageBytesMax = 1_048_576;

/** `lag`: eventual reads may find what `LostStates` says; default: they find the newest. */
export function createMemoryStateStore(lag?: Lag): MemoryStateStore {
  return new MapStateStore(lag);
}

class MapStateStore implements MemoryStateStore {
  readonly #items = new ItemTable();
  readonly #lost: LostStates | undefined;

  constructor(lag?: Lag) {
    this.#lost = lag && new LostStates(lag);
  }

  get size(): number {
    return this.#items.size;
  }

  all(): readonly Entry[] {
    return this.#items.all();
  }

  async get(key: ItemKey, options?: ReadOptions): Promise<Attributes | undefined> {
    return Promise.try(() => {
      assertKey(key);
      return handOut(this.#read(key, options));
    });
  }

  async getMany(
    keys: readonly ItemKey[],
    options?: ReadOptions,
  ): Promise<readonly (Attributes | undefined)[]> {
    return Promise.try(() => {
      assertReads(keys);
      return keys.map((key) => handOut(this.#read(key, options)));
    });
  }

  async query(
    range: QueryRange,
    options?: ReadOptions,
  ): Promise<{ items: readonly StoredItem[]; more: boolean }> {
    return Promise.try(() => {
      assertQuery(range);
      const items: StoredItem[] = [];
      let bytes = 0;
      for (const { key, attributes } of this.#range(range, options)) {
        if (items.length >= range.limit || bytes >= pageBytesMax) return { items, more: true };
        bytes += itemBytes(key, attributes);
        items.push({ sk: key.sk, attributes: handOut(attributes) ?? attributes });
      }
      return { items, more: false };
    });
  }

  async write(action: Exclude<WriteAction, { type: 'check' }>): Promise<WriteResult> {
    return Promise.try(() => {
      assertAction(action);
      return this.#apply(action);
    });
  }

  async writeEach(
    actions: readonly Exclude<WriteAction, { type: 'check' }>[],
  ): Promise<readonly WriteResult[]> {
    return Promise.try(() => {
      assertWriteEach(actions);
      return eachByItself(actions, (action) => this.#apply(action));
    });
  }

  async transact(actions: readonly WriteAction[]): Promise<TransactResult> {
    return Promise.try(() => {
      assertTransaction(actions);
      return this.#applyAll(actions);
    });
  }

  async transactEach(transactions: readonly (readonly WriteAction[])[]): Promise<readonly TransactResult[]> {
    return Promise.try(() => {
      assertTransactEach(transactions);
      return eachByItself(transactions, (actions) => this.#applyAll(actions));
    });
  }

  async sweepExpired(nowSeconds: number, limit: number): Promise<number> {
    return Promise.try(() => this.#items.deleteExpired(nowSeconds, limit));
  }

  #read(key: ItemKey, options: ReadOptions = {}): Attributes | undefined {
    const newest = this.#items.get(key);
    return options.consistency === 'eventual' && this.#lost ? this.#lost.seen(key, newest) : newest;
  }

  #range(range: QueryRange, options: ReadOptions = {}): Iterable<Entry> {
    const newest = this.#items.range(range);
    return options.consistency === 'eventual' && this.#lost ? this.#lost.seenIn(range, newest) : newest;
  }

  #set(key: ItemKey, attributes: Attributes | undefined): void {
    this.#lost?.add(key, this.#items.get(key));
    this.#items.set(key, attributes);
  }

  #applyAll(actions: readonly WriteAction[]): TransactResult {
    const found = actions.map((action) => this.#items.get(action.key));
    const failed = actions.flatMap((action, index) =>
      conditionHolds(action.condition, found[index]) ? [] : [{ index, item: handOut(found[index]) }],
    );
    if (failed.length > 0) return { status: 'condition-failed', failed };
    // Every new item is made before the first is kept: one over a limit must leave nothing behind.
    const next = actions.map((action, index) => applyAction(action, found[index]));
    actions.forEach((action, index) => {
      this.#set(action.key, next[index]);
    });
    return { status: 'written' };
  }

  #apply(action: WriteAction): WriteResult {
    const found = this.#items.get(action.key);
    if (!conditionHolds(action.condition, found)) {
      return { status: 'condition-failed', item: handOut(found) };
    }
    const next = applyAction(action, found);
    this.#set(action.key, next);
    return { status: 'written', item: handOut(next) };
  }
}
