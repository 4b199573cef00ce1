import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { assert } from '../../core/assert.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';
import {
  isStateStoreError,
  StateStoreError,
  type Attributes,
  type EachOptions,
  type ItemKey,
  type QueryRange,
  type ReadOptions,
  type StateStore,
  type StoredItem,
  type TableName,
  type TransactResult,
  type WriteAction,
  type WriteResult,
} from '../../ports/state-store.ts';
import { copyAttributes } from '../items/copy-attributes.ts';
import {
  assertAction,
  assertKey,
  assertQuery,
  assertReads,
  assertTransaction,
  assertTransactEach,
  assertWriteEach,
} from '../items/item-limits.ts';
import { callAws, type AwsCallPolicy } from './aws-call.ts';
import { toStateError, toTransactResult, toWriteResult } from './dynamodb-failures.ts';
import { toTransactItem, toWriteInput } from './dynamodb-inputs.ts';
import { isEmptyRange, readBatch, toQueryInput } from './dynamodb-reads.ts';
import { fromItem, fromSortKey, toKey } from './item-marshalling.ts';
import { mapConcurrently } from '../../core/concurrently.ts';

export interface DynamodbStateStoreOptions {
  readonly client: DynamoDBClient;
  /** The AWS names of the tables that this function may use. Their key is `pk` S, `sk` S. */
  readonly tables: Readonly<Partial<Record<TableName, string>>>;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly ids: Pick<Ids, 'nonce' | 'random'>;
  /** Of one call with its retries; default 5000. */
  readonly deadlineMs?: number;
}

const defaultDeadlineMs = 5000;

/**
 * Writes of one `writeEach` that are under way at a time; below the client's connections
 * (fresh-socket-handler.ts).
 */
const concurrentWritesMax = 40;
/** The same for `transactEach`. */
const concurrentTransactionsMax = 32;

export function createDynamodbStateStore(options: DynamodbStateStoreOptions): StateStore {
  return new DynamodbStateStore(options);
}

class DynamodbStateStore implements StateStore {
  readonly #options: DynamodbStateStoreOptions;
  /** For reads, and for transactions, which have a token that DynamoDB remembers for ten minutes. */
  readonly #repeatable: AwsCallPolicy;
  /** For single writes, which have no token: after a lost answer, a retry of `add` would count twice. */
  readonly #once: AwsCallPolicy;
  readonly #tableOf = (table: TableName): string => {
    const name = this.#options.tables[table];
    assert(name !== undefined, `this function was given no table '${table}'`);
    return name;
  };

  constructor(options: DynamodbStateStoreOptions) {
    this.#options = options;
    const { deadlineMs = defaultDeadlineMs } = options;
    this.#repeatable = { repeatable: true, deadlineMs };
    this.#once = { repeatable: false, deadlineMs };
  }

  async get(key: ItemKey, options: ReadOptions = {}): Promise<Attributes | undefined> {
    assertKey(key);
    const input = { TableName: this.#tableOf(key.table), Key: toKey(key), ConsistentRead: isStrong(options) };
    const output = await this.#call(this.#repeatable, (abortSignal) =>
      this.#options.client.send(new GetItemCommand(input), { abortSignal }),
    );
    return fromItem(output.Item);
  }

  async getMany(
    keys: readonly ItemKey[],
    options: ReadOptions = {},
  ): Promise<readonly (Attributes | undefined)[]> {
    assertReads(keys);
    const [only] = keys;
    if (only === undefined) return [];
    if (keys.length === 1) return [await this.get(only, options)];
    return readBatch(keys, {
      ...this.#options,
      strong: isStrong(options),
      tableOf: this.#tableOf,
      call: (attempt) => this.#call(this.#repeatable, attempt),
    });
  }

  async query(
    range: QueryRange,
    options: ReadOptions = {},
  ): Promise<{ items: readonly StoredItem[]; more: boolean }> {
    assertQuery(range);
    if (isEmptyRange(range)) return { items: [], more: false };
    const input = toQueryInput(range, this.#tableOf(range.table), isStrong(options));
    const output = await this.#call(this.#repeatable, (abortSignal) =>
      this.#options.client.send(new QueryCommand(input), { abortSignal }),
    );
    const items = (output.Items ?? []).map((item) => ({
      sk: fromSortKey(item['sk']),
      attributes: fromItem(item) ?? {},
    }));
    return { items, more: output.LastEvaluatedKey !== undefined };
  }

  async write(action: Exclude<WriteAction, { type: 'check' }>): Promise<WriteResult> {
    assertAction(action);
    return this.#write(action);
  }

  async writeEach(
    actions: readonly Exclude<WriteAction, { type: 'check' }>[],
    options: EachOptions = {},
  ): Promise<readonly (WriteResult | StateStoreError)[]> {
    assertWriteEach(actions);
    return eachByItself(actions, (action) => this.#write(action), {
      concurrencyMax: concurrentWritesMax,
      ...options,
    });
  }

  async transact(actions: readonly WriteAction[]): Promise<TransactResult> {
    assertTransaction(actions);
    return this.#transact(actions);
  }

  async transactEach(
    transactions: readonly (readonly WriteAction[])[],
    options: EachOptions = {},
  ): Promise<readonly (TransactResult | StateStoreError)[]> {
    assertTransactEach(transactions);
    const all = { concurrencyMax: concurrentTransactionsMax, ...options };
    return eachByItself(transactions, (actions) => this.#transact(actions), all);
  }

  async #transact(actions: readonly WriteAction[]): Promise<TransactResult> {
    const input = {
      TransactItems: actions.map((action) => toTransactItem(action, this.#tableOf(action.key.table))),
      ClientRequestToken: this.#options.ids.nonce(),
    };
    try {
      await callAws(this.#options, this.#repeatable, (abortSignal) =>
        this.#options.client.send(new TransactWriteItemsCommand(input), { abortSignal }),
      );
      return { status: 'written' };
    } catch (error) {
      return toTransactResult(error);
    }
  }

  async #write(action: Exclude<WriteAction, { type: 'check' }>): Promise<WriteResult> {
    const table = this.#tableOf(action.key.table);
    try {
      const item = await callAws(this.#options, this.#once, (abortSignal) =>
        this.#send(action, table, abortSignal),
      );
      return { status: 'written', item };
    } catch (error) {
      return toWriteResult(error);
    }
  }

  /** Resolves to the new item. */
  async #send(
    action: Exclude<WriteAction, { type: 'check' }>,
    table: string,
    abortSignal: AbortSignal,
  ): Promise<Attributes | undefined> {
    const { client } = this.#options;
    const input = toWriteInput(action, table);
    switch (input.type) {
      case 'put':
        await client.send(new PutItemCommand(input.put), { abortSignal });
        return copyAttributes(input.attributes);
      case 'update':
        return fromItem((await client.send(new UpdateItemCommand(input.update), { abortSignal })).Attributes);
      case 'delete':
        await client.send(new DeleteItemCommand(input.delete), { abortSignal });
        return undefined;
    }
  }

  async #call<T>(policy: AwsCallPolicy, attempt: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      return await callAws(this.#options, policy, attempt);
    } catch (error) {
      throw toStateError(error);
    }
  }
}

function isStrong({ consistency = 'strong' }: ReadOptions): boolean {
  return consistency === 'strong';
}

async function eachByItself<T, R>(
  writes: readonly T[],
  make: (write: T) => Promise<R>,
  { concurrencyMax, isLate = () => false }: EachOptions & { readonly concurrencyMax: number },
): Promise<readonly (R | StateStoreError)[]> {
  const results = await mapConcurrently(writes, concurrencyMax, async (write) => {
    if (isLate()) return new StateStoreError('state-throttled', 'not begun in time');
    try {
      return await make(write);
    } catch (error) {
      // Thrown below, after the other writes.
      if (error instanceof RangeError || isStateStoreError(error)) return error;
      throw error;
    }
  });
  return results.map((result) => {
    if (result instanceof RangeError) throw result;
    return result;
  });
}
