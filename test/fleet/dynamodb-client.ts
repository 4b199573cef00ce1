import {
  BatchGetItemCommand,
  GetItemCommand,
  QueryCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb';
import {
  fromSortKey,
  toItem,
  toSortKey,
  type DynamodbItem,
} from '../../lib/adapters/aws/item-marshalling.ts';
import type { Attributes, ItemKey, QueryRange, StoredItem, TableName } from '../../lib/ports/state-store.ts';

/** The reads of DynamoDB as its client sees them, over the items of a memory store. */
export interface ReadableItems {
  item(key: ItemKey): Promise<Attributes | undefined>;
  range(range: QueryRange): Promise<{ readonly items: readonly StoredItem[]; readonly more: boolean }>;
  /** false: the read is over a limit, and takes nothing. */
  takeRead(table: TableName, pk: string, read: { readonly bytes: number; readonly strong: boolean }): boolean;
  sizeOf(attributes: Attributes | undefined): number;
}

/** An answer of BatchGetItem; what would make it larger is left unprocessed. */
const batchBytesMax = 16 * 1024 * 1024;

/** `call`: one call over the network, whose work is done at one instant; `bytes` are those of its answer. */
export function readingClient(
  items: ReadableItems,
  call: <T>(
    work: () => Promise<{ readonly output: T; readonly bytes: number; readonly pks: readonly string[] }>,
  ) => Promise<T>,
): DynamoDBClient {
  const send = (command: unknown): Promise<unknown> => {
    if (command instanceof GetItemCommand) return call(() => getItem(items, command.input));
    if (command instanceof BatchGetItemCommand) return call(() => getBatch(items, command.input));
    if (command instanceof QueryCommand) return call(() => getRange(items, command.input));
    throw new Error('the fleet only reads through this client');
  };
  return { send } as unknown as DynamoDBClient;
}

async function getItem(items: ReadableItems, { TableName, Key = {}, ConsistentRead }: GetItemCommandInput) {
  const key = keyOf(TableName, Key);
  const item = await items.item(key);
  const bytes = items.sizeOf(item);
  if (!items.takeRead(key.table, key.pk, { bytes, strong: ConsistentRead === true })) throw throttled();
  const output = { ...(item && { Item: toItem(key, item) }) } as GetItemCommandOutput;
  return { output, bytes, pks: [key.pk] };
}

async function getBatch(items: ReadableItems, { RequestItems = {} }: BatchGetItemCommandInput) {
  const Responses: Record<string, DynamodbItem[]> = {};
  const UnprocessedKeys: NonNullable<BatchGetItemCommandOutput['UnprocessedKeys']> = {};
  const pks: string[] = [];
  let total = 0;
  for (const [name, { Keys = [], ConsistentRead }] of Object.entries(RequestItems)) {
    for (const Key of Keys) {
      const key = keyOf(name, Key);
      const item = await items.item(key);
      const bytes = items.sizeOf(item);
      const fits = total + bytes <= batchBytesMax;
      if (fits && items.takeRead(key.table, key.pk, { bytes, strong: ConsistentRead === true })) {
        total += bytes;
        pks.push(key.pk);
        if (item !== undefined) (Responses[name] ??= []).push(toItem(key, item));
      } else {
        UnprocessedKeys[name] ??= { ConsistentRead, Keys: [] };
        UnprocessedKeys[name].Keys?.push(Key);
      }
    }
  }
  // It fails only if no key could be read.
  if (pks.length === 0) throw throttled();
  return { output: { Responses, UnprocessedKeys } as BatchGetItemCommandOutput, bytes: total, pks };
}

async function getRange(items: ReadableItems, input: QueryCommandInput) {
  const { ':pk': pk, ':from': from, ':through': through } = input.ExpressionAttributeValues ?? {};
  const table = input.TableName as TableName;
  const range: QueryRange = {
    ...{ table, pk: pk?.S ?? '', limit: input.Limit ?? 1 },
    order: input.ScanIndexForward === false ? 'descending' : 'ascending',
    // The lower bound that the adapter sends is the first text after `after`.
    ...(from && { after: fromSortKey(from).slice(0, -1) }),
    ...(through && { through: fromSortKey(through) }),
  };
  const found = await items.range(range);
  const bytes = found.items.reduce((sum, { attributes }) => sum + items.sizeOf(attributes), 0);
  if (!items.takeRead(table, range.pk, { bytes, strong: input.ConsistentRead === true })) throw throttled();
  const Items = found.items.map(({ sk, attributes }) => toItem({ table, pk: range.pk, sk }, attributes));
  const last = found.items.at(-1);
  const more = found.more && last !== undefined;
  const output = { Items, ...(more && { LastEvaluatedKey: { sk: { S: toSortKey(last.sk) } } }) };
  return { output: output as unknown as QueryCommandOutput, bytes, pks: [range.pk] };
}

function keyOf(table: string | undefined, { pk, sk }: DynamodbItem): ItemKey {
  return { table: table as TableName, pk: pk?.S ?? '', sk: fromSortKey(sk) };
}

function throttled(): Error {
  const error = new Error('a read over a limit');
  error.name = 'ProvisionedThroughputExceededException';
  return Object.assign(error, { $metadata: { httpStatusCode: 400 } });
}
